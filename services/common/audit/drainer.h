#ifndef U2FI_SERVICES_COMMON_AUDIT_DRAINER_H_
#define U2FI_SERVICES_COMMON_AUDIT_DRAINER_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/row_source.h"
#include "services/common/audit/sink.h"
#include "services/common/time/clock.h"

namespace u2fi::audit {

inline constexpr uint64_t kRowsPerCheckpoint = 1000;
inline constexpr absl::Duration kCheckpointInterval = absl::Seconds(10);

// How rows are drained, per deployment.
struct DrainOptions {
  uint64_t rows_per_checkpoint = kRowsPerCheckpoint;
  absl::Duration checkpoint_interval = kCheckpointInterval;
  // The rows stay in the store, beside the checkpoints that cover them
  // (store_sink.h); only the writer's memory lets go of them.
  bool keep_rows = false;
};

// Moves one writer's rows from where they are to a sink, in order, and vouches
// for them: a signed checkpoint every 1,000 rows or 10 s. Rows leave the store
// only after a checkpoint that covers them is durable in the sink. Whatever
// fails is tried again by the next call, so a record may reach the sink twice.
// Not thread-safe.
class Drainer {
 public:
  // The last rows of other writers that this process knows of, at most 64.
  // They go into the checkpoints, so that no chain can vanish unnoticed.
  using Seen = std::function<std::vector<v1::RowReference>()>;

  // All must outlive this object.
  Drainer(RowSource& source, Sink& sink, const CheckpointSigner& signer,
          const Clock& clock, Seen seen, const DrainOptions& options = {});

  // One round, to be called about once a second.
  absl::Status Drain();

  // A round that ends with a checkpoint over everything: before the process
  // ends, or for a writer that is no more.
  absl::Status DrainAll();

 private:
  absl::Status DrainRows();
  absl::Status AppendRows(std::vector<TailRow> rows);
  // Signs, makes durable and lets go what was drained.
  absl::Status Checkpoint();
  absl::Status LetGo();
  bool IsCheckpointDue() const;

  RowSource& source_;
  Sink& sink_;
  const CheckpointSigner& signer_;
  const Clock& clock_;
  const Seen seen_;
  const DrainOptions options_;

  bool key_written_ = false;
  // The last row that the sink took, and the first one that no checkpoint
  // covers.
  ChainHead drained_;
  uint64_t uncovered_ = 0;
  absl::Duration last_checkpoint_;
  // Rows that a durable checkpoint covers but that are not let go yet.
  uint64_t covered_first_ = 0;
  uint64_t covered_last_ = 0;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_DRAINER_H_
