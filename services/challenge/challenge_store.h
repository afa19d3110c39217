#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_STORE_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_STORE_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "u2fi/challenge/records/v1/records.pb.h"

namespace u2fi::challenge {

// A challenge as read, with what a write of it must expect.
struct StoredChallenge {
  records::v1::ChallengeRecord record;
  u2fi::store::Version version = u2fi::store::kAbsent;
  u2fi::store::Epoch epoch;

  bool exists() const { return version != u2fi::store::kAbsent; }
};

// The challenges of all tenants, over the shared store: partition (challenge,
// tenant), key `c/<base64url>`. All writes are volatile: a challenge is worth
// nothing after a restart of the engine, since its epoch has changed.
// Thread-safe. Errors are the store's.
class ChallengeStore {
 public:
  // `store` must outlive this object. A challenge is remembered for `remember`
  // after its approve_by (wire.md, skew).
  explicit ChallengeStore(u2fi::store::Store& store,
                          absl::Duration remember = absl::Seconds(30))
      : store_(store), remember_(remember) {}

  // The engine's present incarnation. Asks the engine only the first time and
  // after Forget().
  absl::StatusOr<u2fi::store::Epoch> PresentEpoch(absl::string_view tenant);

  // Makes PresentEpoch() ask again.
  void Forget(absl::string_view tenant);

  // Writes a new challenge that must not exist. STORE_EPOCH_CHANGED if the
  // record's epoch is not the engine's any more.
  absl::Status Create(absl::string_view tenant, absl::string_view challenge,
                      const records::v1::ChallengeRecord& record);

  // What is stored; exists() is false if nothing is.
  absl::StatusOr<StoredChallenge> Read(absl::string_view tenant,
                                       absl::string_view challenge);

  // Replaces `seen`, as Read() gave it, by `record`. STORE_ABORTED if somebody
  // was faster.
  absl::Status Replace(absl::string_view tenant, absl::string_view challenge,
                       const StoredChallenge& seen,
                       const records::v1::ChallengeRecord& record);

 private:
  absl::Status Write(absl::string_view tenant, absl::string_view challenge,
                     const u2fi::store::Epoch& epoch,
                     u2fi::store::Version version,
                     const records::v1::ChallengeRecord& record);

  u2fi::store::Store& store_;
  const absl::Duration remember_;
  Mutex mutex_;
  std::map<std::string, u2fi::store::Epoch, std::less<>> epochs_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_STORE_H_
