#include "services/gateway-agent/journal.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/audit/keys.h"
#include "services/common/audit/limits.h"
#include "services/common/audit/row_source.h"
#include "services/common/audit/rules.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

using audit::v1::Writer;
using gateway::v1::AuditBacklog;

// Durable, so what came before it is on disk too.
constexpr char kSettled[] = "m/settled";
constexpr char kRowPrefix[] = "audit/row/";
constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();
// Rows in memory until they are settled: a gateway box is small.
constexpr size_t kMaxTailBytes = 8 << 20;

Writer WriterOf(const AgentIdentity& identity, RandomSource& random) {
  Writer writer;
  writer.set_service(
      absl::StrCat("gateway/", identity.site, "/", identity.gateway));
  writer.set_incarnation(random.Bytes(audit::kIncarnationSize));
  writer.set_tenant(identity.tenant);
  return writer;
}

// The last row of the chain whose head is in `snapshot`; 0: there is none.
absl::StatusOr<uint64_t> LastIn(const store::Snapshot& snapshot) {
  if (!snapshot.entries[0].exists()) return 0;
  ASSIGN_OR_RETURN(const audit::StoredHead stored,
                   audit::ParseHead(snapshot.entries[0].value));
  return stored.head.id.sequence;
}

audit::DecisionQueue::Options QueueOptions(const store::Partition& partition,
                                           const Writer& writer) {
  audit::DecisionQueue::Options options{{partition, writer, nullptr}};
  options.max_tail_bytes = kMaxTailBytes;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(
    store::Store& store, const Clock& clock, RandomSource& random,
    const AgentIdentity& identity, const Options& options) {
  ASSIGN_OR_RETURN(store::Partition partition,
                   store::Partition::Make("gateway-agent", identity.tenant));
  Writer writer = WriterOf(identity, random);
  RETURN_IF_ERROR(audit::CheckWriter(writer));
  std::unique_ptr<Journal> journal(
      new Journal(store, clock, random, std::move(partition), std::move(writer),
                  identity.key, options));
  ASSIGN_OR_RETURN(journal->rows_, journal->CountRows());
  return journal;
}

Journal::Journal(store::Store& store, const Clock& clock, RandomSource& random,
                 store::Partition partition, Writer writer,
                 crypto::P256PrivateKey key, const Options& options)
    : store_(store),
      clock_(clock),
      random_(random),
      partition_(std::move(partition)),
      writer_(std::move(writer)),
      signer_(audit::Fingerprint(key.public_key()), std::move(key)),
      options_(options),
      queue_(store, clock, random, no_executor_,
             QueueOptions(partition_, writer_)) {}

uint64_t Journal::rows() const {
  return static_cast<uint64_t>(std::max<int64_t>(rows_, 0));
}

absl::StatusOr<int64_t> Journal::CountRows() {
  int64_t count = 0;
  store::Page page;
  do {
    const std::string after =
        page.items.empty() ? std::string() : page.items.back().key;
    ASSIGN_OR_RETURN(
        page, store_.Scan(partition_, kRowPrefix, after, store::kMaxScanLimit));
    count += static_cast<int64_t>(page.items.size());
  } while (page.more);
  return count;
}

absl::StatusOr<audit::PreparedRow> Journal::Prepare(audit::RowContent content) {
  return audit::PreparedRow::Make(std::move(content), random_);
}

absl::Status Journal::CheckRoom(size_t rows) const {
  if (this->rows() + rows <= options_.most_rows) return absl::OkStatus();
  return Error(reason::kAuditUnavailable,
               "the journal is full: the mesh does not take its rows");
}

absl::StatusOr<audit::Committed> Journal::Commit(audit::Transition transition) {
  const size_t more = transition.rows.size();
  auto committed = queue_.Commit(std::move(transition));
  if (committed.ok()) rows_ += static_cast<int64_t>(more);
  // A transition that lost its race leaves a row too.
  if (IsReason(committed.status(), reason::kStoreAborted)) ++rows_;
  if (on_commit_) on_commit_();
  return committed;
}

absl::Status Journal::Settle() {
  // The head and the epoch of one instant: rows that a store loses meanwhile
  // must not leave the memory that would write them again.
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, ReadHead());
  ASSIGN_OR_RETURN(const uint64_t last, LastIn(snapshot));
  store::CommitRequest request;
  request.epoch = snapshot.epoch;
  request.put = {{kSettled, absl::StrCat(last)}};
  request.durability = store::Durability::kDurable;
  RETURN_IF_ERROR(store_.Commit(partition_, request).status());
  queue_.tail().Trim(last);
  MutexLock lock(mutex_);
  settled_ = std::max(settled_, last);
  return absl::OkStatus();
}

absl::StatusOr<store::Snapshot> Journal::ReadHead() {
  return store_.Get(partition_, {audit::HeadKey(writer_.incarnation())});
}

absl::StatusOr<audit::v1::RowReference> Journal::Head() {
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, ReadHead());
  if (!snapshot.entries[0].exists()) return audit::v1::RowReference();
  ASSIGN_OR_RETURN(const audit::StoredHead stored,
                   audit::ParseHead(snapshot.entries[0].value));
  return audit::ReferenceTo(writer_, stored.head.id);
}

uint64_t Journal::SettledOf(const Writer& chain) {
  if (chain.incarnation() != writer_.incarnation()) return kAll;
  MutexLock lock(mutex_);
  return settled_;
}

absl::StatusOr<AuditBacklog> Journal::Next() {
  ASSIGN_OR_RETURN(const std::vector<audit::WriterHead> heads,
                   audit::ListHeads(store_, partition_));
  AuditBacklog backlog;
  // The latest comes first in the list.
  for (auto head = heads.rbegin(); head != heads.rend(); ++head) {
    const uint64_t settled = SettledOf(head->writer);
    audit::StoredRows stored(store_, partition_, head->writer);
    ASSIGN_OR_RETURN(const std::vector<audit::TailRow> rows,
                     stored.After(0, kRowsAtOnce));
    audit::ChainHead last;
    for (const audit::TailRow& row : rows) {
      if (row.head.id.sequence > settled) break;
      if (!backlog.add_rows()->ParseFromString(row.row)) {
        return audit::FormatError("row", "cannot be read");
      }
      last = row.head;
    }
    if (backlog.rows().empty()) continue;
    *backlog.add_checkpoints() = Sign(head->writer, last);
    return backlog;
  }
  return backlog;
}

audit::v1::SignedCheckpoint Journal::Sign(const Writer& chain,
                                          const audit::ChainHead& head) const {
  audit::v1::Checkpoint checkpoint;
  *checkpoint.mutable_writer() = chain;
  checkpoint.set_sequence(head.id.sequence);
  checkpoint.set_hash(crypto::ToString(head.id.hash));
  checkpoint.set_time_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  return signer_.Sign(std::move(checkpoint));
}

absl::Status Journal::Acknowledge(const Writer& chain, uint64_t sequence) {
  audit::StoredRows stored(store_, partition_, chain);
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<audit::TailRow> rows,
                     stored.After(0, kRowsAtOnce));
    std::vector<std::string> keys;
    const std::string prefix = audit::RowPrefix(chain.incarnation());
    for (const audit::TailRow& row : rows) {
      if (row.head.id.sequence > sequence) break;
      keys.push_back(audit::RowKey(prefix, row.head.id.sequence));
    }
    if (keys.empty()) return ForgetIfEmpty(chain);
    const auto removed = static_cast<int64_t>(keys.size());
    RETURN_IF_ERROR(Remove(std::move(keys)));
    rows_ -= removed;
  }
}

absl::Status Journal::ForgetIfEmpty(const Writer& chain) {
  const std::string key = audit::HeadKey(chain.incarnation());
  ASSIGN_OR_RETURN(const audit::v1::RowReference own, Head());
  // The next chain names the last row of the latest one.
  if (chain.incarnation() == writer_.incarnation() || own.sequence() == 0) {
    return absl::OkStatus();
  }
  audit::StoredRows stored(store_, partition_, chain);
  ASSIGN_OR_RETURN(const std::vector<audit::TailRow> rows, stored.After(0, 1));
  return rows.empty() ? Remove({key}) : absl::OkStatus();
}

// Not durable: what comes back goes up again.
absl::Status Journal::Remove(std::vector<std::string> keys) {
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, store_.Get(partition_, {}));
  store::CommitRequest request;
  request.epoch = snapshot.epoch;
  request.remove = std::move(keys);
  request.durability = store::Durability::kVolatile;
  return store_.Commit(partition_, request).status();
}

}  // namespace u2fi::gateway_agent
