#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REQUESTS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REQUESTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/common/audit/row.h"
#include "services/common/rpc/caller.h"
#include "services/common/rpc/tenant.h"  // IWYU pragma: export
#include "services/common/rpc/text.h"    // IWYU pragma: export

namespace u2fi::device_registry {

// What all methods check and say in the same way.

// The id in a resource name: "devices/" and "devices/cam-1" give "cam-1".
// INVALID_FIELD naming `field`.
absl::StatusOr<std::string> IdOfName(absl::string_view collection,
                                     absl::string_view name,
                                     absl::string_view field);

using rpc::CheckText;

// INVALID_FIELD unless `id` is empty or canonical.
absl::Status CheckOptionalId(absl::string_view field, absl::string_view id);

// UNIMPLEMENTED: `what` is not there yet.
absl::Status NotYet(absl::string_view what);

google::protobuf::Timestamp ToTimestamp(int64_t unix_ms);
// Milliseconds since 1970.
int64_t ToMillis(const google::protobuf::Timestamp& time);

// The etag of a new resource, and the one after `etag`.
inline std::string FirstEtag() { return "1"; }
std::string NextEtag(const std::string& etag);

// ETAG_MISMATCH unless `given` is the present one.
absl::Status CheckEtag(const std::string& given, const std::string& present);

// The name of an enum value without its type's prefix: "ACTIVE".
std::string ShortName(absl::string_view prefix, const std::string& name);

// A row about `subjects` that says who asked.
audit::RowContent RowAbout(audit::v1::RowKind kind, const rpc::Caller& caller,
                           std::vector<std::string> subjects);

// One more detail; names are to be added in ascending order. Nothing if empty.
void AddDetail(audit::RowContent& row, absl::string_view name,
               absl::string_view value);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REQUESTS_H_
