// The mesh on a Redis that fails over: a master and two replicas, and Sentinels
// that promote one of them after kill -9 of the master. Whatever the promoted
// one lacks, nothing is executed without a touch, and nothing twice.
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/e2e/process_site.h"
#include "tests/e2e/site_call.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;
using command_gate::v1::CommandState;
using command_gate::v1::SubmitCommandRequest;

// For waiting only: a failover takes about five seconds on an idle machine.
constexpr absl::Duration kLimit = absl::Minutes(2);

class FailoverTest : public testing::Test {
 protected:
  // Questions stay open longer than a failover takes.
  void Start(uint32_t wait_replicas = 0) {
    ProcessSite::Options options;
    options.mesh = true;
    options.sentinel = true;
    options.wait_replicas = wait_replicas;
    options.approve_within = 115;
    options.execute_within = 120;
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start(options));
  }
  store::RedisGroup& redis() { return *site_->redis_group(); }

  static bool Until(const std::function<bool()>& condition) {
    const absl::Time end = SystemClock().Now() + kLimit;
    while (SystemClock().Now() < end) {
      if (condition()) return true;
      usleep(20'000);
    }
    return condition();
  }

  SubmitCommandRequest Request(const std::string& operation = "camera.on") {
    SubmitCommandRequest request = site_->NewRequest(0);
    request.mutable_item()->set_device(Camera(0));
    request.mutable_item()->set_operation(operation);
    request.mutable_options()->set_purpose(proof::v1::PURPOSE_COMMAND);
    return request;
  }
  // Asks until the request is taken; asked twice it is the same command.
  std::string Submit(const SubmitCommandRequest& request) {
    absl::StatusOr<CommandRecord> submitted;
    EXPECT_TRUE(Until([&] {
      submitted = site_->SubmitRequest(request);
      return submitted.ok();
    })) << submitted.status()
        << site_->Logs();
    return submitted.ok() ? submitted->name() : "";
  }
  std::string Submit() { return Submit(Request()); }
  // The end of a command, through times without a store.
  CommandRecord End(const std::string& name) {
    absl::StatusOr<CommandRecord> record;
    EXPECT_TRUE(Until([&] {
      record = site_->Wait(name);
      return record.ok() && record->has_end_time();
    })) << record.status()
        << site_->Logs();
    return record.ok() ? *record : CommandRecord();
  }
  // A command that somebody touches for: its name.
  std::string Run() {
    std::string name = Submit();
    ExpectSucceededOnce(name);
    return name;
  }
  // A command that waits for a touch; the key touches by itself no more.
  std::string Asked() {
    EXPECT_OK(site_->TellToken(0, "auto off"));
    std::string name = Submit();
    EXPECT_TRUE(Until([this] { return !Question().empty(); })) << site_->Logs();
    return name;
  }
  // The id of the question that waits at the gateway; empty: none.
  std::string Question() {
    const auto status = site_->AgentStatus(0);
    return status.ok() && status->questions_size() > 0
               ? status->questions(0).approval_id()
               : "";
  }
  absl::StatusOr<CommandRecord> Get(const std::string& name) {
    command_gate::v1::GetCommandRequest request;
    request.set_name(name);
    command_gate::v1::GetCommandResponse response;
    const absl::Status status =
        Call(site_->gate(0), &command_gate::v1::CommandGate::Stub::GetCommand,
             request, response);
    if (!status.ok()) return status;
    return response.command();
  }

  static std::string IdOf(const std::string& name) {
    return std::string(absl::StripPrefix(name, "commands/"));
  }
  // Whoever is promoted now knows nothing of the command, or less.
  bool IsOnlyAtMaster(const std::string& name) {
    return redis().IsOnlyAtMaster("u2fi:{command-gate/t1}:c/" + IdOf(name));
  }
  int Executed(const std::string& name) {
    const auto all = site_->Executions(0, "camera.on");
    return static_cast<int>(std::count(all.begin(), all.end(), IdOf(name)));
  }
  void ExpectSucceededOnce(const std::string& name) {
    const CommandRecord ended = End(name);
    EXPECT_EQ(ended.state(), kSucceeded) << ended.ShortDebugString();
    EXPECT_EQ(Executed(name), 1);
  }
  // These were executed, each once, and nothing else.
  void ExpectExecuted(const std::vector<std::string>& names) {
    std::vector<std::string> ids;
    ids.reserve(names.size());
    for (const std::string& name : names) ids.push_back(IdOf(name));
    EXPECT_THAT(site_->Executions(0, "camera.on"),
                testing::UnorderedElementsAreArray(ids));
  }

  static constexpr CommandState kSucceeded =
      command_gate::v1::COMMAND_STATE_SUCCEEDED;

  std::unique_ptr<ProcessSite> site_;
};

TEST_F(FailoverTest, BetweenCommandsTheSiteWorksOn) {
  Start();
  const std::string before = Run();
  redis().CatchUp();
  redis().FailOver();
  const std::string after = Run();
  ASSERT_OK_AND_ASSIGN(const CommandRecord kept, Get(before));
  EXPECT_EQ(kept.state(), kSucceeded);
  ExpectExecuted({before, after});
}

// D5: a challenge that was issued under the old incarnation can never be
// consumed, although the promoted replica has it: it costs a second touch.
TEST_F(FailoverTest, ATouchForAQuestionFromBeforeDoesNothingAndIsAskedAnew) {
  Start();
  const std::string name = Asked();
  const std::string question = Question();
  redis().CatchUp();
  redis().FailOver();
  ASSERT_OK(site_->TellToken(0, "touch"));
  ASSERT_TRUE(Until([&] {
    const std::string now = Question();
    return !now.empty() && now != question;
  })) << site_->Logs();
  ExpectExecuted({});
  ASSERT_OK(site_->TellToken(0, "touch"));
  ExpectSucceededOnce(name);
  ExpectExecuted({name});
}

TEST_F(FailoverTest, WithoutAMasterNothingIsTakenAndATouchDoesNothing) {
  Start();
  const std::string name = Asked();
  redis().CatchUp();
  redis().StopSentinels();
  redis().KillMaster();
  for (const char* operation : {"camera.on", "device.identify"}) {
    EXPECT_THAT(site_->SubmitRequest(Request(operation)),
                HasReason(reason::kStoreUnavailable));
  }
  ASSERT_OK(site_->TellToken(0, "touch"));
  // The answer went up, and nobody could judge it.
  ASSERT_TRUE(Until([this] { return Question().empty(); })) << site_->Logs();
  EXPECT_THAT(Get(name), HasReason(reason::kStoreUnavailable));
  ExpectExecuted({});
  EXPECT_TRUE(site_->Executions(0, "device.identify").empty());
  redis().StartSentinels();
  redis().AwaitNewMaster();
  ASSERT_TRUE(Until([this] { return !Question().empty(); })) << site_->Logs();
  ExpectExecuted({});
  ASSERT_OK(site_->TellToken(0, "touch"));
  ExpectSucceededOnce(name);
}

TEST_F(FailoverTest, ACommandThatIsForgottenIsNotDoneAgain) {
  Start();
  const std::string kept = Run();
  redis().CatchUp();
  redis().CutOffReplicas();
  const SubmitCommandRequest request = Request();
  const std::string lost = Submit(request);
  ExpectSucceededOnce(lost);
  ASSERT_TRUE(IsOnlyAtMaster(lost)) << "this failover was to lose it";
  redis().FailOver();
  ASSERT_TRUE(Until([&] { return Get(kept).ok(); })) << site_->Logs();
  EXPECT_THAT(Get(lost), HasReason(reason::kResourceUnknown));
  // Its client asks again, and a person touches again: the agent's journal
  // knows the end.
  EXPECT_EQ(Submit(request), lost);
  ExpectSucceededOnce(lost);
  ExpectExecuted({kept, lost, Run()});
}

// A14: the device has seen the numbers of forgotten commands and would refuse
// them, so the gate leaves some out: no touch is lost, and no pin set.
TEST_F(FailoverTest, NumbersOfForgottenCommandsAreUsedOnce) {
  Start();
  std::vector<std::string> executed = {Run()};
  redis().CatchUp();
  redis().CutOffReplicas();
  for (int i = 0; i < 3; ++i) executed.push_back(Run());
  ASSERT_TRUE(IsOnlyAtMaster(executed[1])) << "this failover was to lose it";
  redis().FailOver();
  executed.push_back(Run());
  ExpectExecuted(executed);
}

// The promoted store has the question open again that was touched for. The
// gate's audit remembers the touch (D5): nobody is asked again, the same proof
// goes down, and the agent's journal knows that it was done.
TEST_F(FailoverTest, ATouchThatIsForgottenIsNotAskedForAgain) {
  Start();
  const std::string name = Asked();
  redis().CatchUp();
  redis().CutOffReplicas();
  ASSERT_OK(site_->TellToken(0, "touch"));
  ExpectSucceededOnce(name);
  ASSERT_TRUE(IsOnlyAtMaster(name)) << "this failover was to lose its end";
  redis().FailOver();
  ExpectSucceededOnce(name);
  EXPECT_EQ(Question(), "");
  ExpectExecuted({name});
}

class LostRevocationTest : public FailoverTest {
 protected:
  attestation::v1::Token Token() {
    attestation::v1::ListTokensRequest list;
    list.set_account("a0");
    attestation::v1::ListTokensResponse listed;
    const absl::Status status =
        Call(site_->token_operators(),
             &attestation::v1::Attestation::Stub::ListTokens, list, listed);
    return status.ok() && listed.tokens_size() == 1 ? listed.tokens(0)
                                                    : attestation::v1::Token();
  }
  void Revoke(const std::string& token) {
    attestation::v1::RevokeTokenRequest revoke;
    revoke.set_name(token);
    revoke.set_allow_last(true);
    attestation::v1::RevokeTokenResponse revoked;
    ASSERT_OK(Call(site_->token_operators(),
                   &attestation::v1::Attestation::Stub::RevokeToken, revoke,
                   revoked));
  }
  // What the registry believes of the account.
  int Keys() {
    device_registry::v1::GetAccountRequest request;
    request.set_name("accounts/a0");
    device_registry::v1::GetAccountResponse response;
    const absl::Status status =
        Call(site_->operators(),
             &device_registry::v1::DeviceRegistry::Stub::GetAccount, request,
             response);
    return status.ok() ? response.account().keys_size() : -1;
  }
};

// D6: what is not covered by a checkpoint is in the memory of who wrote it.
TEST_F(LostRevocationTest, IsMadeAgain) {
  Start();
  const std::string token = Token().name();
  ASSERT_FALSE(token.empty());
  redis().CatchUp();
  redis().CutOffReplicas();
  Revoke(token);
  ASSERT_TRUE(redis().IsOnlyAtMaster(absl::StrCat(
      "u2fi:{attestation/t1}:t/", absl::StripPrefix(token, "tokens/"))))
      << "this failover was to lose it";
  redis().FailOver();
  ASSERT_TRUE(Until([&] {
    return Token().state() == attestation::v1::TOKEN_STATE_REVOKED;
  })) << Token().ShortDebugString()
      << site_->Logs();
  EXPECT_TRUE(Until([this] { return Keys() == 0; })) << site_->Logs();
  EXPECT_NE(End(Submit()).state(), kSucceeded);
  ExpectExecuted({});
}

TEST_F(FailoverTest, WithReplicasToWaitForWhatIsAcknowledgedSurvives) {
  Start(/*wait_replicas=*/1);
  ASSERT_OK(site_->TellToken(0, "auto off"));
  const std::string name = Submit();
  redis().FailOver();
  ASSERT_TRUE(Until([&] { return Get(name).ok(); })) << site_->Logs();
  ASSERT_OK(site_->TellToken(0, "auto on"));
  ExpectSucceededOnce(name);
  ExpectExecuted({name});
}

TEST_F(FailoverTest, WithReplicasToWaitForWhatTheyLackIsNotAcknowledged) {
  Start(/*wait_replicas=*/1);
  ASSERT_OK(site_->TellToken(0, "auto off"));
  redis().CatchUp();
  redis().CutOffReplicas();
  const SubmitCommandRequest request = Request();
  // Nor is it when it is asked for again, although it can be read by then.
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(site_->SubmitRequest(request),
                HasReason(reason::kStoreOutcomeUnknown));
  }
  redis().FailOver();
  const std::string name = Submit(request);
  ASSERT_OK(site_->TellToken(0, "auto on"));
  ExpectSucceededOnce(name);
  ExpectExecuted({name});
}

// D5 word by word: the challenge is of the second incarnation; the third has
// lost its consumption and never had the second's memory.
TEST_F(FailoverTest, TwoInARowExecuteNothingTwice) {
  Start();
  const std::string first = Run();
  redis().CatchUp();
  redis().FailOver();
  const std::string second = Asked();
  redis().CatchUp();
  redis().CutOffReplicas();
  ASSERT_OK(site_->TellToken(0, "touch"));
  ExpectSucceededOnce(second);
  ASSERT_TRUE(IsOnlyAtMaster(second)) << "this failover was to lose its end";
  redis().FailOver();
  ExpectSucceededOnce(second);
  ASSERT_OK(site_->TellToken(0, "auto on"));
  ExpectExecuted({first, second, Run()});
}

}  // namespace
}  // namespace u2fi::e2e
