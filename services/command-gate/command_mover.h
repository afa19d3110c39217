#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_MOVER_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_MOVER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/command_watchers.h"
#include "services/command-gate/cooldowns.h"
#include "services/command-gate/gate_metrics.h"
#include "services/common/audit/decider.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::command_gate {

// What the audit row of a move says besides what the command itself says.
struct MoveEvidence {
  audit::v1::RowKind kind = audit::v1::ROW_KIND_COMMAND;
  // Exact bytes of the statement that was asked or answered, or empty.
  std::string statement;
  // Touches that this row holds: those that were taken with this move. If
  // there are some, or `approval_refs`, and nothing was refused, the row claims
  // that they approve the command, so its bytes, its evidence and its place in
  // the batch go in too.
  std::vector<proof::v1::Approval> approvals;
  // Digests of touches that earlier rows hold (audit::ApprovalDigest).
  std::vector<std::string> approval_refs;
  // False for touches before the command is complete: they claim nothing yet.
  bool with_command = true;
  // What was decided about an answer.
  common::v1::Outcome outcome = common::v1::OUTCOME_UNSPECIFIED;
  // Reason of a refusal that did not change the state, or empty.
  std::string reason;
  // Caller's URI, or empty.
  std::string caller;
  // Who says what came of the command: `device`, `gateway`, or empty.
  std::string reported_by;
  // 32-byte input and DER signature of the device's result, or empty.
  std::string device_signature;
  // By name.
  std::map<std::string, std::string> details;
};

// Changes commands: each change of state is one commit by compare-and-set
// together with the audit row that explains it, and is told to the watchers.
// No row, no change. Thread-safe; calls block until the commit is decided.
class CommandMover {
 public:
  // The references must outlive this object.
  CommandMover(const Clock& clock, RandomSource& random,
               audit::Decider& decider, CommandStore& commands,
               CommandWatchers& watchers, Cooldowns& cooldowns,
               GateMetrics& metrics)
      : clock_(clock),
        random_(random),
        decider_(decider),
        commands_(commands),
        watchers_(watchers),
        cooldowns_(cooldowns),
        metrics_(metrics) {}

  // Writes a new command in state PREPARING, durably. STORE_ABORTED if it, its
  // sequence number or one of its places was taken meanwhile.
  absl::StatusOr<StoredCommand> Create(const SubmitView& view,
                                       records::v1::CommandRow row,
                                       const MoveEvidence& evidence);

  // Writes a new batch, all or nothing; the first one comes back. Its tree's
  // root and paths are in `rows`.
  absl::StatusOr<StoredCommand> CreateBatch(
      const BatchView& view, std::vector<records::v1::CommandRow> rows,
      const MoveEvidence& evidence);

  // Replaces `seen` by `next`. INTERNAL unless the states allow it (or are the
  // same); STORE_ABORTED if somebody was faster: read again and think again.
  // Sets end_ms of a final state, and closes the slots of approvers that nobody
  // asks any more. Counts against the requester if people said
  // no. Up to the dispatch the first command of a batch takes the others along.
  absl::StatusOr<StoredCommand> Move(const StoredCommand& seen,
                                     records::v1::CommandRow next,
                                     const MoveEvidence& evidence,
                                     u2fi::store::Durability durability);

 private:
  // What a move of the first command does to the others of its batch.
  absl::StatusOr<std::vector<StoredCommand>> TakeAlong(
      const StoredCommand& seen, const records::v1::CommandRow& next,
      const MoveEvidence& evidence, audit::Transition& transition);
  absl::Status AddRow(audit::RowContent content, audit::Transition& transition);
  // Commits, and tells the watchers of `seen` as `next` and of the others.
  absl::StatusOr<StoredCommand> Decide(const StoredCommand& seen,
                                       const records::v1::CommandRow& next,
                                       audit::Transition transition,
                                       std::vector<StoredCommand> others = {});

  const Clock& clock_;
  RandomSource& random_;
  audit::Decider& decider_;
  CommandStore& commands_;
  CommandWatchers& watchers_;
  Cooldowns& cooldowns_;
  GateMetrics& metrics_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_MOVER_H_
