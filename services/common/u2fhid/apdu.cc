#include "services/common/u2fhid/apdu.h"

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::u2fhid {
namespace {

constexpr size_t kHeaderSize = 4;

absl::Status ApduError(absl::string_view problem) {
  return Error(reason::kTokenFrame, absl::StrCat("APDU: ", problem),
               {{"rule", "apdu"}});
}

uint8_t ByteAt(absl::string_view bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}

uint16_t ShortAt(absl::string_view bytes, size_t at) {
  return static_cast<uint16_t>(ByteAt(bytes, at) << 8 | ByteAt(bytes, at + 1));
}

void AppendShort(uint16_t value, std::string* out) {
  out->push_back(static_cast<char>(value >> 8));
  out->push_back(static_cast<char>(value & 0xff));
}

// In an Le field zero stands for the greatest length.
uint32_t LeOf(uint32_t field, uint32_t greatest) {
  return field == 0 ? greatest : field;
}

// `body` is what follows the header: Lc, data and Le in one byte each.
absl::Status ParseShortBody(absl::string_view body, CommandApdu* command) {
  const uint8_t first = ByteAt(body, 0);
  if (body.size() == 1) {
    command->max_response = LeOf(first, 256);
    return absl::OkStatus();
  }
  const absl::string_view rest = body.substr(1);
  if (rest.size() != first && rest.size() != first + 1u) {
    return ApduError("the length in Lc is not that of the data");
  }
  command->data = std::string(rest.substr(0, first));
  if (rest.size() > first) {
    command->max_response = LeOf(ByteAt(rest, first), 256);
  }
  return absl::OkStatus();
}

// `body` starts with the zero byte of the extended encoding.
absl::Status ParseExtendedBody(absl::string_view body, CommandApdu* command) {
  if (body.size() < 3) return ApduError("half an extended length");
  const uint16_t length = ShortAt(body, 1);
  const absl::string_view rest = body.substr(3);
  if (rest.empty()) {
    command->max_response = LeOf(length, 65536);
    return absl::OkStatus();
  }
  if (rest.size() != length && rest.size() != length + 2u) {
    return ApduError("the length in Lc is not that of the data");
  }
  command->data = std::string(rest.substr(0, length));
  if (rest.size() > length) {
    command->max_response = LeOf(ShortAt(rest, length), 65536);
  }
  return absl::OkStatus();
}

void AppendShortBody(const CommandApdu& command, std::string* out) {
  if (!command.data.empty()) {
    out->push_back(static_cast<char>(command.data.size()));
    out->append(command.data);
  }
  if (command.max_response != 0) {
    out->push_back(static_cast<char>(command.max_response & 0xff));
  }
}

void AppendExtendedBody(const CommandApdu& command, std::string* out) {
  if (!command.data.empty() || command.max_response != 0) out->push_back(0);
  if (!command.data.empty()) {
    AppendShort(static_cast<uint16_t>(command.data.size()), out);
    out->append(command.data);
  }
  if (command.max_response != 0) {
    AppendShort(static_cast<uint16_t>(command.max_response & 0xffff), out);
  }
}

}  // namespace

absl::StatusOr<std::string> EncodeCommand(const CommandApdu& command,
                                          ApduEncoding encoding) {
  const bool extended = encoding == ApduEncoding::kExtended;
  if (command.data.size() > (extended ? 65535 : 255)) {
    return ApduError("the data do not fit the encoding");
  }
  if (command.max_response > (extended ? 65536u : 256u)) {
    return ApduError("the response length does not fit the encoding");
  }
  std::string out;
  for (const uint8_t byte :
       {command.cla, command.ins, command.p1, command.p2}) {
    out.push_back(static_cast<char>(byte));
  }
  extended ? AppendExtendedBody(command, &out) : AppendShortBody(command, &out);
  return out;
}

absl::StatusOr<CommandApdu> ParseCommand(absl::string_view bytes) {
  if (bytes.size() < kHeaderSize) return ApduError("no whole header");
  CommandApdu command;
  command.cla = ByteAt(bytes, 0);
  command.ins = ByteAt(bytes, 1);
  command.p1 = ByteAt(bytes, 2);
  command.p2 = ByteAt(bytes, 3);
  const absl::string_view body = bytes.substr(kHeaderSize);
  if (body.empty()) return command;
  const bool extended = body.size() > 1 && body[0] == 0;
  const absl::Status status = extended ? ParseExtendedBody(body, &command)
                                       : ParseShortBody(body, &command);
  if (!status.ok()) return status;
  return command;
}

std::string EncodeResponse(const ResponseApdu& response) {
  return response.data + EncodeStatus(response.status);
}

std::string EncodeStatus(StatusWord status) {
  std::string out;
  AppendShort(static_cast<uint16_t>(status), &out);
  return out;
}

absl::StatusOr<ResponseApdu> ParseResponse(absl::string_view bytes) {
  if (bytes.size() < 2) return ApduError("a response without a status word");
  const size_t size = bytes.size() - 2;
  return ResponseApdu{std::string(bytes.substr(0, size)),
                      static_cast<StatusWord>(ShortAt(bytes, size))};
}

}  // namespace u2fi::u2fhid
