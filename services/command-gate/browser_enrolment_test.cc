// A key joins an account in a browser: the portal hears what to register,
// brings the registration, and then the touches that follow it.
#include <string>

#include "gmock/gmock.h"
#include "services/command-gate/approval_feed.h"
#include "services/command-gate/browser_answers.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/proof/assertion.h"

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

class BrowserEnrolmentTest : public GateTestCase {
 protected:
  Submission InBrowser() {
    Submission asked = Enrolment();
    asked.approver_gateway.clear();
    asked.browser_origin = kPortal;
    return asked;
  }
  StoredCommand Registering() {
    const auto stored = submitter_.Submit(InBrowser(), /*check_only=*/false);
    EXPECT_OK(stored);
    return stored.ok() ? Advance(*stored) : StoredCommand();
  }
  static v1::AnswerApprovalRequest RegistrationOf(
      const StoredCommand& command) {
    v1::AnswerApprovalRequest request;
    request.set_origin(kPortal);
    request.set_approval_id(command.row.command_id());
    request.mutable_registration()->set_client_data("client data");
    return request;
  }
  static v1::AnswerApprovalRequest TouchOf(const std::string& approval_id) {
    v1::AnswerApprovalRequest request;
    request.set_origin(kPortal);
    request.set_approval_id(approval_id);
    proof::v1::Answer& assertion = *request.mutable_assertion();
    assertion.set_token_id("token-new");
    assertion.set_client_data("client data");
    assertion.set_authenticator_data("authenticator data");
    assertion.set_signature("signature of " + approval_id);
    return request;
  }
  absl::StatusOr<v1::AnswerApprovalResponse> Bring(
      const v1::AnswerApprovalRequest& request) {
    auto taken = answers_.Take("t1", request);
    if (!taken.ok()) return taken.status();
    return taken->response;
  }
  // What the portal, or another reader, hears of ann's questions.
  v1::PendingApproval Heard(bool portal) {
    v1::PendingApproval heard;
    const auto watch = ApprovalFeed::Start(
        {gate().commands, gate().watchers, now_, gate().flow.questions()},
        {"t1", "ann", portal},
        [&heard](const absl::optional<ApprovalFeed::Event>& event) {
          heard = event->approval();
        });
    return heard;
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
  BrowserAnswers answers_{gate().commands, gate().flow};
};

TEST_F(BrowserEnrolmentTest, ThePortalHearsWhatToRegister) {
  const StoredCommand command = Registering();
  EXPECT_THAT(gateways_.sent, IsEmpty());
  const v1::PendingApproval question = Heard(/*portal=*/true);
  EXPECT_TRUE(question.registration());
  EXPECT_EQ(question.statement(), command.row.enrol_statement());
  // Not to be registered again.
  EXPECT_THAT(question.candidates(), SizeIs(1));
  const auto statement = challenge_.issued.back().template_();
  EXPECT_EQ(statement.approver_gateway(), "");
  EXPECT_EQ(statement.channel_key(),
            crypto::View(proof::BrowserChannelKey(kPortal)));
}

TEST_F(BrowserEnrolmentTest, OthersHearNoStatement) {
  Registering();
  const v1::PendingApproval question = Heard(/*portal=*/false);
  EXPECT_TRUE(question.registration());
  EXPECT_EQ(question.statement(), "");
  EXPECT_THAT(question.candidates(), IsEmpty());
}

TEST_F(BrowserEnrolmentTest, TheTouchesFollowTheRegistration) {
  const StoredCommand command = Registering();
  ASSERT_OK_AND_ASSIGN(const auto registered, Bring(RegistrationOf(command)));
  EXPECT_EQ(registered.verdict().outcome(), common::v1::OUTCOME_ACCEPTED);
  EXPECT_EQ(attestation_.registered.channel().gateway(), "");
  // First the new key, then one that the account has.
  const v1::PendingApproval& first = registered.next();
  ASSERT_THAT(first.candidates(), SizeIs(1));
  EXPECT_EQ(first.candidates(0).token_id(), "token-new");
  EXPECT_THAT(first.commands(), ElementsAre(Reread(command).row.command()));
  ASSERT_OK_AND_ASSIGN(const auto touched, Bring(TouchOf(first.approval_id())));
  ASSERT_TRUE(touched.has_next());
  EXPECT_EQ(touched.next().candidates(0).token_id(), "token-1");
  v1::AnswerApprovalRequest second = TouchOf(touched.next().approval_id());
  second.mutable_assertion()->set_token_id("token-1");
  ASSERT_OK_AND_ASSIGN(const auto done, Bring(second));
  EXPECT_FALSE(done.has_next());
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_APPROVED);
}

TEST_F(BrowserEnrolmentTest, TheSameRegistrationAgainIsAcceptedAgain) {
  const v1::AnswerApprovalRequest request = RegistrationOf(Registering());
  ASSERT_OK_AND_ASSIGN(const auto first, Bring(request));
  ASSERT_OK_AND_ASSIGN(const auto again, Bring(request));
  EXPECT_EQ(again.verdict().outcome(), common::v1::OUTCOME_ACCEPTED);
  EXPECT_EQ(again.next().approval_id(), first.next().approval_id());
}

TEST_F(BrowserEnrolmentTest, ARefusedRegistrationIsAVerdict) {
  const StoredCommand command = Registering();
  attestation_.outcome = common::v1::OUTCOME_REFUSED;
  attestation_.reason = "MODEL_NOT_ALLOWED";
  ASSERT_OK_AND_ASSIGN(const auto response, Bring(RegistrationOf(command)));
  EXPECT_EQ(response.verdict().outcome(), common::v1::OUTCOME_REFUSED);
  EXPECT_EQ(response.verdict().reason(), "MODEL_NOT_ALLOWED");
  EXPECT_FALSE(response.has_next());
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_DENIED);
}

TEST_F(BrowserEnrolmentTest, ANoEndsIt) {
  const StoredCommand command = Registering();
  v1::AnswerApprovalRequest request = RegistrationOf(command);
  request.mutable_declined()->set_source("portal");
  ASSERT_OK_AND_ASSIGN(const auto response, Bring(request));
  EXPECT_EQ(response.verdict().reason(), "DECLINED");
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_DENIED);
}

TEST_F(BrowserEnrolmentTest, AnotherOriginRegistersNothing) {
  v1::AnswerApprovalRequest request = RegistrationOf(Registering());
  request.set_origin("https://evil.test");
  EXPECT_THAT(Bring(request), HasReason(reason::kPlaceNotAllowed));
  EXPECT_EQ(attestation_.registered.statement(), "");
}

TEST_F(BrowserEnrolmentTest, AGatewaysEnrolmentIsNotAnsweredInABrowser) {
  const StoredCommand command = Advance(Submit(Enrolment()));
  EXPECT_THAT(Bring(RegistrationOf(command)),
              HasReason(reason::kPlaceNotAllowed));
}

TEST_F(BrowserEnrolmentTest, ATouchIsNoRegistration) {
  EXPECT_THAT(Bring(TouchOf(Registering().row.command_id())),
              HasReason(reason::kInvalidField));
}

TEST_F(BrowserEnrolmentTest, AfterTheDeadlineItIsTooLate) {
  const StoredCommand command = Registering();
  clock_.Advance(kApproveWithin + absl::Milliseconds(1));
  EXPECT_THAT(Bring(RegistrationOf(command)),
              HasReason(reason::kApproveByPassed));
}

TEST_F(BrowserEnrolmentTest, WhileNobodyCanBeAskedTheRegistrationIsKept) {
  const StoredCommand command = Registering();
  challenge_.status = Away();
  ASSERT_OK_AND_ASSIGN(const auto response, Bring(RegistrationOf(command)));
  EXPECT_EQ(response.verdict().outcome(), common::v1::OUTCOME_ACCEPTED);
  EXPECT_FALSE(response.has_next());
  challenge_.status = absl::OkStatus();
  EXPECT_EQ(Advance(Reread(command)).row.state(),
            v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(BrowserEnrolmentTest, ACommandThatIsNoneIsUnknown) {
  v1::AnswerApprovalRequest request = RegistrationOf(Registering());
  request.set_approval_id(std::string(26, 'a'));
  EXPECT_THAT(Bring(request), HasReason(reason::kResourceUnknown));
}

}  // namespace
}  // namespace u2fi::command_gate
