#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_LIST_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_LIST_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/command-gate/command_store.h"
#include "u2fi/command_gate/v1/submit.pb.h"

namespace u2fi::command_gate {

// Lists commands of an account: newest first, or those of a batch in their
// order. A page is looked through and then narrowed, so it may have fewer
// entries than asked for and still not be the last. Thread-safe; blocks on the
// store. Errors: INVALID_FIELD, PAGE_TOKEN_INVALID, RESOURCE_UNKNOWN (batch).
class CommandList {
 public:
  // `commands` must outlive this object.
  explicit CommandList(CommandStore& commands) : commands_(commands) {}

  absl::StatusOr<v1::ListCommandsResponse> List(
      const std::string& tenant, const v1::ListCommandsRequest& request);

 private:
  absl::StatusOr<v1::ListCommandsResponse> ListAccount(
      const std::string& tenant, const v1::ListCommandsRequest& request,
      size_t size);
  absl::StatusOr<v1::ListCommandsResponse> ListBatch(
      const std::string& tenant, const v1::ListCommandsRequest& request,
      size_t size);

  CommandStore& commands_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_LIST_H_
