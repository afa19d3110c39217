#ifndef U2FI_SERVICES_COMMON_AUDIT_ORPHAN_DRAINER_H_
#define U2FI_SERVICES_COMMON_AUDIT_ORPHAN_DRAINER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/drainer.h"
#include "services/common/audit/heads.h"
#include "services/common/audit/row_source.h"
#include "services/common/audit/sink.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"

namespace u2fi::audit {

// A writer whose last row is older than this is taken for gone. If it is not,
// its rows are drained twice, which is allowed.
inline constexpr absl::Duration kGoneAfter = absl::Minutes(1);

// The head of a writer that is gone stays this long, for successors to name.
inline constexpr absl::Duration kForgetAfter = absl::Hours(24);

// Drains what writers that are no more left in a partition, and vouches for
// what it found with a checkpoint of its own. One process a partition calls it
// (the holder of the sweeper's lease). Not thread-safe.
class OrphanDrainer {
 public:
  // All must outlive this object. `own` is left to its own Drainer.
  OrphanDrainer(store::Store& store, store::Partition partition,
                std::string own_incarnation, Sink& sink,
                const CheckpointSigner& signer, const Clock& clock,
                const DrainOptions& options = {});

  // One round, to be called about once a minute. Goes on with the other
  // writers if one fails, and returns the first error. AUDIT_FORMAT or
  // AUDIT_CHAIN: the store was tampered with; those rows stay, raise an alarm.
  absl::Status Drain();

 private:
  absl::Status DrainWriter(const WriterHead& head);
  // Where rows stay: covers what no checkpoint does.
  absl::Status CoverWriter(const WriterHead& head);
  absl::Status DrainFrom(StoredRows& rows, const WriterHead& head);
  // Removes a head, unless its writer moved it meanwhile.
  absl::Status Forget(const WriterHead& head);
  bool IsOlder(const WriterHead& head, absl::Duration age) const;

  store::Store& store_;
  const store::Partition partition_;
  const std::string own_incarnation_;
  Sink& sink_;
  const CheckpointSigner& signer_;
  const Clock& clock_;
  const DrainOptions options_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_ORPHAN_DRAINER_H_
