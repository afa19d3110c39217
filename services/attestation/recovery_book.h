#ifndef U2FI_SERVICES_ATTESTATION_RECOVERY_BOOK_H_
#define U2FI_SERVICES_ATTESTATION_RECOVERY_BOOK_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/attestation/attestation_metrics.h"
#include "services/attestation/tenant_policy.h"
#include "services/attestation/token_store.h"
#include "services/attestation/token_writer.h"
#include "services/common/rpc/caller.h"
#include "services/common/time/clock.h"
#include "u2fi/attestation/v1/admin.pb.h"

namespace u2fi::attestation {

// How long a recovery waits for its second operator, and how long it is open.
inline constexpr absl::Duration kRecoveryLife = absl::Hours(24 * 7);

// Recoveries of accounts whose only token is lost:
//   REQUESTED → WAITING → OPEN → DONE, and CANCELLED from all but the last
// by two operators, or by the touch of a recovery token, which begins in
// WAITING. WAITING becomes OPEN by time. While it is OPEN one new token is
// enrolled as if it were the account's first. Nothing else changes: not the
// account's other tokens, and not what a device has pinned.
//
// Every move is an audit row and a metric; those that begin or approve one are
// an alarm besides, and the account is told by an event without a token.
// Thread-safe.
class RecoveryBook {
 public:
  // The references must outlive this object.
  RecoveryBook(const Clock& clock, TokenStore& tokens, TokenWriter& writer,
               TenantPolicy& policy, AttestationMetrics& metrics)
      : clock_(clock),
        tokens_(tokens),
        writer_(writer),
        policy_(policy),
        metrics_(metrics) {}

  absl::StatusOr<v1::StartRecoveryResponse> Start(
      const rpc::Caller& caller, const v1::StartRecoveryRequest& request);
  absl::StatusOr<v1::ApproveRecoveryResponse> Approve(
      const rpc::Caller& caller, const v1::ApproveRecoveryRequest& request);
  absl::StatusOr<v1::CancelRecoveryResponse> Cancel(
      const rpc::Caller& caller, const v1::CancelRecoveryRequest& request);
  absl::StatusOr<v1::ListRecoveriesResponse> List(
      const rpc::Caller& caller, const v1::ListRecoveriesRequest& request);

  // Cancels it once more: a failover of the store forgot that it was. Nothing
  // if it is over, or unknown.
  absl::Status CancelAgain(const std::string& tenant,
                           const std::string& recovery_id);

  // Whether the account may enrol a token as if it were its first: the time has
  // come, by the store's clock too, the registry knows of it, and the recovery
  // token that began it, if one did, is active.
  absl::StatusOr<bool> IsOpen(absl::string_view tenant,
                              const AccountView& account);

  // For Apply: `change` also begins a recovery by `token_id`; its name comes
  // back. RECOVERY_EXISTS.
  absl::StatusOr<std::string> BeginByToken(const std::string& tenant,
                                           const std::string& account,
                                           const std::string& token_id,
                                           Change& change);
  // For Apply: `change` enrols `token_id` and ends the account's open
  // recovery with it, if the token that began it stays what `account` says.
  // RECOVERY_STATE if there is none.
  absl::Status Finish(const std::string& tenant, const AccountView& account,
                      const std::string& token_id, Change& change);

  // Counts the recoveries among the rows of a change that happened.
  void Count(v1::RecoveryState state) { metrics_.CountRecovery(state); }

 private:
  using Row = records::v1::RecoveryRow;
  struct Found;

  v1::RecoveryState StateOf(const Row& row) const;
  v1::Recovery ViewOf(const Row& row) const;
  absl::StatusOr<Found> Find(const rpc::Caller& caller,
                             const std::string& tenant,
                             const std::string& name);
  absl::StatusOr<v1::StartRecoveryResponse> StartAfresh(
      const rpc::Caller& caller, const std::string& tenant,
      const v1::StartRecoveryRequest& request);
  absl::StatusOr<v1::StartRecoveryResponse> Repeated(
      const std::string& tenant, const std::string& digest,
      const records::v1::RequestRow& request);
  absl::Status CheckNoneOnItsWay(const std::string& tenant,
                                 const AccountView& account);
  // A new recovery of the account goes into `change`.
  Row Begin(const AccountView& account, const std::string& name,
            Change& change);
  // The rows that tell of `row`, and the word to the account.
  void Tell(const Row& row, absl::string_view caller, v1::RecoveryState before,
            bool alarm, Change& change) const;
  absl::StatusOr<Row> Move(absl::string_view caller, const Found& found,
                           Row next, bool alarm);

  const Clock& clock_;
  TokenStore& tokens_;
  TokenWriter& writer_;
  TenantPolicy& policy_;
  AttestationMetrics& metrics_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_RECOVERY_BOOK_H_
