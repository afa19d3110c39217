#ifndef U2FI_TOOLS_U2FI_REPLICA_COMMAND_H_
#define U2FI_TOOLS_U2FI_REPLICA_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace u2fi::cli {

// How many words a command to a master may have, and bytes a word.
inline constexpr int kMaxReplicaWords = 32;
inline constexpr int kMaxReplicaWord = 1024;

// Takes the first command off the front of `bytes`: an array of strings in
// RESP, as replicas send it. Empty if it is not there as a whole yet.
// INVALID_ARGUMENT for anything else.
absl::StatusOr<std::vector<std::string>> TakeReplicaCommand(std::string& bytes);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_REPLICA_COMMAND_H_
