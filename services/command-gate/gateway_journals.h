#ifndef U2FI_SERVICES_COMMAND_GATE_GATEWAY_JOURNALS_H_
#define U2FI_SERVICES_COMMAND_GATE_GATEWAY_JOURNALS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/command-gate/gate_metrics.h"
#include "services/command-gate/gateway_sender.h"
#include "services/common/audit/chain.h"
#include "services/common/audit/row.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "u2fi/gateway/v1/session.pb.h"

namespace u2fi::command_gate {

// Takes the journals of agents into the audit: rows that a gateway wrote about
// what it did, under checkpoints that its own key signs, in the partition
// (audit::kJournalService, tenant), from where they are exported with the rest.
// The bytes come from a gateway and are not trusted: a row is taken if it is in
// form, of this gateway's own chain, and follows what is there. Thread-safe;
// blocks on the store.
class GatewayJournals {
 public:
  struct Options {
    // What one gateway may send in a minute: some 25 commands a second, and a
    // hostile one can fill no more of the store.
    size_t bytes_per_minute = 4 << 20;
  };

  // The references must outlive this object.
  GatewayJournals(const Clock& clock, store::Store& store, GateMetrics& metrics,
                  const Options& options);
  GatewayJournals(const Clock& clock, store::Store& store, GateMetrics& metrics)
      : GatewayJournals(clock, store, metrics, Options()) {}

  // Stores the rows of `backlog`, which came on the stream of `session`, whose
  // certificate has the key `spki` (DER): the last row that is stored now. What
  // is there already is not stored again. The steps, each with its error:
  //   bounds      1 to 1,000 rows and one checkpoint (INVALID_FIELD)
  //   quota       QUOTA_EXCEEDED
  //   row         in form, with its body (AUDIT_FORMAT)
  //   writer      of this gateway and tenant (AUDIT_CHAIN)
  //   chain       each row follows the one before (AUDIT_CHAIN)
  //   checkpoint  in form, over exactly the last row (AUDIT_FORMAT,
  //               AUDIT_CHAIN), signed by the stream's key (SIGNATURE_INVALID)
  //   head        what is stored under the incarnation is this gateway's, and
  //               the rows follow it and do not say it otherwise
  //               (AUDIT_CHAIN). Rows that are missing in between, since the
  //               store forgot them, are only counted: the chain shows the gap
  // and the store's errors. Nothing was stored then, but perhaps after
  // STORE_OUTCOME_UNKNOWN.
  absl::StatusOr<uint64_t> Take(const GatewaySession& session,
                                absl::string_view spki,
                                const gateway::v1::AuditBacklog& backlog);

  // The last stored row of the chain that `hello` names, for Welcome; 0: none,
  // or it names none of this gateway's.
  absl::StatusOr<uint64_t> LastOf(const GatewaySession& session,
                                  const gateway::v1::Hello& hello);

 private:
  using Rows = std::vector<audit::ParsedRow>;

  struct Window {
    absl::Duration begun;
    size_t bytes = 0;
  };

  absl::Status CountBytes(const GatewaySession& session, size_t bytes);
  absl::StatusOr<uint64_t> Check(const GatewaySession& session,
                                 absl::string_view spki,
                                 const gateway::v1::AuditBacklog& backlog);
  absl::StatusOr<uint64_t> Store(const gateway::v1::AuditBacklog& backlog,
                                 const Rows& rows, const std::string& point);
  absl::Status AddRows(const gateway::v1::AuditBacklog& backlog,
                       const Rows& rows, audit::ChainHead& head,
                       u2fi::store::CommitRequest& commit);

  const Clock& clock_;
  store::Store& store_;
  GateMetrics& metrics_;
  const Options options_;
  Mutex mutex_;
  // By tenant and gateway.
  std::map<std::string, Window> windows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_JOURNALS_H_
