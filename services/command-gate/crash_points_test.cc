// Every commit of the gate on the way of a command fails, loses its answer, or
// is the last thing before or after which the process dies. Whatever happens,
// the camera acts at most once, never without a touch, and the command ends.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/strict.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

enum class Point {
  // The commit is refused, and the process lives on.
  kUnavailable,
  // It is not written, or it is, and nobody can say which.
  kUnknownNotApplied,
  kUnknownApplied,
  // The process dies right before it, or right after it.
  kCrashBefore,
  kCrashAfter,
};

// A store that spoils one commit. After a crash point it is away, as for a
// process that is dead, until Revive().
class CrashingStore : public store::Store {
 public:
  explicit CrashingStore(store::Store& inner) : inner_(inner) {}

  void Spoil(int nth, Point point) {
    countdown_ = nth;
    point_ = point;
  }
  bool dead() const { return dead_; }
  void Revive() { dead_ = false; }
  int commits() const { return commits_; }

 private:
  static absl::Status AwayError() {
    return WithRetry(Error(reason::kStoreUnavailable, "away"),
                     absl::Seconds(1));
  }
  static absl::Status Unknown() {
    return Error(reason::kStoreOutcomeUnknown, "the answer was lost");
  }

  absl::StatusOr<store::Version> DoCommit(const store::Partition& partition,
                                          const store::CommitRequest& request,
                                          absl::Duration timeout) override {
    if (dead_) return AwayError();
    ++commits_;
    if (--countdown_ != 0) return inner_.Commit(partition, request, timeout);
    const bool applies =
        point_ == Point::kUnknownApplied || point_ == Point::kCrashAfter;
    dead_ = point_ == Point::kCrashBefore || point_ == Point::kCrashAfter;
    if (applies) {
      auto done = inner_.Commit(partition, request, timeout);
      if (!done.ok()) return done;
    }
    return point_ == Point::kUnavailable ? AwayError() : Unknown();
  }
  absl::StatusOr<store::Snapshot> DoGet(const store::Partition& partition,
                                        const std::vector<std::string>& keys,
                                        absl::Duration timeout) override {
    if (dead_) return AwayError();
    return inner_.Get(partition, keys, timeout);
  }
  absl::StatusOr<store::Page> DoScan(const store::Partition& partition,
                                     absl::string_view prefix,
                                     absl::string_view after, size_t limit,
                                     absl::Duration timeout) override {
    if (dead_) return AwayError();
    return inner_.Scan(partition, prefix, after, limit, timeout);
  }
  absl::Status DoPublish(const store::Partition&, absl::string_view,
                         absl::string_view, absl::Duration) override {
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<store::Subscription>> DoSubscribe(
      const store::Partition&, absl::string_view,
      std::function<void(const store::Hint&)>, absl::Duration) override {
    return AwayError();
  }
  absl::StatusOr<absl::Time> DoNow(absl::Duration) override {
    return AwayError();
  }

  store::Store& inner_;
  int countdown_ = 0;
  Point point_ = Point::kUnavailable;
  bool dead_ = false;
  int commits_ = 0;
};

// Spends each challenge once, and answers a repeated answer as before.
class SpendingAttestation : public FakeAttestation {
 public:
  absl::StatusOr<attestation::v1::VerifyAssertionResponse> VerifyAssertion(
      const attestation::v1::VerifyAssertionRequest& request) override {
    const std::string& answer = request.answer().signature();
    const std::string& first =
        spent_.emplace(request.statement(), answer).first->second;
    attestation::v1::VerifyAssertionResponse response;
    response.mutable_verdict()->set_outcome(common::v1::OUTCOME_ACCEPTED);
    if (first != answer) {
      response.mutable_verdict()->set_outcome(common::v1::OUTCOME_REFUSED);
      response.mutable_verdict()->set_reason(reason::kChallengeReused.name);
    }
    return response;
  }

 private:
  std::map<std::string, std::string> spent_;
};

// The agent, the key and the camera: touches what is asked, acts once on each
// command that comes with what it needs, and keeps results until they are
// acknowledged.
class Site {
 public:
  explicit Site(FakeGateways& gateways) : gateways_(gateways) {}

  // Handles what was sent since. False if there was nothing.
  bool Pump(GateFlow& flow) {
    const bool any = handled_ < gateways_.sent.size();
    while (handled_ < gateways_.sent.size()) {
      const auto& sent = gateways_.sent[handled_++];
      gateway_ = sent.gateway;
      Handle(flow, MeshMessage(sent.message));
    }
    return any;
  }
  // A new stream: results that nobody acknowledged go up again.
  void Reconnect(GateFlow& flow) {
    handled_ = gateways_.sent.size();
    for (const char* id : {"g1", "g2"}) {
      flow.OnConnected(FakeGateways::SessionOf(id), gateway::v1::Hello());
    }
    for (const auto& [id, message] : std::map(unacknowledged_)) {
      flow.OnMessage(FakeGateways::SessionOf("g1"), message);
    }
  }

  // Touches that a command has to come with.
  void SetNeeded(int touches) { needed_ = touches; }
  int acted() const { return static_cast<int>(acted_.size()); }
  bool acted_without_touch() const { return acted_without_touch_; }

 private:
  void Handle(GateFlow& flow, const MeshMessage& message) {
    switch (message.body_case()) {
      case MeshMessage::kApprovalRequest:
        return Touch(flow, message.approval_request());
      case MeshMessage::kEnrolmentRequest:
        return Register(flow, message.enrolment_request());
      case MeshMessage::kExecuteCommand:
        return Execute(flow, message.execute_command());
      case MeshMessage::kPinsUpdate:
        return TakePins(flow, message.pins_update());
      case MeshMessage::kResultAck:
        for (const std::string& id : message.result_ack().message_ids()) {
          unacknowledged_.erase(id);
        }
        return;
      default:
        return;
    }
  }
  void Touch(GateFlow& flow, const gateway::v1::ApprovalRequest& question) {
    GatewayMessage up;
    gateway::v1::ApprovalAnswer& answer = *up.mutable_approval_answer();
    answer.set_approval_id(question.approval_id());
    answer.mutable_assertion()->set_token_id(
        question.candidates(0).candidate().token_id());
    answer.mutable_assertion()->set_client_data("client data");
    answer.mutable_assertion()->set_signature(
        absl::StrCat("touch ", ++touches_));
    flow.OnMessage(FakeGateways::SessionOf(gateway_), up);
  }
  void Register(GateFlow& flow, const gateway::v1::EnrolmentRequest& question) {
    GatewayMessage up;
    up.mutable_enrolment_answer()->set_enrolment_id(question.enrolment_id());
    up.mutable_enrolment_answer()->mutable_registration()->set_client_data("c");
    flow.OnMessage(FakeGateways::SessionOf("g1"), up);
  }
  void Execute(GateFlow& flow, const gateway::v1::ExecuteCommand& execute) {
    proof::v1::Command command;
    command.ParseFromString(execute.command());
    if (acted_.insert(command.command_id()).second) {
      acted_without_touch_ |= execute.proof().approvals_size() < needed_ &&
                              execute.execute_by_ms() == 0;
    }
    GatewayMessage up;
    up.set_message_id(absl::StrCat("result-", command.command_id()));
    up.mutable_command_result()->set_command_id(command.command_id());
    up.mutable_command_result()->set_outcome(
        gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
    up.mutable_command_result()->set_outcome_text("SUCCEEDED");
    unacknowledged_[up.message_id()] = up;
    flow.OnMessage(FakeGateways::SessionOf("g1"), up);
  }

  // The device takes the pin set once, and says so as often as it is asked.
  void TakePins(GateFlow& flow, const gateway::v1::PinsUpdate& update) {
    proof::v1::Command command;
    command.ParseFromString(update.item().command());
    acted_.insert(command.command_id());
    acted_without_touch_ |= update.approvals_size() < needed_;
    GatewayMessage up;
    up.mutable_binding_result()->set_command_id(command.command_id());
    flow.OnMessage(FakeGateways::SessionOf("g1"), up);
  }

  FakeGateways& gateways_;
  // Where the message came that is handled now.
  std::string gateway_;
  int needed_ = 1;
  size_t handled_ = 0;
  int touches_ = 0;
  std::set<std::string> acted_;
  bool acted_without_touch_ = false;
  std::map<std::string, GatewayMessage> unacknowledged_;
};

struct Line {
  const char* name;
  // Commits of the gate from the submission to the end.
  int commits;
};

class CrashPointsTest : public GateTestCase {
 protected:
  // Runs the line with one commit spoiled. True if that commit was reached.
  bool Run(const Submission& asked, int nth, Point point) {
    crashing_.Spoil(nth, point);
    Submit(asked);
    for (int second = 0; second < 400 && !IsOver(asked); ++second) {
      while (site_.Pump(core_->flow)) {
      }
      if (crashing_.dead()) Restart();
      clock_.Advance(absl::Seconds(1));
      core_->sweeper.Sweep();
      if (crashing_.dead()) Restart();
    }
    return crashing_.commits() >= nth;
  }
  // What ann asks for takes a touch of bob and one of carl.
  void AddHousehold() {
    registry_.rule.set_approvals(2);
    registry_.rule.set_roles(proof::v1::KEY_ROLE_APPROVER);
    Pin("bob", "bob-1", "g1", proof::v1::KEY_ROLE_APPROVER);
    Pin("carl", "carl-1", "g2", proof::v1::KEY_ROLE_APPROVER);
    site_.SetNeeded(2);
  }
  // Ann changes what the camera believes.
  Submission NextPins() {
    Pin("ann", "token-1", "g1", proof::v1::KEY_ROLE_OWNER);
    proof::v1::PinSet next = proof::FakeSite().FirstPins();
    next.clear_rules();
    registry_.pins.set_account(next.account());
    // Known to the device, and asked for nothing.
    for (const proof::v1::PinnedKey& key : next.keys()) {
      proof::v1::PinnedKey& known = *registry_.pins.add_keys();
      known = key;
      known.clear_roles();
    }
    next.set_revision(registry_.pins.revision() + 1);
    next.set_previous(
        crypto::ToString(proof::PinsHash(registry_.pins.SerializeAsString())));
    Submission asked = CameraOn();
    asked.purpose = proof::v1::PURPOSE_PINS;
    asked.operation = std::string(proof::kOperationPins);
    asked.arguments = proof::Encode(next);
    return asked;
  }
  StoredCommand End(const Submission& asked) {
    return *core_->commands.Read("t1", asked.command_id);
  }

  CrashingStore crashing_{memory_};
  SpendingAttestation spending_;
  const GateCore::World crashing_world_{clock_,    random_,   crashing_,
                                        executor_, spending_, challenge_,
                                        registry_, gateways_};
  std::unique_ptr<GateCore> core_ = std::make_unique<GateCore>(crashing_world_);
  Site site_{gateways_};

 private:
  void Pin(const std::string& account, const std::string& token,
           const std::string& gateway, uint32_t roles) {
    spending_.tokens[account] = {{token, gateway}};
    proof::v1::PinnedKey& key = *registry_.pins.add_keys();
    key.set_token_id(token);
    key.set_account(account);
    key.set_roles(roles);
  }
  // A client that asks until it is told.
  void Submit(const Submission& asked) {
    for (int i = 0; i < 8; ++i) {
      const auto stored = core_->submitter.Submit(asked, false);
      if (crashing_.dead()) Restart();
      if (!stored.ok()) continue;
      acknowledged_ = true;
      if (core_->flow.Advance(*stored).ok()) return;
      if (crashing_.dead()) Restart();
      return;
    }
  }
  void Restart() {
    core_.reset();
    crashing_.Revive();
    core_ = std::make_unique<GateCore>(crashing_world_);
    site_.Reconnect(core_->flow);
  }
  bool IsOver(const Submission& asked) {
    const auto command = core_->commands.Read("t1", asked.command_id);
    if (!command.ok()) return false;
    EXPECT_TRUE(command->exists() || !acknowledged_) << "lost";
    return command->exists() && IsFinal(command->row.state());
  }

  bool acknowledged_ = false;
};

using PointParam = std::tuple<int, Point>;

std::vector<PointParam> Points(int commits) {
  std::vector<PointParam> points;
  for (int i = 1; i <= commits; ++i) {
    for (const Point point :
         {Point::kUnavailable, Point::kUnknownNotApplied,
          Point::kUnknownApplied, Point::kCrashBefore, Point::kCrashAfter}) {
      points.emplace_back(i, point);
    }
  }
  return points;
}

std::string NameOf(const testing::TestParamInfo<PointParam>& info) {
  const char* names[] = {"Unavailable", "UnknownNotApplied", "UnknownApplied",
                         "CrashBefore", "CrashAfter"};
  return absl::StrCat("Commit", std::get<0>(info.param),
                      names[static_cast<int>(std::get<1>(info.param))]);
}

// submit, ask, approve, dispatch, result
class CriticalCommandTest : public CrashPointsTest,
                            public testing::WithParamInterface<PointParam> {};

TEST_P(CriticalCommandTest, RunsOnceOrIsRefused) {
  const auto [nth, point] = GetParam();
  EXPECT_TRUE(Run(CameraOn(), nth, point)) << "never reached";
  const StoredCommand end = End(CameraOn());
  EXPECT_FALSE(site_.acted_without_touch());
  if (end.row.state() == v1::COMMAND_STATE_SUCCEEDED) {
    EXPECT_EQ(site_.acted(), 1);
  } else {
    EXPECT_EQ(StateName(end.row.state()), "EXPIRED");
    EXPECT_EQ(site_.acted(), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(EachCommit, CriticalCommandTest,
                         testing::ValuesIn(Points(5)), NameOf);

// submit, dispatch, result
class FreeCommandTest : public CriticalCommandTest {};

TEST_P(FreeCommandTest, RunsOnce) {
  const auto [nth, point] = GetParam();
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  EXPECT_TRUE(Run(CameraOn(), nth, point)) << "never reached";
  EXPECT_EQ(End(CameraOn()).row.state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(site_.acted(), 1);
}

INSTANTIATE_TEST_SUITE_P(EachCommit, FreeCommandTest,
                         testing::ValuesIn(Points(3)), NameOf);

// submit, registration asked, command made, asked, approved, dispatched,
// applied
class EnrolmentTest : public CriticalCommandTest {};

TEST_P(EnrolmentTest, IsAppliedOrRefused) {
  const auto [nth, point] = GetParam();
  spending_.enrolled = 0;
  EXPECT_TRUE(Run(Enrolment(), nth, point)) << "never reached";
  const StoredCommand end = End(Enrolment());
  if (end.row.state() == v1::COMMAND_STATE_SUCCEEDED) {
    EXPECT_FALSE(spending_.applied.empty());
  } else {
    EXPECT_EQ(StateName(end.row.state()), "EXPIRED");
    EXPECT_TRUE(spending_.applied.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(EachCommit, EnrolmentTest,
                         testing::ValuesIn(Points(7)), NameOf);

// submit, ask bob, ask carl, bob approved, carl approved, dispatched, result
class QuorumCrashTest : public CriticalCommandTest {};

TEST_P(QuorumCrashTest, RunsOnceWithBothTouchesOrIsRefused) {
  const auto [nth, point] = GetParam();
  AddHousehold();
  EXPECT_TRUE(Run(CameraOn(), nth, point)) << "never reached";
  const StoredCommand end = End(CameraOn());
  EXPECT_FALSE(site_.acted_without_touch());
  if (end.row.state() == v1::COMMAND_STATE_SUCCEEDED) {
    EXPECT_EQ(site_.acted(), 1);
  } else {
    EXPECT_EQ(StateName(end.row.state()), "EXPIRED");
    EXPECT_EQ(site_.acted(), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(EachCommit, QuorumCrashTest,
                         testing::ValuesIn(Points(7)), NameOf);

// submit, ask, approve, dispatch, confirmed by the device
class PinsCrashTest : public CriticalCommandTest {};

TEST_P(PinsCrashTest, AreTakenOnceByAllOrByNobody) {
  const auto [nth, point] = GetParam();
  const Submission asked = NextPins();
  EXPECT_TRUE(Run(asked, nth, point)) << "never reached";
  const StoredCommand end = End(asked);
  EXPECT_FALSE(site_.acted_without_touch());
  if (end.row.state() == v1::COMMAND_STATE_SUCCEEDED) {
    EXPECT_EQ(site_.acted(), 1);
    EXPECT_FALSE(registry_.applied.empty());
  } else {
    EXPECT_EQ(StateName(end.row.state()), "EXPIRED");
    EXPECT_EQ(site_.acted(), 0);
    EXPECT_TRUE(registry_.applied.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(EachCommit, PinsCrashTest,
                         testing::ValuesIn(Points(5)), NameOf);

TEST_F(CrashPointsTest, TheListsOfPointsAreWhole) {
  Run(CameraOn(), 0, Point::kUnavailable);
  EXPECT_EQ(crashing_.commits(), 5);
  spending_.enrolled = 0;
  Run(Enrolment(2), 0, Point::kUnavailable);
  EXPECT_EQ(crashing_.commits(), 5 + 7);
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  Run(CameraOn(3), 0, Point::kUnavailable);
  EXPECT_EQ(crashing_.commits(), 5 + 7 + 3);
}

TEST_F(CrashPointsTest, TheListOfAQuorumsPointsIsWhole) {
  AddHousehold();
  Run(CameraOn(), 0, Point::kUnavailable);
  EXPECT_EQ(crashing_.commits(), 7);
  EXPECT_EQ(End(CameraOn()).row.state(), v1::COMMAND_STATE_SUCCEEDED);
}

TEST_F(CrashPointsTest, TheListOfAPinSetsPointsIsWhole) {
  const Submission asked = NextPins();
  Run(asked, 0, Point::kUnavailable);
  EXPECT_EQ(crashing_.commits(), 5);
  EXPECT_EQ(End(asked).row.state(), v1::COMMAND_STATE_SUCCEEDED);
}

TEST_F(CrashPointsTest, WithoutAFaultEverythingRuns) {
  Run(CameraOn(), 0, Point::kUnavailable);
  EXPECT_EQ(End(CameraOn()).row.state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(site_.acted(), 1);
}

}  // namespace
}  // namespace u2fi::command_gate
