#include "services/gateway-agent/question.h"

#include "services/common/proof/command.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/proof/words.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

constexpr uint64_t kNow = 1'700'000'000'000;

// One valid question; each test breaks exactly one thing.
class QuestionTest : public testing::Test {
 protected:
  QuestionTest() {
    command_.set_format(1);
    command_.set_command_id(std::string(26, 'a'));
    command_.set_device("cam-1");
    command_.set_gateway("g1");
    command_.set_sequence(1);
    command_.set_operation("camera.on");
    statement_.set_format(1);
    statement_.set_purpose(proof::v1::PURPOSE_COMMAND);
    statement_.set_tenant("t1");
    statement_.set_account("ann");
    statement_.set_approver_gateway("g1");
    statement_.set_channel_key(
        crypto::ToString(identity_.key.public_key().SpkiHash()));
    statement_.set_site("s1");
    statement_.set_store_epoch("0");
    statement_.set_nonce(std::string(32, 'n'));
    statement_.set_batch_size(1);
    statement_.set_pins_revision(1);
    statement_.set_requester("spiffe://test/client/t1/app ann");
    statement_.set_request_id(std::string(32, 'a'));
    statement_.set_approve_by_ms(kNow + 60'000);
    statement_.set_execute_by_ms(kNow + 120'000);
  }

  // The request as it stands, with the right root unless `root` is given.
  gateway::v1::ApprovalRequest Request(const std::string& root = "") {
    gateway::v1::ApprovalRequest request;
    const std::string bytes = proof::Encode(command_);
    request.add_commands(bytes);
    statement_.set_batch_root(
        root.empty() ? crypto::ToString(proof::Leaf(bytes)) : root);
    request.set_statement(proof::Encode(statement_));
    return request;
  }
  absl::StatusOr<CheckedQuestion> Check() {
    return CheckApproval(identity_, kNow, Request());
  }

  const AgentIdentity identity_{"t1", "s1", "g1",
                                crypto::P256PrivateKey::Generate(), "rp"};
  proof::v1::Command command_;
  proof::v1::AuthorizationStatement statement_;
};

TEST_F(QuestionTest, ChallengeAndWordsComeFromTheBytes) {
  const gateway::v1::ApprovalRequest request = Request();
  ASSERT_OK_AND_ASSIGN(const CheckedQuestion checked,
                       CheckApproval(identity_, kNow, request));
  EXPECT_EQ(checked.challenge(), proof::ChallengeOf(request.statement()));
  EXPECT_EQ(checked.words(),
            proof::ComparisonWords(statement_.request_id(),
                                   {{"cam-1", "camera.on", ""}}));
}

TEST_F(QuestionTest, AStatementWithAByteMoreIsRefused) {
  gateway::v1::ApprovalRequest request = Request();
  request.mutable_statement()->push_back('\0');
  EXPECT_THAT(CheckApproval(identity_, kNow, request),
              HasReason(reason::kStatementFormat));
}

TEST_F(QuestionTest, AnUnknownPurposeIsRefused) {
  statement_.set_purpose(static_cast<proof::v1::Purpose>(99));
  EXPECT_THAT(Check(), HasReason(reason::kStatementFormat));
}

TEST_F(QuestionTest, AnotherTenantIsRefused) {
  statement_.set_tenant("t2");
  EXPECT_THAT(Check(), HasReason(reason::kTenantMismatch));
}

TEST_F(QuestionTest, AnotherGatewayIsRefused) {
  statement_.set_approver_gateway("g2");
  EXPECT_THAT(Check(), HasReason(reason::kGatewayMismatch));
}

TEST_F(QuestionTest, AnotherChannelKeyIsRefused) {
  statement_.set_channel_key(std::string(32, 'k'));
  EXPECT_THAT(Check(), HasReason(reason::kChannelKeyMismatch));
}

TEST_F(QuestionTest, AQuestionIsOpenUntilApproveBy) {
  statement_.set_approve_by_ms(kNow + 1);
  EXPECT_OK(Check());
}

TEST_F(QuestionTest, AfterApproveByItIsRefused) {
  statement_.set_approve_by_ms(kNow);
  EXPECT_THAT(Check(), HasReason(reason::kApproveByPassed));
}

TEST_F(QuestionTest, TooMuchTimeForATouchIsRefused) {
  statement_.set_approve_by_ms(kNow + proof::kMaxApproveMs + proof::kSkewMs +
                               1);
  statement_.set_execute_by_ms(statement_.approve_by_ms());
  EXPECT_THAT(Check(), HasReason(reason::kDeadlineBounds));
}

TEST_F(QuestionTest, TooMuchTimeForExecutionIsRefused) {
  statement_.set_execute_by_ms(statement_.approve_by_ms() + 900'001);
  EXPECT_THAT(Check(), HasReason(reason::kDeadlineBounds));
}

TEST_F(QuestionTest, ACommandInAnotherEncodingIsRefused) {
  gateway::v1::ApprovalRequest request = Request();
  request.mutable_commands(0)->append("\x10\x00");
  EXPECT_THAT(CheckApproval(identity_, kNow, request),
              HasReason(reason::kCommandFormat));
}

TEST_F(QuestionTest, AnOperationOfAnotherPurposeIsRefused) {
  command_.set_operation("u2fi.unbind");
  EXPECT_THAT(Check(), HasReason(reason::kPurposeNotAllowed));
}

TEST_F(QuestionTest, AnActOnAnotherAccountIsRefused) {
  command_.set_device("account:bob");
  command_.clear_gateway();
  command_.clear_sequence();
  command_.set_operation("u2fi.token.suspend");
  statement_.set_purpose(proof::v1::PURPOSE_TOKEN);
  statement_.clear_site();
  statement_.clear_pins_revision();
  EXPECT_THAT(Check(), HasReason(reason::kAccountMismatch));
}

TEST_F(QuestionTest, AnActOnTheApproversAccountIsAsked) {
  command_.set_device("account:ann");
  command_.clear_gateway();
  command_.clear_sequence();
  command_.set_operation("u2fi.token.suspend");
  statement_.set_purpose(proof::v1::PURPOSE_TOKEN);
  statement_.clear_site();
  statement_.clear_pins_revision();
  EXPECT_OK(Check());
}

TEST_F(QuestionTest, ACommandThatTheRootDoesNotCoverIsRefused) {
  EXPECT_THAT(CheckApproval(identity_, kNow, Request(std::string(32, 'r'))),
              HasReason(reason::kCommandMismatch));
}

TEST_F(QuestionTest, ACommandOutOfOrderIsRefused) {
  command_.set_index(1);
  EXPECT_THAT(Check(), HasReason(reason::kCommandFormat));
}

TEST_F(QuestionTest, FewerCommandsThanTheStatementCoversAreRefused) {
  statement_.set_batch_size(2);
  EXPECT_THAT(Check(), HasReason(reason::kCommandMismatch));
}

TEST_F(QuestionTest, NoCommandIsRefused) {
  gateway::v1::ApprovalRequest request = Request();
  request.clear_commands();
  EXPECT_THAT(CheckApproval(identity_, kNow, request),
              HasReason(reason::kCommandMismatch));
}

TEST_F(QuestionTest, AnEnrolmentIsForThatPurposeAndHasNoBatch) {
  gateway::v1::EnrolmentRequest request;
  request.set_statement(Request().statement());
  EXPECT_THAT(CheckEnrolment(identity_, kNow, request),
              HasReason(reason::kPurposeNotAllowed));
  statement_.set_purpose(proof::v1::PURPOSE_ENROL);
  statement_.clear_site();
  statement_.clear_pins_revision();
  statement_.clear_batch_root();
  statement_.clear_batch_size();
  request.set_statement(proof::Encode(statement_));
  EXPECT_OK(CheckEnrolment(identity_, kNow, request));
}

// That touch would approve what nobody was shown.
TEST_F(QuestionTest, AnApprovalOfAnEnrolmentIsNoRegistration) {
  statement_.set_purpose(proof::v1::PURPOSE_ENROL);
  statement_.clear_site();
  statement_.clear_pins_revision();
  gateway::v1::EnrolmentRequest request;
  request.set_statement(Request().statement());
  EXPECT_THAT(CheckEnrolment(identity_, kNow, request),
              HasReason(reason::kPurposeNotAllowed));
}

TEST_F(QuestionTest, PresenceIsNoRegistration) {
  statement_.set_purpose(proof::v1::PURPOSE_PRESENCE);
  statement_.set_execute_by_ms(statement_.approve_by_ms());
  statement_.clear_batch_root();
  statement_.clear_batch_size();
  gateway::v1::EnrolmentRequest request;
  request.set_statement(proof::Encode(statement_));
  EXPECT_THAT(CheckEnrolment(identity_, kNow, request),
              HasReason(reason::kPurposeNotAllowed));
}

}  // namespace
}  // namespace u2fi::gateway_agent
