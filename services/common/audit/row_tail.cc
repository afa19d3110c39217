#include "services/common/audit/row_tail.h"

#include <algorithm>
#include <utility>

namespace u2fi::audit {

void RowTail::Append(TailRow row) {
  MutexLock lock(mutex_);
  bytes_ += row.row.size();
  rows_.push_back(std::move(row));
}

std::vector<TailRow> RowTail::After(uint64_t sequence, size_t limit,
                                    size_t max_bytes) const {
  MutexLock lock(mutex_);
  auto row = std::upper_bound(rows_.begin(), rows_.end(), sequence,
                              [](uint64_t wanted, const TailRow& candidate) {
                                return wanted < candidate.head.id.sequence;
                              });
  std::vector<TailRow> found;
  size_t bytes = 0;
  for (; row != rows_.end() && found.size() < limit; ++row) {
    bytes += row->row.size();
    if (!found.empty() && bytes > max_bytes) break;
    found.push_back(*row);
  }
  return found;
}

void RowTail::Trim(uint64_t sequence) {
  MutexLock lock(mutex_);
  while (!rows_.empty() && rows_.front().head.id.sequence <= sequence) {
    bytes_ -= rows_.front().row.size();
    rows_.pop_front();
  }
}

size_t RowTail::size() const {
  MutexLock lock(mutex_);
  return rows_.size();
}

size_t RowTail::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace u2fi::audit
