#include "services/common/audit/stored_chain.h"

#include <utility>

#include "services/common/audit/keys.h"
#include "services/common/audit/row.h"
#include "services/common/audit/rules.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr size_t kCheckpointsAtOnce = 100;

}  // namespace

StoredChain::StoredChain(store::Store& store, store::Partition partition,
                         v1::Writer writer, uint64_t after)
    : store_(store),
      partition_(std::move(partition)),
      writer_(std::move(writer)),
      last_(after) {
  SkipTo(after);
}

void StoredChain::SkipTo(uint64_t sequence) {
  last_ = sequence;
  checkpoints_.clear();
  const std::string prefix = CheckpointPrefix(writer_.incarnation());
  checkpoint_key_ = sequence == 0 ? "" : RowKey(prefix, sequence);
}

absl::StatusOr<std::vector<ExportRecord>> StoredChain::Next(size_t limit) {
  const std::string prefix = RowPrefix(writer_.incarnation());
  ASSIGN_OR_RETURN(const store::Page page,
                   store_.Scan(partition_, prefix,
                               last_ == 0 ? "" : RowKey(prefix, last_), limit));
  std::vector<v1::AuditRow> rows;
  std::vector<uint64_t> sequences;
  for (const store::Item& item : page.items) {
    v1::AuditRow row;
    v1::AuditHeader header;
    if (!row.ParseFromString(item.value) ||
        !header.ParseFromString(row.header())) {
      return FormatError("row", "cannot be read");
    }
    rows.push_back(std::move(row));
    sequences.push_back(header.sequence());
  }
  RETURN_IF_ERROR(ReadCheckpointsTo(rows.empty() ? last_ : sequences.back()));
  std::vector<ExportRecord> records;
  TakeCheckpoints(records);
  for (size_t i = 0; i < rows.size(); ++i) {
    last_ = sequences[i];
    records.push_back(std::move(rows[i]));
    TakeCheckpoints(records);
  }
  return records;
}

absl::Status StoredChain::ReadCheckpointsTo(uint64_t sequence) {
  while (checkpoints_.empty() || checkpoints_.back().sequence < sequence) {
    ASSIGN_OR_RETURN(
        const store::Page page,
        store_.Scan(partition_, CheckpointPrefix(writer_.incarnation()),
                    checkpoint_key_, kCheckpointsAtOnce));
    if (page.items.empty()) break;
    for (const store::Item& item : page.items) {
      RETURN_IF_ERROR(AddCheckpoint(item));
    }
  }
  return absl::OkStatus();
}

absl::Status StoredChain::AddCheckpoint(const store::Item& item) {
  v1::SignedCheckpoint checkpoint;
  if (!checkpoint.ParseFromString(item.value)) {
    return FormatError("checkpoint", "cannot be read");
  }
  ASSIGN_OR_RETURN(const ParsedCheckpoint parsed, CheckCheckpoint(checkpoint));
  checkpoints_.push_back({parsed.row.sequence, std::move(checkpoint)});
  checkpoint_key_ = item.key;
  return absl::OkStatus();
}

void StoredChain::TakeCheckpoints(std::vector<ExportRecord>& records) {
  while (!checkpoints_.empty() && checkpoints_.front().sequence <= last_) {
    records.push_back(std::move(checkpoints_.front().checkpoint));
    checkpoints_.pop_front();
  }
}

}  // namespace u2fi::audit
