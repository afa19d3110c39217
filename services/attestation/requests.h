#ifndef U2FI_SERVICES_ATTESTATION_REQUESTS_H_
#define U2FI_SERVICES_ATTESTATION_REQUESTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/common/audit/row.h"
#include "services/common/rpc/text.h"  // IWYU pragma: export
#include "u2fi/attestation/v1/token.pb.h"

namespace u2fi::attestation {

// What all methods check and say in the same way.

// The id in a resource name: "tokens/" and "tokens/k1" give "k1".
// INVALID_FIELD naming `field`.
absl::StatusOr<std::string> IdOfName(absl::string_view collection,
                                     absl::string_view name,
                                     absl::string_view field);

using rpc::CheckText;

// RESOURCE_UNKNOWN: there is none, or it is another tenant's.
absl::Status Unknown(absl::string_view name);

google::protobuf::Timestamp ToTimestamp(uint64_t unix_ms);

// The enum value's name without its type's prefix: "ACTIVE".
std::string StateText(v1::TokenState state);
std::string StateText(v1::RecoveryState state);

// A row about `subjects`; `caller` may be empty.
audit::RowContent RowAbout(audit::v1::RowKind kind, absl::string_view caller,
                           std::vector<std::string> subjects);

// One more detail; names are to be added in ascending order. Nothing if empty.
void AddDetail(audit::RowContent& row, absl::string_view name,
               absl::string_view value);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_REQUESTS_H_
