#include "services/common/audit/row_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/audit/keys.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr size_t kRemoveRows = 1000;
constexpr size_t kScanRows = 500;
// Rows in memory beyond this size go as soon as they are covered.
constexpr size_t kKeepInMemoryBytes = 16 << 20;

// Removes the keys of rows `first` to `last`, some at a time.
absl::Status RemoveRows(store::Store& store, const store::Partition& partition,
                        const v1::Writer& writer, uint64_t first,
                        uint64_t last) {
  const std::string prefix = RowPrefix(writer.incarnation());
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, store.Get(partition, {}));
  while (first <= last) {
    store::CommitRequest request;
    request.epoch = snapshot.epoch;
    request.durability = store::Durability::kVolatile;
    while (first <= last && request.remove.size() < kRemoveRows) {
      request.remove.push_back(RowKey(prefix, first++));
    }
    RETURN_IF_ERROR(store.Commit(partition, request).status());
  }
  return absl::OkStatus();
}

}  // namespace

OwnRows::OwnRows(store::Store& store, store::Partition partition,
                 v1::Writer writer, RowTail& tail)
    : store_(store),
      partition_(std::move(partition)),
      writer_(std::move(writer)),
      tail_(tail) {}

absl::StatusOr<std::vector<TailRow>> OwnRows::After(uint64_t sequence,
                                                    size_t limit) {
  return tail_.After(sequence, limit);
}

absl::Status OwnRows::Covered(uint64_t first, uint64_t last) {
  // The store first: if it forgets in between, the rows are still here.
  RETURN_IF_ERROR(RemoveRows(store_, partition_, writer_, first, last));
  tail_.Trim(last);
  return absl::OkStatus();
}

KeptOwnRows::KeptOwnRows(v1::Writer writer, RowTail& tail)
    : writer_(std::move(writer)), tail_(tail) {}

absl::StatusOr<std::vector<TailRow>> KeptOwnRows::After(uint64_t sequence,
                                                        size_t limit) {
  return tail_.After(sequence, limit);
}

absl::Status KeptOwnRows::Covered(uint64_t, uint64_t last) {
  tail_.Trim(covered_before_);
  if (tail_.bytes() > kKeepInMemoryBytes) tail_.Trim(last);
  covered_before_ = last;
  return absl::OkStatus();
}

StoredRows::StoredRows(store::Store& store, store::Partition partition,
                       v1::Writer writer)
    : store_(store),
      partition_(std::move(partition)),
      writer_(std::move(writer)) {}

absl::StatusOr<std::vector<TailRow>> StoredRows::After(uint64_t sequence,
                                                       size_t limit) {
  const std::string prefix = RowPrefix(writer_.incarnation());
  const std::string after = sequence == 0 ? "" : RowKey(prefix, sequence);
  ASSIGN_OR_RETURN(store::Page page,
                   store_.Scan(partition_, prefix, after, limit));
  if (last_.has_value() && last_->id.sequence != sequence) last_.reset();
  std::vector<TailRow> rows;
  for (store::Item& item : page.items) {
    ASSIGN_OR_RETURN(const ParsedRow row, ParseRow(item.value));
    if (item.key != RowKey(prefix, row.id.sequence)) {
      return Error(reason::kAuditChain, "a row stands under another's key",
                   {{"key", item.key}});
    }
    if (last_.has_value()) {
      RETURN_IF_ERROR(CheckFollows(writer_, *last_, row));
    }
    last_ = HeadAt(row);
    rows.push_back({*last_, std::move(item.value)});
  }
  return rows;
}

absl::Status StoredRows::Covered(uint64_t first, uint64_t last) {
  return RemoveRows(store_, partition_, writer_, first, last);
}

absl::Status StoredRows::CheckComplete(const ChainHead& head) {
  absl::optional<ChainHead> last;
  do {
    ASSIGN_OR_RETURN(
        const std::vector<TailRow> rows,
        After(last.has_value() ? last->id.sequence : 0, kScanRows));
    if (rows.empty()) break;
    last = rows.back().head;
  } while (true);
  if (!last.has_value() || last->id.sequence > head.id.sequence ||
      last->id == head.id) {
    return absl::OkStatus();
  }
  return Error(reason::kAuditChain, "the last rows of a writer are missing",
               {{"sequence", absl::StrCat(last->id.sequence)}});
}

KeptStoredRows::KeptStoredRows(store::Store& store, store::Partition partition,
                               v1::Writer writer, uint64_t covered)
    : StoredRows(store, std::move(partition), std::move(writer)),
      covered_(covered) {}

absl::StatusOr<std::vector<TailRow>> KeptStoredRows::After(uint64_t sequence,
                                                           size_t limit) {
  return StoredRows::After(std::max(sequence, covered_), limit);
}

absl::Status KeptStoredRows::Covered(uint64_t, uint64_t) {
  return absl::OkStatus();
}

}  // namespace u2fi::audit
