#include "services/challenge/challenge_store.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::challenge {
namespace {

using records::v1::ChallengeRecord;
using ::u2fi::store::CommitRequest;
using ::u2fi::store::Durability;
using ::u2fi::store::Epoch;
using ::u2fi::store::Partition;
using ::u2fi::store::Snapshot;
using ::u2fi::store::Version;

// More tenants than this in one process: forget all and ask again.
constexpr size_t kMaxTenants = 10000;

absl::StatusOr<Partition> PartitionOf(absl::string_view tenant) {
  return Partition::Make("challenge", tenant);
}

std::string KeyOf(absl::string_view challenge) {
  return absl::StrCat("c/", crypto::Base64Url(challenge));
}

}  // namespace

absl::StatusOr<Epoch> ChallengeStore::PresentEpoch(absl::string_view tenant) {
  {
    MutexLock lock(mutex_);
    const auto found = epochs_.find(tenant);
    if (found != epochs_.end()) return found->second;
  }
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const Snapshot snapshot, store_.Get(partition, {}));
  MutexLock lock(mutex_);
  if (epochs_.size() >= kMaxTenants) epochs_.clear();
  epochs_[std::string(tenant)] = snapshot.epoch;
  return snapshot.epoch;
}

void ChallengeStore::Forget(absl::string_view tenant) {
  MutexLock lock(mutex_);
  const auto found = epochs_.find(tenant);
  if (found != epochs_.end()) epochs_.erase(found);
}

absl::Status ChallengeStore::Create(absl::string_view tenant,
                                    absl::string_view challenge,
                                    const ChallengeRecord& record) {
  return Write(tenant, challenge, record.store_epoch(), u2fi::store::kAbsent,
               record);
}

absl::StatusOr<StoredChallenge> ChallengeStore::Read(
    absl::string_view tenant, absl::string_view challenge) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const Snapshot snapshot,
                   store_.Get(partition, {KeyOf(challenge)}));
  StoredChallenge stored;
  stored.epoch = snapshot.epoch;
  stored.version = snapshot.entries[0].version;
  if (stored.exists() &&
      (!stored.record.ParseFromString(snapshot.entries[0].value) ||
       stored.record.schema() != 1)) {
    return Error(reason::kStoreCorrupt, "a challenge record cannot be read");
  }
  return stored;
}

absl::Status ChallengeStore::Replace(absl::string_view tenant,
                                     absl::string_view challenge,
                                     const StoredChallenge& seen,
                                     const ChallengeRecord& record) {
  return Write(tenant, challenge, seen.epoch, seen.version, record);
}

absl::Status ChallengeStore::Write(absl::string_view tenant,
                                   absl::string_view challenge,
                                   const Epoch& epoch, Version version,
                                   const ChallengeRecord& record) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  const std::string key = KeyOf(challenge);
  CommitRequest commit;
  commit.epoch = epoch;
  commit.expect = {{key, version}};
  commit.put = {{key, record.SerializeAsString(),
                 absl::FromUnixMillis(record.approve_by_ms()) + remember_}};
  commit.durability = Durability::kVolatile;
  return store_.Commit(partition, commit).status();
}

}  // namespace u2fi::challenge
