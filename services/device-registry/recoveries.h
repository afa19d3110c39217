#ifndef U2FI_SERVICES_DEVICE_REGISTRY_RECOVERIES_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_RECOVERIES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/device-registry/change.h"
#include "u2fi/device_registry/records/v1/records.pb.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// Recoveries of accounts whose only token is lost, as attestation tells of
// them. One lets one token in as if it were the first of its account; nothing
// that a device has pinned changes (decisions B4). No proof says so: a
// compromised attestation service could let a key in, which then counts for
// what is bound afterwards and for nothing else.

// Takes the word about the recovery of `account`; says whether anything
// changed. A recovery that was stopped or used stays so, and an older one than
// the one that is known is passed over.
absl::StatusOr<bool> NoteRecovery(Change& change, absl::string_view account,
                                  const v1::AccountRecovery& word);

// The recovery of `account` that is open at `now_ms` (milliseconds since 1970),
// or nothing. At both ends there is time for what attestation has applied: half
// a minute of skew, and the longest life of a proof.
absl::StatusOr<absl::optional<records::v1::RecoveryRow>> OpenRecovery(
    Change& change, absl::string_view account, uint64_t now_ms);

// `token` was let in by it: no other one will be.
void UseRecovery(Change& change, absl::string_view account,
                 records::v1::RecoveryRow row, const std::string& token);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_RECOVERIES_H_
