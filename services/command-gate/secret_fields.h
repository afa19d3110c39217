#ifndef U2FI_SERVICES_COMMAND_GATE_SECRET_FIELDS_H_
#define U2FI_SERVICES_COMMAND_GATE_SECRET_FIELDS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"

namespace u2fi::command_gate {

// PLAIN_SECRET if a member that a model declares secret (`secret_fields`,
// dotted paths) is plain in the JSON `arguments`: they go into records, the
// audit and what approvers see. Sealed is {"sealed":"…"}, base64url of 82 bytes
// or more, and nothing else: to whom, the device finds out. Every occurrence of
// a member counts, also a second one of the same name and those in lists.
absl::Status CheckSecretFields(
    absl::string_view arguments,
    const google::protobuf::RepeatedPtrField<std::string>& secret_fields);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_SECRET_FIELDS_H_
