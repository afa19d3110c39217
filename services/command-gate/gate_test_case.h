#ifndef U2FI_SERVICES_COMMAND_GATE_GATE_TEST_CASE_H_
#define U2FI_SERVICES_COMMAND_GATE_GATE_TEST_CASE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/command-gate/fake_attestation.h"
#include "services/command-gate/fake_challenge.h"
#include "services/command-gate/fake_gateways.h"
#include "services/command-gate/fake_registry.h"
#include "services/command-gate/gate_flow.h"
#include "services/command-gate/lost_touches.h"
#include "services/command-gate/submitter.h"
#include "services/command-gate/sweeper.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"
#include "u2fi/proof/v1/command.pb.h"

namespace u2fi::command_gate {

// The gate's core as GateModule builds it, without servers and threads. To
// forget one and make another is what a crash does.
struct GateCore {
  struct World {
    FakeClock& clock;
    RandomSource& random;
    store::Store& store;
    audit::Executor& executor;
    FakeAttestation& attestation;
    FakeChallenge& challenge;
    FakeRegistry& registry;
    GatewaySender& gateways;
  };

  explicit GateCore(const World& world)
      : deciders(world.store, world.clock, world.random, world.executor,
                 "command-gate", lost.Hook()),
        commands(world.store),
        cooldowns(world.store, Cooldowns::Options()),
        mover(world.clock, world.random, deciders, commands, watchers,
              cooldowns, metrics),
        preparation(world.attestation, world.challenge, world.registry, mover,
                    world.gateways),
        approvals(world.clock, world.attestation, world.challenge,
                  world.registry, commands, mover, world.gateways),
        dispatcher(world.clock, world.attestation, world.registry, commands,
                   mover, world.gateways),
        flow(world.clock, commands, mover, preparation, approvals, dispatcher,
             world.registry, world.gateways),
        approvers(world.clock, world.attestation, world.gateways,
                  Approvers::Options()),
        submitter(world.clock, world.registry, commands, mover, world.gateways,
                  cooldowns, approvers, quotas),
        sweeper(world.clock, commands, flow,
                [] { return std::vector<std::string>{"t1"}; }) {}

  GateMetrics metrics{nullptr};
  audit::LostRows lost{IsAboutCommand};
  audit::TenantDeciders deciders;
  CommandStore commands;
  CommandWatchers watchers;
  Cooldowns cooldowns;
  CommandMover mover;
  Preparation preparation;
  Approvals approvals;
  Dispatcher dispatcher;
  GateFlow flow;
  Approvers approvers;
  Quotas quotas{Quotas::Options(), metrics};
  Submitter submitter;
  Sweeper sweeper;
};

// A gate with everything around it, and commands in each state. Ann asks for
// `camera.on` of `cam-1` at gateway `g1`.
class GateTestCase : public testing::Test {
 protected:
  static constexpr absl::Duration kApproveWithin = absl::Seconds(60);
  static constexpr absl::Duration kExecuteWithin = absl::Seconds(90);

  // Request number `n`.
  static Submission CameraOn(int n = 1) {
    Submission asked;
    asked.tenant = "t1";
    asked.caller_uri = "spiffe://u2fi.test/client/t1/app";
    asked.account = "ann";
    asked.requester = proof::Requester(asked.caller_uri, asked.account);
    asked.request_id = std::string(31, '0') + "0123456789abcdef"[n];
    asked.request_digest = std::string(31, 'd') + static_cast<char>(n);
    asked.command_id =
        proof::CommandId(asked.tenant, asked.requester, asked.request_id, 0);
    asked.purpose = proof::v1::PURPOSE_COMMAND;
    asked.device = "cam-1";
    asked.operation = "camera.on";
    asked.approve_within_ms = absl::ToInt64Milliseconds(kApproveWithin);
    asked.execute_within_ms = absl::ToInt64Milliseconds(kExecuteWithin);
    asked.words = "one two three four";
    return asked;
  }
  // The same of cam-0 to cam-<n - 1>, as one batch.
  static std::vector<Submission> CamerasOn(int n) {
    std::vector<Submission> items;
    for (int i = 0; i < n; ++i) {
      Submission& item = items.emplace_back(CameraOn());
      item.index = static_cast<uint32_t>(i);
      item.command_id =
          proof::CommandId("t1", item.requester, item.request_id, item.index);
      item.device = absl::StrCat("cam-", i);
    }
    return items;
  }
  static Submission Enrolment(int n = 1) {
    Submission asked = CameraOn(n);
    asked.purpose = proof::v1::PURPOSE_ENROL;
    asked.device = "account:ann";
    asked.on_account = true;
    asked.operation = std::string(proof::kOperationEnrol);
    asked.approver_gateway = "g1";
    asked.enrol_label = "blue key";
    return asked;
  }

  static GatewaySession Session(const std::string& gateway = "g1") {
    return FakeGateways::SessionOf(gateway);
  }

  StoredCommand Submit(const Submission& asked) {
    const auto stored = gate().submitter.Submit(asked, /*check_only=*/false);
    EXPECT_OK(stored);
    return stored.ok() ? *stored : StoredCommand();
  }
  StoredCommand Read(const std::string& id) {
    const auto stored = gate().commands.Read("t1", id);
    EXPECT_OK(stored);
    return stored.ok() ? *stored : StoredCommand();
  }
  StoredCommand Reread(const StoredCommand& command) {
    return Read(command.row.command_id());
  }
  StoredCommand Advance(const StoredCommand& command) {
    EXPECT_OK(gate().flow.Advance(command));
    return Reread(command);
  }
  StoredCommand Asked(int n = 1) { return Advance(Submit(CameraOn(n))); }
  StoredCommand Approved() {
    const StoredCommand asked = Asked();
    const auto approved = Answer(asked, Touch(asked));
    EXPECT_OK(approved);
    return approved.ok() ? *approved : StoredCommand();
  }
  absl::StatusOr<StoredCommand> Answer(
      const StoredCommand& command, const gateway::v1::ApprovalAnswer& answer,
      const GatewaySession& session = FakeGateways::SessionOf("g1")) {
    verdict_ = common::v1::Verdict();
    return gate().approvals.Answer(command, session, answer, verdict_);
  }
  StoredCommand Dispatched() {
    const auto dispatched = gate().dispatcher.Dispatch(Approved());
    EXPECT_OK(dispatched);
    return dispatched.ok() ? *dispatched : StoredCommand();
  }

  // All commands of CamerasOn(n).
  std::vector<StoredCommand> DispatchedBatch(int n) {
    const auto first =
        gate().submitter.SubmitBatch(CamerasOn(n), /*check_only=*/false);
    EXPECT_OK(first);
    if (!first.ok()) return {};
    const StoredCommand asked = Advance(*first);
    const auto approved = Answer(asked, Touch(asked));
    EXPECT_OK(approved);
    if (!approved.ok()) return {};
    const auto sent = gate().dispatcher.Dispatch(*approved);
    EXPECT_OK(sent);
    const auto all = gate().commands.ReadBatch(*first);
    EXPECT_OK(all);
    return all.ok() ? *all : std::vector<StoredCommand>();
  }

  // An answer to the open question of `slot`.
  static gateway::v1::ApprovalAnswer AnswerTo(const StoredCommand& command,
                                              int slot = 0) {
    gateway::v1::ApprovalAnswer answer;
    answer.set_approval_id(ApprovalId(command.row.command_id(), slot,
                                      command.row.slots(slot).attempts()));
    return answer;
  }
  static gateway::v1::ApprovalAnswer Touch(const StoredCommand& command,
                                           int slot = 0) {
    gateway::v1::ApprovalAnswer answer = AnswerTo(command, slot);
    proof::v1::Answer& assertion = *answer.mutable_assertion();
    assertion.set_token_id("token-1");
    assertion.set_client_data("client data");
    assertion.set_authenticator_data("authenticator data");
    assertion.set_signature("signature");
    assertion.set_relay_signature("relay signature");
    assertion.set_touched_at_ms(1);
    return answer;
  }
  static gateway::v1::CommandResult ResultOf(const StoredCommand& command) {
    gateway::v1::CommandResult result;
    result.set_command_id(command.row.command_id());
    result.set_device(command.row.device());
    result.set_outcome(gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
    result.set_outcome_text("SUCCEEDED {\"on\":true}");
    return result;
  }

  // The audit rows so far, and the last of them.
  std::vector<audit::ParsedRow> Rows() {
    return audit::RowsIn(memory_,
                         *store::Partition::Make("command-gate", "t1"));
  }
  audit::ParsedRow LastRow() {
    const std::vector<audit::ParsedRow> rows = Rows();
    EXPECT_FALSE(rows.empty());
    return rows.empty() ? audit::ParsedRow() : rows.back();
  }
  static absl::Status Away() {
    return WithRetry(Error(reason::kPeerUnavailable, "away"), absl::Seconds(1));
  }

  GateCore& gate() { return *gate_; }
  void Crash() {
    gate_.reset();
    gate_ = std::make_unique<GateCore>(world_);
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  audit::ThreadExecutor executor_{1};
  FakeAttestation attestation_;
  FakeChallenge challenge_;
  FakeRegistry registry_;
  FakeGateways gateways_;
  // What the agent would hear of its last answer.
  common::v1::Verdict verdict_;
  const GateCore::World world_{clock_,       random_,    store_,    executor_,
                               attestation_, challenge_, registry_, gateways_};
  std::unique_ptr<GateCore> gate_ = std::make_unique<GateCore>(world_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATE_TEST_CASE_H_
