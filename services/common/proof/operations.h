#ifndef U2FI_SERVICES_COMMON_PROOF_OPERATIONS_H_
#define U2FI_SERVICES_COMMON_PROOF_OPERATIONS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "u2fi/proof/v1/operations.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::proof {

// Names that are used in code.
inline constexpr absl::string_view kOperationPins = "u2fi.pins";
inline constexpr absl::string_view kOperationGrant = "u2fi.grant";
inline constexpr absl::string_view kOperationUnbind = "u2fi.unbind";
inline constexpr absl::string_view kOperationEnrol = "u2fi.enrol";
inline constexpr absl::string_view kOperationAccountGateways =
    "u2fi.account.gateways";
inline constexpr absl::string_view kOperationAccountPolicy =
    "u2fi.account.policy";
inline constexpr absl::string_view kOperationGatewayKey = "u2fi.gateway.key";
inline constexpr absl::string_view kOperationPolicy = "u2fi.policy";

// True if the name starts with `u2fi.`, known or not.
bool IsReserved(absl::string_view operation);

// The row of a reserved operation in the table of operations.proto, or nullptr.
// Lives for ever.
const v1::OperationInfo* FindReserved(absl::string_view operation);

// OK if `operation` may be approved under `purpose`: a reserved one under the
// purposes of its row, a device operation under COMMAND and BREAK_GLASS.
// OPERATION_UNKNOWN for a reserved name without a row, PURPOSE_NOT_ALLOWED for
// any other purpose, unset and unknown ones included.
absl::Status CheckPurpose(absl::string_view operation, v1::Purpose purpose);

// True for the values of the closed list (not for UNSPECIFIED).
bool IsPurpose(v1::Purpose purpose);

// True if commands under `purpose` have the target `account:<id>`.
bool IsOnAccount(v1::Purpose purpose);

// The longest time between approve_by and execute_by, in milliseconds: 15 min,
// 30 min (PROVISION), 7 d (LEASE, MOVE, TRANSFER), 30 d (PINS, UNBIND), and 0
// for PRESENCE and for what is no purpose.
uint64_t MaxExecuteAfterApproveMs(v1::Purpose purpose);

// The purpose under which the gate submits a device operation or a reserved
// one that has a single purpose; UNSPECIFIED for `u2fi.pins`, where the new
// pin set decides, and for unknown reserved names.
v1::Purpose UsualPurpose(absl::string_view operation);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_OPERATIONS_H_
