#include "services/common/proof/strict.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace u2fi::proof {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr int kMaxDepth = 8;
constexpr int kVarint = 0;
constexpr int kLength = 2;

// A rule that is broken, or nullptr.
using Broken = const char*;

// Takes the next varint off `in`.
Broken TakeVarint(absl::string_view& in, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (in.empty()) return "TRUNCATED";
    const uint64_t byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    // The tenth byte holds one bit; a last byte of zero is not minimal.
    if (shift == 63 && byte > 1) return "VARINT";
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return byte == 0 && shift > 0 ? "VARINT" : nullptr;
  }
  return "VARINT";
}

// The largest value of a varint field, or 0 if the field is none that signed
// messages use.
uint64_t LargestValue(const FieldDescriptor& field) {
  if (field.is_repeated()) return 0;
  switch (field.type()) {
    case FieldDescriptor::TYPE_BOOL:
      return 1;
    case FieldDescriptor::TYPE_ENUM:
      return std::numeric_limits<int32_t>::max();
    case FieldDescriptor::TYPE_UINT32:
      return std::numeric_limits<uint32_t>::max();
    case FieldDescriptor::TYPE_UINT64:
      return std::numeric_limits<uint64_t>::max();
    default:
      return 0;
  }
}

bool HasLength(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_STRING ||
         field.type() == FieldDescriptor::TYPE_BYTES ||
         field.type() == FieldDescriptor::TYPE_MESSAGE;
}

// All strings of signed messages are ids, names and URIs.
bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isprint);
}

Broken ScanMessage(absl::string_view in, const Descriptor& type, int depth);

Broken ScanVarintField(absl::string_view& in, uint64_t largest) {
  uint64_t value;
  if (Broken broken = TakeVarint(in, value)) return broken;
  if (value == 0) return "DEFAULT";
  return value > largest ? "VARINT" : nullptr;
}

Broken ScanLengthField(absl::string_view& in, const FieldDescriptor& field,
                       int depth) {
  uint64_t size;
  if (Broken broken = TakeVarint(in, size)) return broken;
  if (size == 0) return "DEFAULT";
  if (size > in.size()) return "TRUNCATED";
  const absl::string_view content = in.substr(0, size);
  in.remove_prefix(size);
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
    return ScanMessage(content, *field.message_type(), depth + 1);
  }
  const bool text = field.type() == FieldDescriptor::TYPE_STRING;
  return text && !IsPrintable(content) ? "CONTENT" : nullptr;
}

// Finds the field of `tag`, which must come after field `last`.
Broken FindField(const Descriptor& type, uint64_t tag, uint64_t last,
                 const FieldDescriptor*& field) {
  const uint64_t number = tag >> 3;
  if (number > FieldDescriptor::kMaxNumber) return "UNKNOWN";
  field = type.FindFieldByNumber(static_cast<int>(number));
  if (field == nullptr) return "UNKNOWN";
  const bool again = number == last && field->is_repeated();
  return number > last || again ? nullptr : "ORDER";
}

Broken ScanField(absl::string_view& in, const FieldDescriptor& field,
                 uint64_t wire_type, int depth) {
  const uint64_t largest = LargestValue(field);
  if (largest != 0 && wire_type == kVarint) return ScanVarintField(in, largest);
  if (HasLength(field) && wire_type == kLength) {
    return ScanLengthField(in, field, depth);
  }
  return "UNKNOWN";
}

Broken ScanMessage(absl::string_view in, const Descriptor& type, int depth) {
  if (depth > kMaxDepth) return "DEPTH";
  uint64_t last = 0;
  while (!in.empty()) {
    uint64_t tag;
    const FieldDescriptor* field;
    if (Broken broken = TakeVarint(in, tag)) return broken;
    if (Broken broken = FindField(type, tag, last, field)) return broken;
    if (Broken broken = ScanField(in, *field, tag & 7, depth)) return broken;
    last = tag >> 3;
  }
  return nullptr;
}

absl::Status FormatError(const Reason& reason, const Descriptor& type,
                         const char* rule) {
  return Error(reason,
               absl::StrCat("not the strict encoding of a ", type.name()),
               {{"rule", rule}, {"message", type.name()}});
}

}  // namespace

std::string Encode(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

absl::Status CheckStrict(absl::string_view bytes, const Descriptor& type,
                         size_t max_size, const Reason& reason) {
  const Broken broken =
      bytes.size() > max_size ? "SIZE" : ScanMessage(bytes, type, 1);
  if (broken == nullptr) return absl::OkStatus();
  return FormatError(reason, type, broken);
}

absl::Status ParseInto(absl::string_view bytes, size_t max_size,
                       const Reason& reason,
                       google::protobuf::Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  RETURN_IF_ERROR(CheckStrict(bytes, type, max_size, reason));
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      Encode(message) != bytes) {
    return FormatError(reason, type, "CONTENT");
  }
  return absl::OkStatus();
}

}  // namespace u2fi::proof
