#include "services/attestation/metadata_keeper.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using ::u2fi::store::Partition;
using ::u2fi::store::Snapshot;

constexpr char kHead[] = "metadata";
constexpr size_t kPartSize = 192 << 10;
// Of one commit or read: under 4 MiB.
constexpr size_t kPartsAtOnce = 16;
constexpr absl::Duration kPatience = absl::Seconds(20);

// Parts are named by what they belong to: a BLOB is never mixed with another.
std::string PartKey(absl::string_view digest, size_t part) {
  return absl::StrCat("blob/", crypto::Hex(digest.substr(0, 16)), "/", part);
}

std::vector<std::string> PartKeys(const records::v1::MetadataRow& head,
                                  size_t first) {
  std::vector<std::string> keys;
  const size_t end = std::min<size_t>(head.parts(), first + kPartsAtOnce);
  for (size_t i = first; i < end; ++i) {
    keys.push_back(PartKey(head.digest(), i));
  }
  return keys;
}

}  // namespace

absl::StatusOr<std::pair<u2fi::store::Epoch, Stored<records::v1::MetadataRow>>>
MetadataKeeper::ReadHead() {
  ASSIGN_OR_RETURN(const Partition partition, SharedPartition());
  ASSIGN_OR_RETURN(const Snapshot snapshot, store_.Get(partition, {kHead}));
  Stored<Row> head;
  head.version = snapshot.entries[0].version;
  if (head.exists() && (!head.row.ParseFromString(snapshot.entries[0].value) ||
                        head.row.schema() != 1)) {
    return Error(reason::kStoreCorrupt, "the metadata's record is unreadable");
  }
  return std::make_pair(snapshot.epoch, std::move(head));
}

absl::StatusOr<Metadata> MetadataKeeper::Current() {
  if (roots_.empty()) return Metadata();
  ASSIGN_OR_RETURN(const auto head, ReadHead());
  if (!head.second.exists()) return Metadata();
  const Row& row = head.second.row;
  MutexLock lock(mutex_);
  if (digest_ == row.digest()) return current_;
  ASSIGN_OR_RETURN(const std::string blob, ReadBlob(row));
  ASSIGN_OR_RETURN(
      current_,
      Parse(blob, absl::FromUnixMillis(static_cast<int64_t>(row.import_ms()))));
  digest_ = row.digest();
  metrics_.ShowMetadata(current_->number, current_->next_update);
  return current_;
}

absl::StatusOr<std::string> MetadataKeeper::ReadBlob(const Row& head) {
  ASSIGN_OR_RETURN(const Partition partition, SharedPartition());
  std::string blob;
  for (size_t i = 0; i < head.parts(); i += kPartsAtOnce) {
    ASSIGN_OR_RETURN(const Snapshot parts,
                     store_.Get(partition, PartKeys(head, i), kPatience));
    for (const u2fi::store::Entry& entry : parts.entries) {
      absl::StrAppend(&blob, entry.value);
    }
  }
  if (crypto::View(crypto::Sha256(blob)) == head.digest()) return blob;
  return Error(reason::kStoreCorrupt, "the metadata BLOB is not complete");
}

absl::StatusOr<Metadata> MetadataKeeper::Parse(absl::string_view blob,
                                               absl::Time now) {
  fido::MetadataBlobInputs inputs;
  inputs.blob = blob;
  inputs.roots = roots_;
  inputs.now = now;
  ASSIGN_OR_RETURN(fido::MetadataBlob read, fido::ReadMetadataBlob(inputs));
  return Metadata(std::make_shared<const fido::MetadataBlob>(std::move(read)));
}

absl::StatusOr<Metadata> MetadataKeeper::Check(absl::string_view blob) {
  if (roots_.empty()) {
    return Error(reason::kMetadataSignature,
                 "no root of metadata is configured");
  }
  ASSIGN_OR_RETURN(const auto head, ReadHead());
  fido::MetadataBlobInputs inputs;
  inputs.blob = blob;
  inputs.roots = roots_;
  inputs.now = clock_.Now();
  if (head.second.exists()) inputs.number_in_use = head.second.row.number();
  ASSIGN_OR_RETURN(fido::MetadataBlob read, fido::ReadMetadataBlob(inputs));
  return Metadata(std::make_shared<const fido::MetadataBlob>(std::move(read)));
}

absl::StatusOr<std::string> MetadataKeeper::NotLookedAt(absl::Duration age) {
  if (roots_.empty()) return std::string();
  ASSIGN_OR_RETURN(const auto head, ReadHead());
  const Row& row = head.second.row;
  const absl::Time import =
      absl::FromUnixMillis(static_cast<int64_t>(row.import_ms()));
  const bool due = head.second.exists() && !row.looked_again() &&
                   clock_.Now() >= import + age;
  return due ? row.digest() : std::string();
}

absl::Status MetadataKeeper::MarkLookedAt(const std::string& digest) {
  ASSIGN_OR_RETURN(const Partition partition, SharedPartition());
  ASSIGN_OR_RETURN(auto head, ReadHead());
  if (head.second.row.digest() != digest) return absl::OkStatus();
  head.second.row.set_looked_again(true);
  u2fi::store::CommitRequest commit;
  commit.epoch = head.first;
  commit.expect = {{kHead, head.second.version}};
  commit.put = {{kHead, head.second.row.SerializeAsString()}};
  const absl::Status marked = store_.Commit(partition, commit).status();
  // Another replica was faster, or another BLOB came.
  return IsReason(marked, reason::kStoreAborted) ? absl::OkStatus() : marked;
}

absl::Status MetadataKeeper::Keep(absl::string_view blob,
                                  const Metadata& checked) {
  ASSIGN_OR_RETURN(const Partition partition, SharedPartition());
  ASSIGN_OR_RETURN(const auto head, ReadHead());
  const Stored<Row>& before = head.second;
  if (before.exists() && before.row.number() > checked->number) {
    return Error(reason::kMetadataRollback, "a newer BLOB is in use");
  }
  Row row;
  row.set_schema(1);
  row.set_number(checked->number);
  row.set_size(blob.size());
  row.set_parts(
      static_cast<uint32_t>((blob.size() + kPartSize - 1) / kPartSize));
  row.set_digest(crypto::ToString(crypto::Sha256(blob)));
  row.set_import_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  if (before.exists() && before.row.digest() == row.digest()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(WriteParts(head.first, blob, row));
  u2fi::store::CommitRequest commit;
  commit.epoch = head.first;
  commit.expect = {{kHead, before.version}};
  commit.put = {{kHead, row.SerializeAsString()}};
  RETURN_IF_ERROR(store_.Commit(partition, commit).status());
  if (before.exists()) RemoveParts(before.row);
  return absl::OkStatus();
}

absl::Status MetadataKeeper::WriteParts(const u2fi::store::Epoch& epoch,
                                        absl::string_view blob,
                                        const Row& head) {
  ASSIGN_OR_RETURN(const Partition partition, SharedPartition());
  for (size_t i = 0; i < head.parts(); i += kPartsAtOnce) {
    u2fi::store::CommitRequest commit;
    commit.epoch = epoch;
    size_t part = i;
    for (std::string& key : PartKeys(head, i)) {
      commit.put.push_back(
          {std::move(key),
           std::string(blob.substr(kPartSize * part++, kPartSize))});
    }
    RETURN_IF_ERROR(store_.Commit(partition, commit, kPatience).status());
  }
  return absl::OkStatus();
}

// What cannot be removed only takes space.
void MetadataKeeper::RemoveParts(const Row& head) {
  const auto partition = SharedPartition();
  const auto now = ReadHead();
  if (!partition.ok() || !now.ok()) return;
  for (size_t i = 0; i < head.parts(); i += kPartsAtOnce) {
    u2fi::store::CommitRequest commit;
    commit.epoch = now->first;
    commit.remove = PartKeys(head, i);
    (void)store_.Commit(*partition, commit, kPatience);
  }
}

const fido::MetadataEntry* BadModelOf(const Metadata& metadata,
                                      const records::v1::TokenRow& token) {
  if (metadata == nullptr) return nullptr;
  return metadata->table.FindBad(token.aaguid(), token.attestation_key_id());
}

}  // namespace u2fi::attestation
