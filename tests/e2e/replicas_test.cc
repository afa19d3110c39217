// Two command-gates that share a Redis: a command comes in at one of them, and
// the gateway's stream is at the other.
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/e2e/process_site.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;
using command_gate::v1::CommandState;

constexpr absl::Duration kLimit = absl::Seconds(40);

class ReplicasTest : public testing::Test {
 protected:
  void SetUp() override {
    ProcessSite::Options options;
    options.mesh = true;
    options.gates = 2;
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start(options));
    FindHolder();
  }
  void FindHolder() {
    ASSERT_OK_AND_ASSIGN(there_, site_->HolderOf(0, 0));
    here_ = 1 - there_;
  }

  static bool Until(const std::function<bool()>& condition) {
    const absl::Time end = SystemClock().Now() + kLimit;
    while (SystemClock().Now() < end) {
      if (condition()) return true;
      usleep(20'000);
    }
    return condition();
  }
  bool IsConnected() {
    const auto status = site_->AgentStatus(0);
    return status.ok() && status->connected();
  }
  uint64_t Generation() {
    const auto status = site_->AgentStatus(0);
    return status.ok() ? status->generation() : 0;
  }
  bool IsAsked() {
    const auto status = site_->AgentStatus(0);
    return status.ok() && status->questions_size() > 0;
  }
  std::string Submit(const std::string& operation = "camera.on") {
    return SubmitAt(here_, operation);
  }
  std::string SubmitAt(int gate, const std::string& operation = "camera.on") {
    const auto submitted = site_->SubmitAt(gate, 0, operation);
    EXPECT_OK(submitted) << site_->Logs();
    return submitted.ok() ? submitted->name() : "";
  }
  // A command that waits for a touch; the key does not touch itself any more.
  std::string Asked() {
    EXPECT_OK(site_->TellToken(0, "auto off"));
    std::string name = Submit();
    EXPECT_TRUE(Until([this] { return IsAsked(); })) << site_->Logs();
    return name;
  }
  CommandState EndAt(int gate, const std::string& name) {
    const auto ended = site_->WaitAt(gate, name);
    EXPECT_OK(ended) << site_->Logs();
    return ended.ok() ? ended->state()
                      : command_gate::v1::COMMAND_STATE_UNSPECIFIED;
  }
  CommandState End(const std::string& name) { return EndAt(here_, name); }
  std::string ProgramThere() const { return GateName(there_); }
  int Executed(const std::string& operation = "camera.on") {
    return static_cast<int>(site_->Executions(0, operation).size());
  }

  static constexpr CommandState kSucceeded =
      command_gate::v1::COMMAND_STATE_SUCCEEDED;

  std::unique_ptr<ProcessSite> site_;
  // The replica that holds the stream, and the other one.
  int there_ = 0;
  int here_ = 0;
};

// The agent knows both addresses.
TEST_F(ReplicasTest, AnAgentHoldsOneConnection) {
  const pid_t agent = site_->programs().PidOf("agent-0");
  EXPECT_EQ(ConnectionsTo(agent, {site_->AddressOf(GateName(0)),
                                  site_->AddressOf(GateName(1))}),
            1);
}

TEST_F(ReplicasTest, AFreeCommandGoesOver) {
  EXPECT_EQ(End(Submit("device.identify")), kSucceeded);
  EXPECT_EQ(Executed("device.identify"), 1);
}

TEST_F(ReplicasTest, ATouchTurnsTheCameraOnOnce) {
  EXPECT_EQ(End(Submit()), kSucceeded);
  EXPECT_EQ(Executed(), 1);
}

TEST_F(ReplicasTest, AWatchAtTheOtherSeesTheTouchAndTheEnd) {
  const std::string name = Asked();
  command_gate::v1::WatchCommandRequest request;
  request.set_name(name);
  grpc::ClientContext context;
  rpc::PrepareCall(context, kLimit);
  const auto stream = site_->gate(here_).WatchCommand(&context, request);
  command_gate::v1::WatchCommandResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.command().state(),
            command_gate::v1::COMMAND_STATE_AWAITING_APPROVAL);
  ASSERT_OK(site_->TellToken(0, "touch"));
  while (stream->Read(&response)) {
  }
  EXPECT_EQ(response.command().state(), kSucceeded);
}

TEST_F(ReplicasTest, ANoAtTheGatewayIsHeard) {
  const std::string name = Asked();
  ASSERT_OK_AND_ASSIGN(const auto status, site_->AgentStatus(0));
  ASSERT_OK(site_->Decline(0, status.questions(0).approval_id()));
  EXPECT_EQ(End(name), command_gate::v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(Executed(), 0);
}

TEST_F(ReplicasTest, ACancelTakesTheQuestionAway) {
  const std::string name = Asked();
  ASSERT_OK(site_->CancelAt(here_, 0, name));
  EXPECT_TRUE(Until([this] { return !IsAsked(); }));
  EXPECT_EQ(EndAt(there_, name), command_gate::v1::COMMAND_STATE_CANCELLED);
  ASSERT_OK(site_->TellToken(0, "auto on"));
  EXPECT_EQ(End(Submit()), kSucceeded);
}

TEST_F(ReplicasTest, AnApprovalSurvivesTheDeathOfTheReplicaThatAsked) {
  const std::string name = Asked();
  site_->programs().Kill(ProgramThere());
  ASSERT_OK(site_->TellToken(0, "auto on"));
  EXPECT_EQ(End(name), kSucceeded);
  EXPECT_EQ(Executed(), 1);
  site_->programs().Restart(ProgramThere());
  EXPECT_EQ(EndAt(there_, SubmitAt(there_)), kSucceeded);
}

TEST_F(ReplicasTest, AndADrain) {
  const std::string name = Asked();
  EXPECT_EQ(site_->programs().Stop(ProgramThere()), 0);
  EXPECT_TRUE(Until([this] { return IsConnected() && IsAsked(); }));
  ASSERT_OK(site_->TellToken(0, "auto on"));
  EXPECT_EQ(End(name), kSucceeded);
  EXPECT_EQ(Executed(), 1);
  ASSERT_OK_AND_ASSIGN(const int holder, site_->HolderOf(0, here_));
  EXPECT_EQ(holder, here_);
  const pid_t agent = site_->programs().PidOf("agent-0");
  EXPECT_EQ(ConnectionsTo(agent, {site_->AddressOf(GateName(here_))}), 1);
}

TEST_F(ReplicasTest, CommandsDuringADrainAreAllDoneOnce) {
  std::vector<std::string> names;
  names.reserve(13);
  for (int i = 0; i < 3; ++i) names.push_back(Submit("device.identify"));
  kill(site_->programs().PidOf(ProgramThere()), SIGTERM);
  for (int i = 0; i < 10; ++i) {
    names.push_back(Submit("device.identify"));
    usleep(50'000);
  }
  for (const std::string& name : names) EXPECT_EQ(End(name), kSucceeded);
  EXPECT_EQ(Executed("device.identify"), static_cast<int>(names.size()));
}

// It stands still while its gateway goes to the other one, and then still has
// the old stream and the old word of the directory.
TEST_F(ReplicasTest, AFrozenOwnerLosesItsGateway) {
  const pid_t frozen = site_->programs().PidOf(ProgramThere());
  kill(frozen, SIGSTOP);
  const uint64_t before = Generation();
  site_->programs().Restart("agent-0");
  ASSERT_TRUE(Until([&] { return IsConnected() && Generation() > before; }))
      << site_->Logs();
  EXPECT_EQ(End(Submit()), kSucceeded);
  kill(frozen, SIGCONT);
  ASSERT_OK_AND_ASSIGN(const int holder, site_->HolderOf(0, there_));
  EXPECT_EQ(holder, here_);
  EXPECT_EQ(EndAt(there_, SubmitAt(there_)), kSucceeded);
  EXPECT_EQ(Executed(), 2);
}

TEST_F(ReplicasTest, WithoutTheStoreNothingHappensAndStreamsStayOpen) {
  const uint64_t generation = Generation();
  site_->redis()->Kill();
  for (const int gate : {here_, there_}) {
    for (const char* operation : {"camera.on", "device.identify"}) {
      EXPECT_THAT(site_->SubmitAt(gate, 0, operation),
                  HasReason(reason::kStoreUnavailable));
    }
  }
  EXPECT_TRUE(IsConnected());
  EXPECT_EQ(Generation(), generation);
  EXPECT_EQ(Executed() + Executed("device.identify"), 0);
  site_->redis()->Start();
  // Each service connects again within a second; an answer that comes before
  // that is refused, and asked for no more.
  usleep(2'000'000);
  std::string name;
  ASSERT_TRUE(Until([&] {
    const auto submitted = site_->SubmitAt(here_, 0, "camera.on");
    if (submitted.ok()) name = submitted->name();
    return submitted.ok();
  }));
  EXPECT_EQ(End(name), kSucceeded);
  EXPECT_EQ(Generation(), generation);
}

TEST_F(ReplicasTest, ATouchWhileTheStoreIsAwayIsAskedForOnceMore) {
  const std::string name = Asked();
  site_->redis()->Kill();
  ASSERT_OK(site_->TellToken(0, "touch"));
  usleep(500'000);
  EXPECT_EQ(Executed(), 0);
  EXPECT_THAT(site_->CancelAt(here_, 0, name),
              HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(site_->WaitAt(here_, name), HasReason(reason::kStoreUnavailable));
  site_->redis()->Start();
  ASSERT_OK(site_->TellToken(0, "auto on"));
  absl::StatusOr<CommandRecord> ended;
  ASSERT_TRUE(Until([&] {
    ended = site_->WaitAt(here_, name);
    return ended.ok() && ended->has_end_time();
  }));
  EXPECT_EQ(ended->state(), kSucceeded) << site_->Logs();
  EXPECT_EQ(Executed(), 1);
}

}  // namespace
}  // namespace u2fi::e2e
