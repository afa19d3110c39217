#include "services/command-gate/submission.h"

#include <string>
#include <vector>

#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::command_gate {
namespace {

class SubmissionTest : public testing::Test {
 protected:
  SubmissionTest() {
    request_.set_request_id(std::string(32, 'a'));
    request_.mutable_item()->set_device("cam-1");
    request_.mutable_item()->set_operation("camera.on");
    request_.mutable_options()->set_on_behalf_of("ann");
    request_.mutable_options()->set_purpose(proof::v1::PURPOSE_COMMAND);
  }

  absl::StatusOr<Submission> Read() {
    return ReadSubmission(rpc::TestCaller(caller_), request_);
  }
  void ExpectField(const char* field) {
    const absl::Status status = Read().status();
    EXPECT_THAT(status, HasReason(reason::kInvalidField));
    EXPECT_EQ(FieldsOf(status).count(field), 1u) << status;
  }
  void SetEnrolment() {
    item().set_device("account:ann");
    item().set_operation("u2fi.enrol");
    options().set_purpose(proof::v1::PURPOSE_ENROL);
    options().mutable_place()->set_gateway("g1");
  }
  void AskForPins() {
    item().set_operation("u2fi.pins");
    item().set_message("a pin set");
    options().set_purpose(proof::v1::PURPOSE_PROVISION);
  }
  v1::SubmitOptions& options() { return *request_.mutable_options(); }
  v1::CommandItem& item() { return *request_.mutable_item(); }

  std::string caller_ = "client/t1/app";
  v1::SubmitCommandRequest request_;
};

TEST_F(SubmissionTest, AValidRequestIsRead) {
  ASSERT_OK_AND_ASSIGN(const Submission submission, Read());
  EXPECT_EQ(submission.tenant, "t1");
  EXPECT_EQ(submission.requester, "spiffe://test/client/t1/app ann");
  EXPECT_EQ(submission.command_id.size(), 26u);
  EXPECT_EQ(submission.approve_within_ms, 60'000u);
  EXPECT_EQ(submission.execute_within_ms, 90'000u);
  EXPECT_FALSE(submission.on_account);
}

// Times 1,000 it is 60,000 again.
TEST_F(SubmissionTest, ATimeThatOverflowsIsOutOfBounds) {
  options().mutable_approve_within()->set_seconds((int64_t{1} << 61) + 60);
  EXPECT_THAT(Read(), HasReason(reason::kDeadlineBounds));
  options().mutable_approve_within()->set_seconds(60);
  options().mutable_execute_within()->set_seconds(int64_t{1} << 61);
  EXPECT_THAT(Read(), HasReason(reason::kDeadlineBounds));
}

TEST_F(SubmissionTest, TheCommandIdIsThatOfRequesterAndRequestId) {
  const std::string id = Read()->command_id;
  EXPECT_EQ(Read()->command_id, id);
  request_.set_request_id(std::string(32, 'b'));
  EXPECT_NE(Read()->command_id, id);
}

TEST_F(SubmissionTest, AnotherBodyHasAnotherDigest) {
  const std::string digest = Read()->request_digest;
  item().set_json("{}");
  EXPECT_NE(Read()->request_digest, digest);
}

TEST_F(SubmissionTest, TheOwnTenantMayBeNamed) {
  request_.set_tenant("t1");
  EXPECT_OK(Read());
}

TEST_F(SubmissionTest, AnotherTenantIsRefused) {
  request_.set_tenant("t2");
  EXPECT_THAT(Read(), HasReason(reason::kTenantMismatch));
}

TEST_F(SubmissionTest, AServiceMustNameTheTenant) {
  caller_ = "service/portal";
  ExpectField("tenant");
}

TEST_F(SubmissionTest, TheAccountIsAnId) {
  options().set_on_behalf_of("Ann");
  ExpectField("options.on_behalf_of");
}

TEST_F(SubmissionTest, TheRequestIdIsThirtyTwoHexDigits) {
  request_.set_request_id("abc");
  ExpectField("request_id");
}

TEST_F(SubmissionTest, TheDeviceIsAnId) {
  item().set_device("cam 1");
  ExpectField("item.device");
}

TEST_F(SubmissionTest, AnAccountActsOnItselfOnly) {
  item().set_device("account:bob");
  EXPECT_THAT(Read(), HasReason(reason::kNotAMember));
}

TEST_F(SubmissionTest, TheOperationHasAForm) {
  item().set_operation("Camera On");
  ExpectField("item.operation");
}

TEST_F(SubmissionTest, AReservedOperationThatDoesNotExistIsRefused) {
  item().set_operation("u2fi.explode");
  EXPECT_THAT(Read(), HasReason(reason::kOperationUnknown));
}

TEST_F(SubmissionTest, AnUnsetPurposeIsRefused) {
  options().clear_purpose();
  EXPECT_THAT(Read(), HasReason(reason::kPurposeNotAllowed));
}

TEST_F(SubmissionTest, AnUnknownPurposeIsRefused) {
  options().set_purpose(static_cast<proof::v1::Purpose>(99));
  EXPECT_THAT(Read(), HasReason(reason::kPurposeNotAllowed));
}

TEST_F(SubmissionTest, AReservedOperationUnderCommandIsRefused) {
  item().set_operation("u2fi.unbind");
  EXPECT_THAT(Read(), HasReason(reason::kPurposeNotAllowed));
}

TEST_F(SubmissionTest, AnEnrolmentIsAnActOnAnAccount) {
  item().set_operation("u2fi.enrol");
  options().set_purpose(proof::v1::PURPOSE_ENROL);
  ExpectField("item.device");
}

TEST_F(SubmissionTest, ArgumentsAreJson) {
  item().set_json("{\"a\":");
  EXPECT_THAT(Read(), HasReason(reason::kArgumentsFormat));
}

TEST_F(SubmissionTest, ADeviceOperationTakesNoMessage) {
  item().set_message("x");
  EXPECT_THAT(Read(), HasReason(reason::kArgumentsFormat));
}

TEST_F(SubmissionTest, ArgumentsOverTwoKibAreRefused) {
  item().set_json("\"" + std::string(2047, 'a') + "\"");
  EXPECT_THAT(Read(), HasReason(reason::kArgumentsFormat));
}

TEST_F(SubmissionTest, ArgumentsOfTwoKibAreTaken) {
  item().set_json("\"" + std::string(2046, 'a') + "\"");
  EXPECT_OK(Read());
}

TEST_F(SubmissionTest, AnEnrolmentTakesNoArguments) {
  item().set_device("account:ann");
  item().set_operation("u2fi.enrol");
  item().set_message("x");
  options().set_purpose(proof::v1::PURPOSE_ENROL);
  EXPECT_THAT(Read(), HasReason(reason::kArgumentsFormat));
}

TEST_F(SubmissionTest, AnActOnAnAccountNeedsAPlace) {
  item().set_device("account:ann");
  item().set_operation("u2fi.enrol");
  options().set_purpose(proof::v1::PURPOSE_ENROL);
  ExpectField("options.place");
}

TEST_F(SubmissionTest, ThePlaceIsAnId) {
  options().mutable_place()->set_gateway("G1");
  ExpectField("options.place.gateway");
}

TEST_F(SubmissionTest, ActsOnTokensAreThere) {
  item().set_device("account:ann");
  item().set_operation("u2fi.token.revoke");
  item().set_message("arguments");
  options().set_purpose(proof::v1::PURPOSE_TOKEN);
  options().mutable_place()->set_gateway("g1");
  ASSERT_OK_AND_ASSIGN(const Submission submission, Read());
  EXPECT_EQ(submission.arguments, "arguments");
  EXPECT_TRUE(submission.on_account);
}

TEST_F(SubmissionTest, AnAccountChangesItsRules) {
  item().set_device("account:ann");
  item().set_operation("u2fi.account.policy");
  item().set_message("arguments");
  options().set_purpose(proof::v1::PURPOSE_TOKEN);
  options().mutable_place()->set_gateway("g1");
  ASSERT_OK_AND_ASSIGN(const Submission submission, Read());
  EXPECT_EQ(submission.arguments, "arguments");
}

TEST_F(SubmissionTest, AnAccountAgreesToAGatewaysKey) {
  item().set_device("account:ann");
  item().set_operation("u2fi.gateway.key");
  item().set_message("arguments");
  options().set_purpose(proof::v1::PURPOSE_TOKEN);
  options().mutable_place()->set_gateway("g1");
  ASSERT_OK_AND_ASSIGN(const Submission submission, Read());
  EXPECT_TRUE(submission.on_account);
}

TEST_F(SubmissionTest, AnAccountAgreesToAChangeOfPolicy) {
  item().set_device("account:ann");
  item().set_operation("u2fi.policy");
  item().set_message("arguments");
  options().set_purpose(proof::v1::PURPOSE_TOKEN);
  options().mutable_place()->set_gateway("g1");
  EXPECT_OK(Read());
}

TEST_F(SubmissionTest, ARecoveryTokenCanBeEnrolled) {
  SetEnrolment();
  options().mutable_enrol()->set_recovery(true);
  ASSERT_OK_AND_ASSIGN(const Submission submission, Read());
  EXPECT_TRUE(submission.enrol_recovery);
}

TEST_F(SubmissionTest, ALabelHasAtMost64CharactersThatCanBeSeen) {
  SetEnrolment();
  options().mutable_enrol()->set_label(std::string(64, 'k'));
  EXPECT_OK(Read());
  for (const std::string& label :
       {std::string(65, 'k'), std::string("a\nb"), std::string("a\u202eb")}) {
    options().mutable_enrol()->set_label(label);
    ExpectField("options.enrol.label");
  }
}

TEST_F(SubmissionTest, ALevelIsNotThereYet) {
  SetEnrolment();
  options().mutable_enrol()->set_level(1);
  EXPECT_THAT(Read(), HasReason(reason::kUnimplemented));
}

TEST_F(SubmissionTest, OptionsOfAnEnrolmentGoWithOneOnly) {
  options().mutable_enrol()->set_recovery(true);
  ExpectField("options.enrol");
}

TEST_F(SubmissionTest, ABrowserHasAnOrigin) {
  options().mutable_place()->mutable_browser();
  ExpectField("options.place.browser.origin");
  options().mutable_place()->mutable_browser()->set_origin(
      std::string(257, 'x'));
  ExpectField("options.place.browser.origin");
  options().mutable_place()->mutable_browser()->set_origin("https://p.test");
  ASSERT_OK_AND_ASSIGN(const Submission read, Read());
  EXPECT_EQ(read.browser_origin, "https://p.test");
  EXPECT_EQ(read.approver_gateway, "");
}

TEST_F(SubmissionTest, AKeyIsEnrolledInABrowserToo) {
  SetEnrolment();
  options().mutable_place()->mutable_browser()->set_origin("https://p.test");
  ASSERT_OK_AND_ASSIGN(const Submission submission, Read());
  EXPECT_EQ(submission.browser_origin, "https://p.test");
  EXPECT_TRUE(submission.on_account);
}

TEST_F(SubmissionTest, BreakGlassComesWithAReason) {
  options().set_purpose(proof::v1::PURPOSE_BREAK_GLASS);
  ExpectField("options.break_glass_reason");
  options().set_break_glass_reason("fire");
  ASSERT_OK_AND_ASSIGN(const Submission read, Read());
  EXPECT_EQ(read.break_glass_reason, "fire");
}

TEST_F(SubmissionTest, AReasonHasAtMost512Characters) {
  options().set_purpose(proof::v1::PURPOSE_BREAK_GLASS);
  std::string reason;
  for (int i = 0; i < 512; ++i) reason += "\xc3\xa9";
  options().set_break_glass_reason(reason);
  EXPECT_OK(Read());
  options().set_break_glass_reason(reason + "x");
  ExpectField("options.break_glass_reason");
}

TEST_F(SubmissionTest, BreakGlassIsForDeviceOperationsOnly) {
  AskForPins();
  options().set_purpose(proof::v1::PURPOSE_BREAK_GLASS);
  options().set_break_glass_reason("fire");
  EXPECT_THAT(Read(), HasReason(reason::kPurposeNotAllowed));
}

TEST_F(SubmissionTest, EvidenceGoesWithAFirstPinSet) {
  AskForPins();
  options().mutable_evidence()->add_enrolments()->set_command("x");
  ASSERT_OK_AND_ASSIGN(const Submission read, Read());
  EXPECT_EQ(read.evidence.enrolments(0).command(), "x");
}

TEST_F(SubmissionTest, AndWithATransfer) {
  AskForPins();
  options().set_purpose(proof::v1::PURPOSE_TRANSFER);
  options().mutable_evidence()->add_enrolments()->set_command("x");
  ASSERT_OK_AND_ASSIGN(const Submission read, Read());
  EXPECT_EQ(read.evidence.enrolments(0).command(), "x");
}

TEST_F(SubmissionTest, MovesAndLeasesAreNotThereYet) {
  AskForPins();
  for (const auto purpose :
       {proof::v1::PURPOSE_MOVE, proof::v1::PURPOSE_LEASE}) {
    options().set_purpose(purpose);
    EXPECT_THAT(Read(), HasReason(reason::kUnimplemented));
  }
}

TEST_F(SubmissionTest, EvidenceGoesWithNothingElse) {
  options().mutable_evidence()->add_enrolments();
  EXPECT_THAT(Read(), HasReason(reason::kInvalidField));
}

TEST_F(SubmissionTest, EvidenceThatAFirstPinSetDoesNotNeedIsRefused) {
  AskForPins();
  options().mutable_evidence();
  EXPECT_THAT(Read(), HasReason(reason::kEvidenceFormat));
  options().mutable_evidence()->add_enrolments();
  options().mutable_evidence()->mutable_lease_offer();
  EXPECT_THAT(Read(), HasReason(reason::kEvidenceFormat));
}

TEST_F(SubmissionTest, TooMuchEvidenceIsRefused) {
  AskForPins();
  for (int i = 0; i < 16; ++i) options().mutable_evidence()->add_enrolments();
  EXPECT_OK(Read());
  options().mutable_evidence()->add_enrolments();
  EXPECT_THAT(Read(), HasReason(reason::kEvidenceFormat));
  options().mutable_evidence()->mutable_enrolments()->RemoveLast();
  options().mutable_evidence()->mutable_enrolments(0)->set_command(
      std::string(128 << 10, 'x'));
  EXPECT_THAT(Read(), HasReason(reason::kEvidenceFormat));
}

TEST_F(SubmissionTest, LessThanFiveSecondsForATouchAreRefused) {
  options().mutable_approve_within()->set_seconds(4);
  EXPECT_THAT(Read(), HasReason(reason::kDeadlineBounds));
}

TEST_F(SubmissionTest, MoreThanTwoMinutesForATouchAreRefused) {
  options().mutable_approve_within()->set_seconds(121);
  EXPECT_THAT(Read(), HasReason(reason::kDeadlineBounds));
}

TEST_F(SubmissionTest, MoreTimeForExecutionThanThePurposeAllowsIsRefused) {
  options().mutable_execute_within()->set_seconds(15 * 60 + 1);
  EXPECT_THAT(Read(), HasReason(reason::kDeadlineBounds));
}

TEST_F(SubmissionTest, ABreakGlassReasonGoesWithItsPurpose) {
  options().set_break_glass_reason("fire");
  ExpectField("options.break_glass_reason");
}

class BatchSubmissionTest : public testing::Test {
 protected:
  BatchSubmissionTest() {
    request_.set_request_id(std::string(32, 'a'));
    request_.mutable_options()->set_on_behalf_of("ann");
    request_.mutable_options()->set_purpose(proof::v1::PURPOSE_COMMAND);
    Add("cam-1");
    Add("cam-2");
  }
  v1::CommandItem& Add(const std::string& device) {
    v1::CommandItem& item = *request_.add_items();
    item.set_device(device);
    item.set_operation("camera.on");
    return item;
  }
  absl::StatusOr<std::vector<Submission>> Read() {
    return ReadBatch(rpc::TestCaller("client/t1/app"), request_);
  }

  v1::SubmitBatchRequest request_;
};

TEST_F(BatchSubmissionTest, ItemsAreReadInOrder) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Submission> read, Read());
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].device, "cam-1");
  EXPECT_EQ(read[1].device, "cam-2");
  EXPECT_EQ(read[1].index, 1u);
}

TEST_F(BatchSubmissionTest, EachHasAnIdOfItsOwn) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Submission> read, Read());
  EXPECT_NE(read[0].command_id, read[1].command_id);
}

TEST_F(BatchSubmissionTest, AllHaveTheWordsOfTheWhole) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Submission> before, Read());
  EXPECT_EQ(before[0].words, before[1].words);
  request_.mutable_items(1)->set_device("cam-3");
  ASSERT_OK_AND_ASSIGN(const std::vector<Submission> after, Read());
  EXPECT_NE(after[0].words, before[0].words);
}

TEST_F(BatchSubmissionTest, AnotherBodyHasAnotherDigest) {
  const std::string digest = (*Read())[0].request_digest;
  request_.mutable_items(1)->set_json("{}");
  EXPECT_NE((*Read())[0].request_digest, digest);
}

TEST_F(BatchSubmissionTest, OneAloneIsTheSameAsASingleCommand) {
  request_.mutable_items()->RemoveLast();
  v1::SubmitCommandRequest single;
  single.set_request_id(request_.request_id());
  *single.mutable_item() = request_.items(0);
  *single.mutable_options() = request_.options();
  ASSERT_OK_AND_ASSIGN(
      const Submission one,
      ReadSubmission(rpc::TestCaller("client/t1/app"), single));
  ASSERT_OK_AND_ASSIGN(const std::vector<Submission> read, Read());
  EXPECT_EQ(read[0].command_id, one.command_id);
  EXPECT_EQ(read[0].request_digest, one.request_digest);
  EXPECT_EQ(read[0].words, one.words);
}

TEST_F(BatchSubmissionTest, NoneIsRefused) {
  request_.clear_items();
  EXPECT_THAT(Read(), HasReason(reason::kBatchSize));
}

TEST_F(BatchSubmissionTest, AThousandAreTaken) {
  while (request_.items_size() < 1000) Add("cam-1");
  EXPECT_OK(Read());
}

TEST_F(BatchSubmissionTest, OneMoreIsRefused) {
  while (request_.items_size() < 1001) Add("cam-1");
  EXPECT_THAT(Read(), HasReason(reason::kBatchSize));
}

TEST_F(BatchSubmissionTest, MoreThanThreeMebibytesAreRefused) {
  for (int i = 0; i < 998; ++i) {
    Add("cam-1").set_json(std::string(3300, ' '));
  }
  EXPECT_THAT(Read(), HasReason(reason::kBatchSize));
}

TEST_F(BatchSubmissionTest, AnItemThatIsWrongIsNamed) {
  request_.mutable_items(1)->set_operation("u2fi.enrol");
  const absl::Status status = Read().status();
  EXPECT_THAT(status, HasReason(reason::kPurposeNotAllowed));
  EXPECT_EQ(status.message().substr(0, 8), "items[1]");
}

TEST_F(BatchSubmissionTest, OtherPurposesAreNotThereYet) {
  request_.mutable_options()->set_purpose(proof::v1::PURPOSE_PROVISION);
  EXPECT_THAT(Read(), HasReason(reason::kUnimplemented));
}

}  // namespace
}  // namespace u2fi::command_gate
