#ifndef U2FI_SERVICES_COMMON_AUDIT_ROW_SOURCE_H_
#define U2FI_SERVICES_COMMON_AUDIT_ROW_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/audit/chain.h"
#include "services/common/audit/row_tail.h"
#include "services/common/store/store.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// The rows of one writer that are still to be drained.
class RowSource {
 public:
  virtual ~RowSource() = default;

  virtual const v1::Writer& writer() const = 0;

  // Up to `limit` rows after row `sequence`, in order, without a gap; the
  // first one may come later, if the rows before it were pruned. Rows have
  // been checked against each other.
  virtual absl::StatusOr<std::vector<TailRow>> After(uint64_t sequence,
                                                     size_t limit) = 0;

  // A durable checkpoint covers rows `first` to `last`: they may go. Called
  // again with the same rows if it failed.
  virtual absl::Status Covered(uint64_t first, uint64_t last) = 0;
};

// The rows of a writer of this process, from its memory: whoever tampers with
// the store does not reach them.
class OwnRows : public RowSource {
 public:
  // All must outlive this object.
  OwnRows(store::Store& store, store::Partition partition, v1::Writer writer,
          RowTail& tail);

  const v1::Writer& writer() const override { return writer_; }
  absl::StatusOr<std::vector<TailRow>> After(uint64_t sequence,
                                             size_t limit) override;
  absl::Status Covered(uint64_t first, uint64_t last) override;

 private:
  store::Store& store_;
  const store::Partition partition_;
  const v1::Writer writer_;
  RowTail& tail_;
};

// The same where the rows stay in the store: what a checkpoint covers is let go
// from memory only. The rows of the last checkpoint stay in memory too, as far
// as they are few: a store that forgets its last seconds gets them back.
class KeptOwnRows : public RowSource {
 public:
  // `tail` must outlive this object.
  KeptOwnRows(v1::Writer writer, RowTail& tail);

  const v1::Writer& writer() const override { return writer_; }
  absl::StatusOr<std::vector<TailRow>> After(uint64_t sequence,
                                             size_t limit) override;
  absl::Status Covered(uint64_t first, uint64_t last) override;

 private:
  const v1::Writer writer_;
  RowTail& tail_;
  // The last row of the checkpoint before.
  uint64_t covered_before_ = 0;
};

// The rows that a writer which is no more left in the store.
class StoredRows : public RowSource {
 public:
  // `store` must outlive this object.
  StoredRows(store::Store& store, store::Partition partition,
             v1::Writer writer);

  const v1::Writer& writer() const override { return writer_; }

  // AUDIT_FORMAT or AUDIT_CHAIN if a row is not what the writer wrote: the
  // store was tampered with.
  absl::StatusOr<std::vector<TailRow>> After(uint64_t sequence,
                                             size_t limit) override;
  absl::Status Covered(uint64_t first, uint64_t last) override;

  // AUDIT_CHAIN if rows that `head` vouches for are gone: the last one that is
  // there must be the head's or a later one. No row at all is good: all were
  // drained before.
  absl::Status CheckComplete(const ChainHead& head);

 private:
  store::Store& store_;
  const store::Partition partition_;
  const v1::Writer writer_;
  // The last row that After() gave.
  absl::optional<ChainHead> last_;
};

// The same where they stay there: those after row `covered`.
class KeptStoredRows : public StoredRows {
 public:
  // `store` must outlive this object.
  KeptStoredRows(store::Store& store, store::Partition partition,
                 v1::Writer writer, uint64_t covered);

  absl::StatusOr<std::vector<TailRow>> After(uint64_t sequence,
                                             size_t limit) override;
  absl::Status Covered(uint64_t first, uint64_t last) override;

 private:
  const uint64_t covered_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_ROW_SOURCE_H_
