#ifndef U2FI_SERVICES_COMMON_AUDIT_STORED_CHAIN_H_
#define U2FI_SERVICES_COMMON_AUDIT_STORED_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/audit/export_record.h"
#include "services/common/store/store.h"

namespace u2fi::audit {

// Reads one writer's rows and checkpoints from the store, each checkpoint after
// the rows that it covers. What the store holds is not verified. Not
// thread-safe.
class StoredChain {
 public:
  // Rows after row `after`. `store` must outlive this object.
  StoredChain(store::Store& store, store::Partition partition,
              v1::Writer writer, uint64_t after);

  // The next records, at most `limit` rows; none: there are no more for now.
  // Errors of the store; AUDIT_FORMAT for what cannot be read.
  absl::StatusOr<std::vector<ExportRecord>> Next(size_t limit);

  // Where the next row would stand.
  uint64_t last() const { return last_; }
  // Goes on after row `sequence`.
  void SkipTo(uint64_t sequence);
  const v1::Writer& writer() const { return writer_; }
  const store::Partition& partition() const { return partition_; }

 private:
  struct Covered {
    uint64_t sequence;
    v1::SignedCheckpoint checkpoint;
  };

  // Reads ahead, at least those up to row `sequence`.
  absl::Status ReadCheckpointsTo(uint64_t sequence);
  absl::Status AddCheckpoint(const store::Item& item);
  void TakeCheckpoints(std::vector<ExportRecord>& records);

  store::Store& store_;
  const store::Partition partition_;
  const v1::Writer writer_;
  uint64_t last_;
  // Read ahead, and the key of the last one that was read.
  std::deque<Covered> checkpoints_;
  std::string checkpoint_key_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_STORED_CHAIN_H_
