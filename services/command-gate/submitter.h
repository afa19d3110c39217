#ifndef U2FI_SERVICES_COMMAND_GATE_SUBMITTER_H_
#define U2FI_SERVICES_COMMAND_GATE_SUBMITTER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "services/command-gate/approvers.h"
#include "services/command-gate/command_mover.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/cooldowns.h"
#include "services/command-gate/gateway_sender.h"
#include "services/command-gate/quotas.h"
#include "services/command-gate/submission.h"
#include "services/common/time/clock.h"
#include "services/device-registry/registry_client.h"

namespace u2fi::command_gate {

// Takes a command in: finds out what holds for it, makes its bytes once and
// writes it with its audit row. Nobody is asked before that. Thread-safe.
//
// The first step that fails is the answer, and then nothing is stored:
//   known      the registry knows device and account, and the account may ask
//   rule       the strictest rule is not FORBIDDEN, and is built
//   place      a touch for this purpose counts where it is to be taken
//   gateway    the gateways concerned are ACTIVE and connected
//   enrolment  a recovery token is not the account's first
//   once       no other request had this request_id
//   quota      neither the account nor a gateway had too many requests lately
//   cool-down  people did not refuse this requester lately
//   approvers  enough people who may approve it can be asked (approvers.h)
//   room       account and gateway have fewer open approvals than they may
class Submitter {
 public:
  // The references must outlive this object.
  Submitter(const Clock& clock, device_registry::RegistryClient& registry,
            CommandStore& commands, CommandMover& mover,
            GatewaySender& gateways, Cooldowns& cooldowns, Approvers& approvers,
            Quotas& quotas)
      : clock_(clock),
        registry_(registry),
        commands_(commands),
        mover_(mover),
        gateways_(gateways),
        cooldowns_(cooldowns),
        approvers_(approvers),
        quotas_(quotas) {}

  // The command as stored, now or by the same request before, also if that
  // would be refused by now. With `check_only`
  // nothing is stored; what comes back does not exist.
  absl::StatusOr<StoredCommand> Submit(const Submission& submission,
                                       bool check_only);

  // The first command of a batch, whose record names the others; all are
  // stored, or none. The rules hold for each item (the message names the one
  // that breaks one), and BATCH_SITE: all are at one site. The batch needs a
  // touch if one of its items does.
  absl::StatusOr<StoredCommand> SubmitBatch(
      const std::vector<Submission>& submissions, bool check_only);

 private:
  absl::StatusOr<device_registry::v1::ResolveResponse> Resolve(
      const std::vector<Submission>& submissions);
  // Nothing where the account that asks approves alone.
  absl::StatusOr<absl::optional<Approvers::Case>> QuorumOf(
      const Submission& submission,
      const device_registry::v1::ResolveResponse& resolved);
  // Quota, cool-down and room.
  absl::Status CheckMayAsk(const Submission& submission, SubmitView& view,
                           records::v1::CommandRow& row);
  absl::StatusOr<StoredCommand> SubmitBatchOnce(
      const std::vector<Submission>& submissions,
      std::vector<records::v1::CommandRow> rows, bool check_only);
  absl::StatusOr<StoredCommand> SubmitNew(const Submission& submission,
                                          bool check_only);
  absl::StatusOr<StoredCommand> SubmitNewBatch(
      const std::vector<Submission>& submissions, bool check_only);
  // What the same request made before, if it is refused now; else `result`.
  absl::StatusOr<StoredCommand> OrRepeated(absl::StatusOr<StoredCommand> result,
                                           const Submission& submission,
                                           bool check_only);
  // The command of the same request before, as safe as a new one unless it is
  // only checked.
  absl::StatusOr<StoredCommand> Repeated(const Submission& submission,
                                         const StoredCommand& found,
                                         bool check_only);
  absl::StatusOr<StoredCommand> SubmitOnce(const Submission& submission,
                                           const records::v1::CommandRow& row,
                                           bool check_only);

  const Clock& clock_;
  device_registry::RegistryClient& registry_;
  CommandStore& commands_;
  CommandMover& mover_;
  GatewaySender& gateways_;
  Cooldowns& cooldowns_;
  Approvers& approvers_;
  Quotas& quotas_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_SUBMITTER_H_
