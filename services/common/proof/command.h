#ifndef U2FI_SERVICES_COMMON_PROOF_COMMAND_H_
#define U2FI_SERVICES_COMMON_PROOF_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "u2fi/proof/v1/command.pb.h"

namespace u2fi::proof {

inline constexpr size_t kMaxCommand = 4096;
inline constexpr size_t kMaxArguments = 2048;

// The rules of a Command beyond the strict profile: format 1, canonical ids, a
// known operation that fits the target (an act on an account has neither
// gateway nor sequence, everything else both), index and sizes in bounds.
// COMMAND_FORMAT with metadata "field", or OPERATION_UNKNOWN. What the
// arguments say is not looked at.
absl::Status CheckCommand(const v1::Command& command);

// The one serialisation of `command`, if CheckCommand() allows it. The gate
// calls it once; all later steps carry the bytes.
absl::StatusOr<std::string> EncodeCommand(const v1::Command& command);

// The command that `bytes` are, if they keep the strict profile, the bound of
// 4 KiB and the rules of CheckCommand().
absl::StatusOr<v1::Command> ParseCommand(absl::string_view bytes);

// OK if the arguments of a reserved operation are strict bytes of the message
// that operations.proto names, with format 1, ids canonical and digests of 32
// bytes; ARGUMENTS_FORMAT otherwise. OK for device operations, whose
// arguments mean nothing here, and for `u2fi.pins`: ParsePinSet() reads them.
absl::Status CheckArguments(const v1::Command& command);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_COMMAND_H_
