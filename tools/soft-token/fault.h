#ifndef U2FI_TOOLS_SOFT_TOKEN_FAULT_H_
#define U2FI_TOOLS_SOFT_TOKEN_FAULT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/u2fhid/report.h"

namespace u2fi::soft_token {

// Ways in which a token can be broken, for tests of the host.
enum class Fault {
  kNone,
  kSilent,        // Never sends anything.
  kForeign,       // Signs with another key than that of the key handle.
  kShortFrames,   // Sends reports of 63 bytes.
  kLongFrames,    // Sends reports of 65 bytes.
  kWrongChannel,  // Answers on a channel that nobody has.
  kBadSequence,   // Numbers continuation packets wrongly.
};

// "none", "silent", "foreign", "short-frames", "long-frames", "wrong-channel",
// "bad-sequence".
absl::string_view NameOf(Fault fault);
// The fault of that name, if it is one.
absl::optional<Fault> FaultNamed(absl::string_view name);
// All names, for help texts.
std::vector<absl::string_view> FaultNames();

// What a token with `fault` puts on the wire instead of `report`. Nothing if it
// is silent.
absl::optional<std::string> Distort(Fault fault, const u2fhid::Report& report);

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_FAULT_H_
