#ifndef U2FI_SERVICES_COMMON_AUDIT_ROW_TAIL_H_
#define U2FI_SERVICES_COMMON_AUDIT_ROW_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "services/common/audit/chain.h"
#include "services/common/sync/sync.h"

namespace u2fi::audit {

// A row that the store accepted, with its exact AuditRow bytes.
struct TailRow {
  ChainHead head;
  std::string row;
};

// The end of a chain that no drained checkpoint covers yet, in memory: what
// must not be lost when the store forgets. Thread-safe.
class RowTail {
 public:
  // Rows come in order; the caller checks it.
  void Append(TailRow row);

  // Up to `limit` rows after row `sequence`, of at most `max_bytes` together
  // (at least one, if there is one).
  std::vector<TailRow> After(uint64_t sequence, size_t limit,
                             size_t max_bytes = 1 << 20) const;

  // Forgets rows up to and including `sequence`.
  void Trim(uint64_t sequence);

  size_t size() const;
  size_t bytes() const;

 private:
  mutable Mutex mutex_;
  std::deque<TailRow> rows_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_ROW_TAIL_H_
