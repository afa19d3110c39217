// Approval in a browser: the portal hears what waits, and brings the answers.
#include <string>

#include "gmock/gmock.h"
#include "services/command-gate/approval_feed.h"
#include "services/command-gate/gate_service.h"
#include "services/command-gate/quorum_test_case.h"
#include "services/common/proof/assertion.h"
#include "services/common/rpc/test_caller.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::command_gate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kPortal[] = "https://portal.test";

// Runs work at once.
class Now : public audit::Executor {
 public:
  void Schedule(std::function<void()> work) override { work(); }
};

class BrowserTest : public QuorumTestCase {
 protected:
  BrowserTest() {
    registry_.rule.set_approvals(1);
    registry_.rule.set_browser_ok(true);
  }
  static Submission InBrowser(const std::string& origin = kPortal) {
    Submission asked = CameraOn();
    asked.browser_origin = origin;
    return asked;
  }
  absl::StatusOr<StoredCommand> Try(const Submission& asked) {
    return submitter_.Submit(asked, /*check_only=*/false);
  }
  StoredCommand AskedInBrowser() {
    const auto stored = Try(InBrowser());
    EXPECT_OK(stored);
    return stored.ok() ? Advance(*stored) : StoredCommand();
  }
  static v1::AnswerApprovalRequest AnswerOf(const StoredCommand& command) {
    v1::AnswerApprovalRequest request;
    request.set_tenant("t1");
    request.set_origin(kPortal);
    request.set_approval_id(AnswerTo(command).approval_id());
    *request.mutable_assertion() = Touch(command).assertion();
    request.mutable_assertion()->set_token_id("ann-1");
    request.mutable_assertion()->clear_touched_at_ms();
    request.mutable_assertion()->clear_relay_signature();
    return request;
  }
  absl::StatusOr<v1::AnswerApprovalResponse> Bring(
      const v1::AnswerApprovalRequest& request) {
    return service_.Answer(rpc::TestCaller("service/portal"), request);
  }

  Now now_;
  Approvers approvers_{
      clock_,
      attestation_,
      gateways_,
      {/*self_approval=*/false, /*forbid_break_glass=*/false, {kPortal}}};
  Submitter submitter_{clock_,       registry_,    gate().commands,
                       gate().mover, gateways_,    gate().cooldowns,
                       approvers_,   gate().quotas};
  GateService service_{submitter_, gate().commands, gate().flow, now_};
};

TEST_F(BrowserTest, TheStatementNamesNoGatewayButTheOrigin) {
  const StoredCommand asked = AskedInBrowser();
  const auto statement = challenge_.issued.back().template_();
  EXPECT_EQ(statement.approver_gateway(), "");
  EXPECT_EQ(statement.channel_key(),
            crypto::View(proof::BrowserChannelKey(kPortal)));
  EXPECT_EQ(asked.row.slots(0).state(), v1::APPROVAL_STATE_ASKED);
  EXPECT_THAT(gateways_.sent, IsEmpty());
}

TEST_F(BrowserTest, AnOperationThatIsNotForBrowsersIsRefused) {
  registry_.rule.set_browser_ok(false);
  EXPECT_THAT(Try(InBrowser()), HasReason(reason::kPlaceNotAllowed));
}

TEST_F(BrowserTest, AnOriginThatIsNotTheDeploymentsIsRefused) {
  EXPECT_THAT(Try(InBrowser("https://evil.test")),
              HasReason(reason::kPlaceNotAllowed));
}

// It is agreed to at a gateway, whose words a portal cannot change.
TEST_F(BrowserTest, APolicyChangeIsRefusedInAnyPortal) {
  device_registry::v1::PolicyChange& waits = *registry_.policy.add_pending();
  waits.set_resource("policy");
  waits.set_change(std::string(32, 'c'));
  proof::v1::PolicyChangeArguments arguments;
  arguments.set_format(1);
  arguments.set_resource("policy");
  arguments.set_change(waits.change());
  arguments.add_looser("door.open=free");
  Submission asked = InBrowser();
  asked.purpose = proof::v1::PURPOSE_TOKEN;
  asked.device = "account:ann";
  asked.on_account = true;
  asked.operation = std::string(proof::kOperationPolicy);
  asked.arguments = arguments.SerializeAsString();
  EXPECT_THAT(Try(asked), HasReason(reason::kPlaceNotAllowed));
  asked.browser_origin.clear();
  asked.approver_gateway = "g1";
  EXPECT_OK(Try(asked));
}

TEST_F(BrowserTest, OthersAreNotAskedInTheRequestersBrowser) {
  registry_.rule.set_approvals(2);
  EXPECT_THAT(Try(InBrowser()), HasReason(reason::kPlaceNotAllowed));
}

TEST_F(BrowserTest, ItTakesNoPlaceOfAGateway) {
  EXPECT_THAT(AskedInBrowser().row.places(), ElementsAre("open/a/ann/0"));
}

TEST_F(BrowserTest, ATouchInTheBrowserApproves) {
  const StoredCommand asked = AskedInBrowser();
  ASSERT_OK_AND_ASSIGN(const v1::AnswerApprovalResponse response,
                       Bring(AnswerOf(asked)));
  EXPECT_EQ(response.verdict().outcome(), common::v1::OUTCOME_ACCEPTED);
  EXPECT_FALSE(response.has_next());
  EXPECT_EQ(Reread(asked).row.slots(0).state(), v1::APPROVAL_STATE_ACCEPTED);
}

TEST_F(BrowserTest, AttestationChecksItAgainstTheOrigin) {
  ASSERT_OK(Bring(AnswerOf(AskedInBrowser())));
  const auto& channel = attestation_.asserted.at(0).channel();
  EXPECT_EQ(channel.gateway(), "");
  EXPECT_EQ(channel.channel_key(),
            crypto::View(proof::BrowserChannelKey(kPortal)));
}

TEST_F(BrowserTest, TheSameAnswerAgainIsAcceptedAgain) {
  const StoredCommand asked = AskedInBrowser();
  ASSERT_OK(Bring(AnswerOf(asked)));
  EXPECT_OK(Bring(AnswerOf(asked)));
}

TEST_F(BrowserTest, AnotherOriginsAnswerIsRefused) {
  v1::AnswerApprovalRequest request = AnswerOf(AskedInBrowser());
  request.set_origin("https://evil.test");
  EXPECT_THAT(Bring(request), HasReason(reason::kPlaceNotAllowed));
  EXPECT_THAT(attestation_.asserted, IsEmpty());
}

TEST_F(BrowserTest, AGatewaysQuestionIsNotAnsweredInABrowser) {
  registry_.rule.set_browser_ok(false);
  EXPECT_THAT(Bring(AnswerOf(Asked())), HasReason(reason::kPlaceNotAllowed));
}

TEST_F(BrowserTest, ABrowsersQuestionIsNotAnsweredAtAGateway) {
  const StoredCommand asked = AskedInBrowser();
  EXPECT_THAT(Answer(asked, Touch(asked), Session("g1")),
              HasReason(reason::kChannelKeyMismatch));
}

TEST_F(BrowserTest, AQuestionThatIsNoneOrAnotherTenantsIsUnknown) {
  v1::AnswerApprovalRequest request = AnswerOf(AskedInBrowser());
  request.set_tenant("t2");
  EXPECT_THAT(Bring(request), HasReason(reason::kResourceUnknown));
  request.set_tenant("t1");
  request.set_approval_id("x");
  EXPECT_THAT(Bring(request), HasReason(reason::kResourceUnknown));
}

TEST_F(BrowserTest, AfterTheDeadlineItIsTooLate) {
  const StoredCommand asked = AskedInBrowser();
  clock_.Advance(kApproveWithin + absl::Milliseconds(1));
  EXPECT_THAT(Bring(AnswerOf(asked)), HasReason(reason::kApproveByPassed));
}

TEST_F(BrowserTest, AfterTheEndItIsDecided) {
  const StoredCommand asked = AskedInBrowser();
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  EXPECT_THAT(Bring(AnswerOf(asked)), HasReason(reason::kAlreadyDecided));
}

TEST_F(BrowserTest, ANoEndsIt) {
  const StoredCommand asked = AskedInBrowser();
  v1::AnswerApprovalRequest request = AnswerOf(asked);
  request.mutable_declined()->set_source("portal");
  ASSERT_OK_AND_ASSIGN(const v1::AnswerApprovalResponse response,
                       Bring(request));
  EXPECT_EQ(response.verdict().reason(), "DECLINED");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DENIED);
}

TEST_F(BrowserTest, ARefusedTouchComesWithTheNextQuestion) {
  const StoredCommand asked = AskedInBrowser();
  attestation_.outcome = common::v1::OUTCOME_REFUSED;
  attestation_.reason = "SIGNATURE_INVALID";
  ASSERT_OK_AND_ASSIGN(const v1::AnswerApprovalResponse response,
                       Bring(AnswerOf(asked)));
  EXPECT_EQ(response.verdict().reason(), "SIGNATURE_INVALID");
  EXPECT_NE(response.next().approval_id(), AnswerOf(asked).approval_id());
  EXPECT_EQ(response.next().statement(),
            Reread(asked).row.slots(0).statement());
  EXPECT_THAT(response.next().candidates(), SizeIs(1));
  EXPECT_THAT(response.next().commands(), ElementsAre(asked.row.command()));
}

TEST_F(BrowserTest, WithoutAnAnswerItIsRefused) {
  v1::AnswerApprovalRequest request = AnswerOf(AskedInBrowser());
  request.clear_assertion();
  EXPECT_THAT(Bring(request), HasReason(reason::kInvalidField));
}

TEST_F(BrowserTest, ARegistrationAnswersNoQuestionForATouch) {
  v1::AnswerApprovalRequest request = AnswerOf(AskedInBrowser());
  request.mutable_registration();
  EXPECT_THAT(Bring(request), HasReason(reason::kInvalidField));
}

TEST_F(BrowserTest, OnlyThePortalHearsTheStatementAndTheTokens) {
  const StoredCommand asked = AskedInBrowser();
  for (const bool portal : {true, false}) {
    v1::PendingApproval heard;
    const auto watch = ApprovalFeed::Start(
        {gate().commands, gate().watchers, now_, gate().flow.questions()},
        {"t1", "ann", portal},
        [&heard](const absl::optional<ApprovalFeed::Event>& event) {
          heard = event->approval();
        });
    EXPECT_EQ(heard.statement(), portal ? asked.row.slots(0).statement() : "");
    EXPECT_EQ(heard.candidates_size(), portal ? 1 : 0);
    EXPECT_EQ(heard.gateway(), "");
  }
}

}  // namespace
}  // namespace u2fi::command_gate
