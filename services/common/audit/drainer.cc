#include "services/common/audit/drainer.h"

#include <algorithm>
#include <utility>

#include "services/common/audit/limits.h"
#include "services/common/audit/rules.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr size_t kRowsPerAppend = 250;

}  // namespace

Drainer::Drainer(RowSource& source, Sink& sink, const CheckpointSigner& signer,
                 const Clock& clock, Seen seen, const DrainOptions& options)
    : source_(source),
      sink_(sink),
      signer_(signer),
      clock_(clock),
      seen_(std::move(seen)),
      options_(options),
      last_checkpoint_(clock.Uptime()) {}

absl::Status Drainer::Drain() {
  RETURN_IF_ERROR(LetGo());
  RETURN_IF_ERROR(DrainRows());
  return uncovered_ != 0 && IsCheckpointDue() ? Checkpoint() : absl::OkStatus();
}

absl::Status Drainer::DrainAll() {
  RETURN_IF_ERROR(LetGo());
  RETURN_IF_ERROR(DrainRows());
  return uncovered_ != 0 ? Checkpoint() : absl::OkStatus();
}

absl::Status Drainer::DrainRows() {
  while (true) {
    ASSIGN_OR_RETURN(std::vector<TailRow> rows,
                     source_.After(drained_.id.sequence, kRowsPerAppend));
    if (rows.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(AppendRows(std::move(rows)));
    if (drained_.id.sequence + 1 - uncovered_ >= options_.rows_per_checkpoint) {
      RETURN_IF_ERROR(Checkpoint());
    }
  }
}

absl::Status Drainer::AppendRows(std::vector<TailRow> rows) {
  std::vector<ExportRecord> records;
  for (const TailRow& row : rows) {
    v1::AuditRow record;
    if (!record.ParseFromString(row.row)) {
      return FormatError("row", "cannot be read");
    }
    records.push_back(std::move(record));
  }
  if (!key_written_) records.insert(records.begin(), signer_.public_key());
  RETURN_IF_ERROR(sink_.Append(records));
  key_written_ = true;
  if (uncovered_ == 0) uncovered_ = rows.front().head.id.sequence;
  drained_ = rows.back().head;
  return absl::OkStatus();
}

bool Drainer::IsCheckpointDue() const {
  return clock_.Uptime() - last_checkpoint_ >= options_.checkpoint_interval;
}

absl::Status Drainer::Checkpoint() {
  v1::Checkpoint checkpoint;
  *checkpoint.mutable_writer() = source_.writer();
  checkpoint.set_sequence(drained_.id.sequence);
  checkpoint.set_hash(crypto::ToString(drained_.id.hash));
  checkpoint.set_time_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  for (v1::RowReference& seen : seen_()) {
    if (checkpoint.seen_size() == static_cast<int>(kMaxSeen)) break;
    *checkpoint.add_seen() = std::move(seen);
  }
  RETURN_IF_ERROR(sink_.Append({signer_.Sign(std::move(checkpoint))}));
  RETURN_IF_ERROR(sink_.Flush());
  covered_first_ = uncovered_;
  covered_last_ = drained_.id.sequence;
  uncovered_ = 0;
  last_checkpoint_ = clock_.Uptime();
  return LetGo();
}

absl::Status Drainer::LetGo() {
  if (covered_first_ == 0) return absl::OkStatus();
  RETURN_IF_ERROR(source_.Covered(covered_first_, covered_last_));
  covered_first_ = 0;
  return absl::OkStatus();
}

}  // namespace u2fi::audit
