#include "services/common/audit/chain_writer.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/audit/heads.h"
#include "services/common/audit/keys.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr int kAttempts = 4;
constexpr size_t kRewriteRows = 500;
constexpr size_t kScanRows = 500;

bool IsTransient(const absl::Status& status) {
  return IsReason(status, reason::kStoreAborted) ||
         IsReason(status, reason::kStoreEpochChanged);
}

std::string LostKey(const absl::Status& status) {
  return MetadataOf(status)["key"];
}

absl::Status EpochChangedError() {
  return Error(reason::kStoreEpochChanged, "the store began anew: read again");
}

absl::Status Foreign(uint64_t sequence) {
  return Error(reason::kAuditChain,
               absl::StrCat("row ", sequence,
                            " of this chain in the store is not this "
                            "process's: another one writes in it"));
}

void AddDetail(absl::string_view name, std::string value, v1::AuditBody& body) {
  v1::Detail& detail = *body.add_details();
  detail.set_name(std::string(name));
  detail.set_value(std::move(value));
}

}  // namespace

ChainWriter::ChainWriter(store::Store& store, const Clock& clock,
                         RandomSource& random, RowTail& tail,
                         ChainOptions options)
    : store_(store),
      clock_(clock),
      random_(random),
      tail_(tail),
      options_(std::move(options)),
      head_key_(HeadKey(options_.writer.incarnation())),
      row_prefix_(RowPrefix(options_.writer.incarnation())) {}

absl::Status ChainWriter::Ready(const store::Epoch& seen) {
  if (!open_) RETURN_IF_ERROR(Open());
  if (stale_ || seen != epoch_) return Resync();
  return absl::OkStatus();
}

absl::Status ChainWriter::Open() {
  ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                   store_.Get(options_.partition, {head_key_}));
  epoch_ = snapshot.epoch;
  const store::Entry& entry = snapshot.entries.front();
  if (entry.exists()) {
    RETURN_IF_ERROR(Continue(entry));
  } else {
    ASSIGN_OR_RETURN(const std::vector<WriterHead> others,
                     ListHeads(store_, options_.partition));
    absl::optional<v1::RowReference> predecessor;
    if (!others.empty()) {
      predecessor = ReferenceTo(others[0].writer, others[0].head.id);
    }
    builder_.emplace(options_.writer, predecessor);
  }
  open_ = true;
  return absl::OkStatus();
}

absl::Status ChainWriter::Continue(const store::Entry& entry) {
  ASSIGN_OR_RETURN(const StoredHead stored, ParseHead(entry.value));
  builder_.emplace(options_.writer);
  if (builder_->HeadValue(stored.head) != entry.value) {
    return Foreign(stored.head.id.sequence);
  }
  head_ = stored.head;
  head_version_ = entry.version;
  return LoadTail();
}

absl::Status ChainWriter::LoadTail() {
  tail_.Trim(std::numeric_limits<uint64_t>::max());
  absl::optional<ChainHead> last;
  store::Page page;
  do {
    const std::string after =
        page.items.empty() ? std::string() : page.items.back().key;
    ASSIGN_OR_RETURN(
        page, store_.Scan(options_.partition, row_prefix_, after, kScanRows));
    if (page.epoch != epoch_) return EpochChangedError();
    for (store::Item& item : page.items) {
      ASSIGN_OR_RETURN(const ParsedRow row, ParseRow(item.value));
      if (last.has_value()) {
        RETURN_IF_ERROR(CheckFollows(options_.writer, *last, row));
      }
      last = HeadAt(row);
      tail_.Append({*last, std::move(item.value)});
    }
  } while (page.more);
  // No rows at all: every one was drained and pruned.
  if (last.has_value() && !(last->id == head_.id)) {
    return Foreign(last->id.sequence);
  }
  return absl::OkStatus();
}

absl::Status ChainWriter::Resync() {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const bool again, ResyncOnce());
    if (again) continue;
    stale_ = false;
    return absl::OkStatus();
  }
  stale_ = true;
  return Error(reason::kAuditUnavailable, "the store does not settle");
}

absl::StatusOr<bool> ChainWriter::ResyncOnce() {
  stale_ = true;
  ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                   store_.Get(options_.partition, {head_key_}));
  const store::Entry& entry = snapshot.entries.front();
  return snapshot.epoch == epoch_ ? SettleInEpoch(entry)
                                  : EnterEpoch(snapshot.epoch, entry);
}

absl::StatusOr<bool> ChainWriter::SettleInEpoch(const store::Entry& entry) {
  if (unresolved_.has_value() && IsAt(unresolved_->head, entry)) {
    Confirm();
  } else if (!IsAt(head_, entry)) {
    // What was written again for another epoch, before it was entered, this
    // one does not know.
    return EnterEpoch(epoch_, entry);
  }
  head_version_ = entry.version;
  return unresolved_.has_value() ? Fence() : false;
}

bool ChainWriter::IsAt(const ChainHead& head, const store::Entry& entry) const {
  return entry.exists() ? entry.value == builder_->HeadValue(head)
                        : head.id.sequence == 0;
}

// Moves the head's version on, so that a commit still under way can no longer
// happen. Only then may its sequence numbers be given to other rows.
absl::StatusOr<bool> ChainWriter::Fence() {
  store::CommitRequest request;
  request.epoch = epoch_;
  request.durability = store::Durability::kVolatile;
  AddHead(head_, head_version_, request);
  const absl::StatusOr<store::Version> version =
      store_.Commit(options_.partition, request);
  if (IsTransient(version.status())) return true;
  RETURN_IF_ERROR(version.status());
  head_version_ = *version;
  unresolved_.reset();
  return false;
}

absl::StatusOr<bool> ChainWriter::EnterEpoch(store::Epoch epoch,
                                             const store::Entry& entry) {
  if (unresolved_.has_value()) {
    // The old incarnation may have shown these rows to others: they stay.
    if (!IsAt(unresolved_->head, entry)) {
      unconfirmed_ = unresolved_->rows.front().head.id;
    }
    Confirm();
  }
  const absl::StatusOr<store::Version> version = WriteLost(epoch, entry);
  if (IsTransient(version.status())) return true;
  RETURN_IF_ERROR(version.status());
  head_version_ = *version;
  EpochChange change{std::exchange(epoch_, epoch), epoch, {}};
  for (auto& [sequence, row] : std::exchange(rewritten_, {})) {
    change.rewritten.push_back(std::move(row));
  }
  NoteEpoch(change);
  if (options_.on_epoch_change) options_.on_epoch_change(change);
  return false;
}

absl::StatusOr<store::Version> ChainWriter::WriteLost(
    const store::Epoch& epoch, const store::Entry& entry) {
  ASSIGN_OR_RETURN(uint64_t stored, FindInChain(entry));
  store::Version version = entry.version;
  while (true) {
    std::vector<TailRow> rows = tail_.After(stored, kRewriteRows);
    if (rows.empty()) return version;
    ASSIGN_OR_RETURN(version, Rewrite(epoch, version, rows));
    stored = rows.back().head.id.sequence;
    for (TailRow& row : rows) {
      rewritten_.insert_or_assign(row.head.id.sequence, std::move(row));
    }
  }
}

// The sequence up to which the store has the chain: a prefix of ours, or
// somebody else's work.
absl::StatusOr<uint64_t> ChainWriter::FindInChain(const store::Entry& entry) {
  if (!entry.exists()) return 0;
  ASSIGN_OR_RETURN(const StoredHead stored, ParseHead(entry.value));
  const RowId& id = stored.head.id;
  if (id.sequence == 0) return 0;
  if (id.sequence > head_.id.sequence) return Foreign(id.sequence);
  const std::vector<TailRow> rows = tail_.After(id.sequence - 1, 1);
  if (!rows.empty() && rows[0].head.id.sequence == id.sequence &&
      !(rows[0].head.id == id)) {
    return Foreign(id.sequence);
  }
  return id.sequence;
}

absl::StatusOr<store::Version> ChainWriter::Rewrite(
    const store::Epoch& epoch, store::Version head_version,
    const std::vector<TailRow>& rows) {
  store::CommitRequest request;
  request.epoch = epoch;
  for (const TailRow& row : rows) {
    request.put.push_back({RowKey(row_prefix_, row.head.id.sequence), row.row});
  }
  AddHead(rows.back().head, head_version, request);
  return store_.Commit(options_.partition, request);
}

void ChainWriter::Confirm() {
  head_ = unresolved_->head;
  for (TailRow& row : unresolved_->rows) tail_.Append(std::move(row));
  unresolved_.reset();
  notes_.clear();  // They were the first of these rows.
}

void ChainWriter::NoteEpoch(const EpochChange& change) {
  RowContent note;
  note.kind = v1::ROW_KIND_LIFECYCLE;
  AddDetail("event", "epoch_changed", note.body);
  AddDetail("new_epoch", change.new_epoch, note.body);
  AddDetail("old_epoch", change.old_epoch, note.body);
  AddDetail("rewritten", absl::StrCat(change.rewritten.size()), note.body);
  if (unconfirmed_.has_value()) {
    AddDetail("unconfirmed_from", absl::StrCat(unconfirmed_->sequence),
              note.body);
  }
  unconfirmed_.reset();
  absl::StatusOr<PreparedRow> row = PreparedRow::Make(std::move(note), random_);
  if (row.ok()) notes_.push_back(*std::move(row));
}

absl::StatusOr<store::Version> ChainWriter::Commit(
    store::CommitRequest& request, const std::vector<const PreparedRow*>& rows,
    std::vector<RowId>& ids) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    absl::StatusOr<store::Version> version = CommitOnce(request, rows, ids);
    if (!IsReason(version.status(), reason::kStoreAborted)) return version;
    const std::string key = LostKey(version.status());
    if (!key.empty() && key != head_key_) return version;
    // Nothing was written: the connection broke before, or the head moved.
    const store::Epoch epoch = epoch_;
    if (!key.empty()) RETURN_IF_ERROR(Resync());
    if (epoch_ != epoch) return EpochChangedError();
  }
  return Error(reason::kAuditUnavailable, "the store does not settle");
}

absl::StatusOr<store::Version> ChainWriter::CommitOnce(
    store::CommitRequest& request, const std::vector<const PreparedRow*>& rows,
    std::vector<RowId>& ids) {
  const size_t puts = request.put.size();
  ChainHead head = head_;
  absl::StatusOr<store::Version> version = Send(request, rows, head);
  const bool unknown = IsReason(version.status(), reason::kStoreOutcomeUnknown);
  if (version.ok() || unknown) {
    for (size_t i = 0; i < building_.size(); ++i) {
      building_[i].row = std::move(request.put[puts + i].value);
    }
  }
  request.put.resize(puts);
  request.expect.pop_back();
  if (version.ok()) Acknowledged(head, *version, ids);
  if (unknown) {
    unresolved_ = Unresolved{head, std::move(building_)};
    stale_ = true;
  }
  if (IsReason(version.status(), reason::kStoreEpochChanged)) {
    // The rows go back at once; if that fails, Ready() tries again.
    Resync().IgnoreError();
  }
  return version;
}

absl::StatusOr<store::Version> ChainWriter::Send(
    store::CommitRequest& request, const std::vector<const PreparedRow*>& rows,
    ChainHead& head) {
  const uint64_t now_ms = static_cast<uint64_t>(UnixMillis(clock_));
  building_.clear();
  const auto add = [&](const PreparedRow& row) {
    std::string value = builder_->Append(row, now_ms, head);
    request.put.push_back(
        {RowKey(row_prefix_, head.id.sequence), std::move(value)});
    building_.push_back({head, {}});
  };
  for (const PreparedRow& note : notes_) add(note);
  for (const PreparedRow* row : rows) add(*row);
  AddHead(head, head_version_, request);
  request.epoch = epoch_;
  return store_.Commit(options_.partition, request);
}

void ChainWriter::AddHead(const ChainHead& head, store::Version expected,
                          store::CommitRequest& request) const {
  request.expect.push_back({head_key_, expected});
  request.put.push_back({head_key_, builder_->HeadValue(head)});
}

void ChainWriter::Acknowledged(const ChainHead& head, store::Version version,
                               std::vector<RowId>& ids) {
  ids.clear();
  for (size_t i = 0; i < building_.size(); ++i) {
    if (i >= notes_.size()) ids.push_back(building_[i].head.id);
    tail_.Append(std::move(building_[i]));
  }
  notes_.clear();
  head_ = head;
  head_version_ = version;
}

}  // namespace u2fi::audit
