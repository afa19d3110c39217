#include "tools/soft-token/fault.h"

namespace u2fi::soft_token {
namespace {

struct Entry {
  Fault fault;
  const char* name;
};
constexpr Entry kFaults[] = {
    {Fault::kNone, "none"},
    {Fault::kSilent, "silent"},
    {Fault::kForeign, "foreign"},
    {Fault::kShortFrames, "short-frames"},
    {Fault::kLongFrames, "long-frames"},
    {Fault::kWrongChannel, "wrong-channel"},
    {Fault::kBadSequence, "bad-sequence"},
};

}  // namespace

absl::string_view NameOf(Fault fault) {
  for (const Entry& entry : kFaults) {
    if (entry.fault == fault) return entry.name;
  }
  return "";
}

absl::optional<Fault> FaultNamed(absl::string_view name) {
  for (const Entry& entry : kFaults) {
    if (entry.name == name) return entry.fault;
  }
  return absl::nullopt;
}

std::vector<absl::string_view> FaultNames() {
  std::vector<absl::string_view> names;
  for (const Entry& entry : kFaults) names.push_back(entry.name);
  return names;
}

absl::optional<std::string> Distort(Fault fault, const u2fhid::Report& report) {
  std::string bytes(u2fhid::BytesOf(report));
  const bool continuation = (report[4] & 0x80) == 0;
  if (fault == Fault::kSilent) return absl::nullopt;
  if (fault == Fault::kShortFrames) bytes.pop_back();
  if (fault == Fault::kLongFrames) bytes.push_back('\0');
  if (fault == Fault::kWrongChannel) bytes[0] ^= 0x40;
  if (fault == Fault::kBadSequence && continuation) bytes[4] ^= 0x01;
  return bytes;
}

}  // namespace u2fi::soft_token
