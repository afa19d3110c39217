#ifndef U2FI_SERVICES_COMMON_AUDIT_JOURNAL_MOVER_H_
#define U2FI_SERVICES_COMMON_AUDIT_JOURNAL_MOVER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/audit/export_record.h"
#include "services/common/audit/heads.h"
#include "services/common/audit/sink.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"

namespace u2fi::audit {

// Moves what agents sent of their journals (keys.h) from the store to a sink,
// as it is: rows, and the checkpoints that their gateways signed. Not
// thread-safe; where several replicas do it, a record may get to several sinks.
class JournalMover {
 public:
  // All must outlive this object.
  JournalMover(store::Store& store, Sink& sink, const Clock& clock)
      : store_(store), sink_(sink), clock_(clock) {}

  // One round, about once a minute. Goes on with the others if a chain fails,
  // and returns the first error: those of store and sink, AUDIT_FORMAT.
  absl::Status Move(absl::string_view tenant);

 private:
  absl::Status MoveChain(const store::Partition& partition,
                         const WriterHead& head);
  // Puts the key before the checkpoint that it signed.
  absl::Status AddKeys(const store::Partition& partition,
                       std::vector<ExportRecord>& records);
  absl::Status Remove(const store::Partition& partition,
                      const v1::Writer& chain,
                      const std::vector<ExportRecord>& records);
  // The head of a chain that has long been silent.
  absl::Status Forget(const store::Partition& partition,
                      const WriterHead& head);

  store::Store& store_;
  Sink& sink_;
  const Clock& clock_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_JOURNAL_MOVER_H_
