#include "services/common/proof/statement.h"

#include "services/common/crypto/encoding.h"
#include "services/common/proof/operations.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

constexpr uint64_t kNow = 1'700'000'000'000;

v1::AuthorizationStatement CommandStatement() {
  v1::AuthorizationStatement statement;
  statement.set_format(1);
  statement.set_purpose(v1::PURPOSE_COMMAND);
  statement.set_tenant("acme");
  statement.set_account("alice");
  statement.set_approver_gateway("gw-1");
  statement.set_channel_key(std::string(32, 'k'));
  statement.set_site("home");
  statement.set_store_epoch("e1");
  statement.set_nonce(std::string(32, 'n'));
  statement.set_batch_root(std::string(32, 'r'));
  statement.set_batch_size(1);
  statement.set_pins_revision(4);
  statement.set_requester("spiffe://demo/client/acme/app alice");
  statement.set_request_id("00112233445566778899aabbccddeeff");
  statement.set_approve_by_ms(kNow + 60'000);
  statement.set_execute_by_ms(kNow + 120'000);
  return statement;
}

v1::AuthorizationStatement EnrolStatement() {
  v1::AuthorizationStatement statement = CommandStatement();
  statement.set_purpose(v1::PURPOSE_ENROL);
  statement.clear_site();
  statement.clear_pins_revision();
  return statement;
}

std::string WrongField(const v1::AuthorizationStatement& statement) {
  return MetadataOf(CheckStatement(statement))["field"];
}

class StatementTest : public testing::Test {
 protected:
  v1::AuthorizationStatement statement_ = CommandStatement();
};

TEST_F(StatementTest, AStatementRoundTrips) {
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeStatement(statement_));
  ASSERT_OK_AND_ASSIGN(const v1::AuthorizationStatement parsed,
                       ParseStatement(bytes));
  EXPECT_EQ(parsed.SerializeAsString(), bytes);
  EXPECT_EQ(UseOf(parsed), StatementUse::kApproval);
}

TEST_F(StatementTest, TheChallengeIsTheHashOfTheBytes) {
  // Computed with Python's hashlib.
  EXPECT_EQ(crypto::Hex(crypto::View(ChallengeOf("abc"))),
            "e474495278142f9a9f3835c5f0e693140203d54b2c491081cd7f752e656ecb76");
}

TEST_F(StatementTest, OtherFormatsAreRefused) {
  statement_.set_format(2);
  EXPECT_EQ(WrongField(statement_), "format");
}

TEST_F(StatementTest, PurposesOutsideTheListAreRefused) {
  statement_.set_purpose(v1::PURPOSE_UNSPECIFIED);
  EXPECT_EQ(WrongField(statement_), "purpose");
  statement_.set_purpose(static_cast<v1::Purpose>(12));
  EXPECT_EQ(WrongField(statement_), "purpose");
}

TEST_F(StatementTest, IdsAreCanonical) {
  statement_.set_tenant("Acme");
  EXPECT_EQ(WrongField(statement_), "tenant");
  statement_.set_tenant("acme");
  statement_.set_account("");
  EXPECT_EQ(WrongField(statement_), "account");
  statement_.set_account("alice");
  statement_.set_approver_gateway("-");
  EXPECT_EQ(WrongField(statement_), "approver_gateway");
}

TEST_F(StatementTest, ABrowserHasNoGateway) {
  statement_.clear_approver_gateway();
  EXPECT_EQ(WrongField(statement_), "");
}

TEST_F(StatementTest, HashesHave32Bytes) {
  statement_.set_channel_key("k");
  EXPECT_EQ(WrongField(statement_), "channel_key");
  statement_ = CommandStatement();
  statement_.set_nonce(std::string(31, 'n'));
  EXPECT_EQ(WrongField(statement_), "nonce");
  statement_ = CommandStatement();
  statement_.set_batch_root(std::string(33, 'r'));
  EXPECT_EQ(WrongField(statement_), "batch_root");
}

TEST_F(StatementTest, TheSiteIsThereExactlyForActsOnDevices) {
  statement_.clear_site();
  EXPECT_EQ(WrongField(statement_), "site");
  v1::AuthorizationStatement enrol = EnrolStatement();
  EXPECT_EQ(WrongField(enrol), "");
  enrol.set_site("home");
  EXPECT_EQ(WrongField(enrol), "site");
}

TEST_F(StatementTest, ActsOnAnAccountHaveNoPinsRevision) {
  v1::AuthorizationStatement enrol = EnrolStatement();
  enrol.set_pins_revision(1);
  EXPECT_EQ(WrongField(enrol), "pins_revision");
}

TEST_F(StatementTest, BatchSizesAre1To1000) {
  statement_.set_batch_size(1000);
  EXPECT_EQ(WrongField(statement_), "");
  statement_.set_batch_size(1001);
  EXPECT_EQ(WrongField(statement_), "batch_root");
  statement_.set_batch_size(0);
  EXPECT_EQ(WrongField(statement_), "batch_root");
}

TEST_F(StatementTest, OnlyRegistrationsAndPresenceHaveNoBatch) {
  statement_.clear_batch_root();
  statement_.clear_batch_size();
  EXPECT_EQ(WrongField(statement_), "batch_root");
  statement_.set_purpose(v1::PURPOSE_PRESENCE);
  EXPECT_EQ(WrongField(statement_), "");
  EXPECT_EQ(UseOf(statement_), StatementUse::kNoBatch);
  v1::AuthorizationStatement enrol = EnrolStatement();
  enrol.clear_batch_root();
  enrol.clear_batch_size();
  EXPECT_EQ(WrongField(enrol), "");
  enrol.set_batch_size(1);
  EXPECT_EQ(WrongField(enrol), "batch_root") << "a size alone";
  enrol.clear_batch_size();
  enrol.set_batch_root(std::string(32, 'r'));
  EXPECT_EQ(WrongField(enrol), "batch_root") << "a root alone";
}

TEST_F(StatementTest, PresenceNeverHasABatch) {
  statement_.set_purpose(v1::PURPOSE_PRESENCE);
  EXPECT_EQ(WrongField(statement_), "batch_root");
}

TEST_F(StatementTest, RequesterEpochAndRequestIdHaveTheirForms) {
  statement_.set_requester("nobody");
  EXPECT_EQ(WrongField(statement_), "requester");
  statement_ = CommandStatement();
  statement_.set_request_id("x");
  EXPECT_EQ(WrongField(statement_), "request_id");
  statement_ = CommandStatement();
  statement_.set_store_epoch("E");
  EXPECT_EQ(WrongField(statement_), "store_epoch");
}

TEST_F(StatementTest, LevelsAreAtMost2) {
  statement_.mutable_required()->set_level(2);
  EXPECT_EQ(WrongField(statement_), "");
  statement_.mutable_required()->set_level(3);
  EXPECT_EQ(WrongField(statement_), "required");
}

TEST_F(StatementTest, AnEmptyRequiredHasNoEncoding) {
  statement_.mutable_required();
  EXPECT_THAT(EncodeStatement(statement_), HasReason(reason::kStatementFormat));
}

TEST_F(StatementTest, DeadlinesAreThere) {
  statement_.clear_approve_by_ms();
  EXPECT_EQ(WrongField(statement_), "approve_by_ms");
  statement_ = CommandStatement();
  statement_.clear_execute_by_ms();
  EXPECT_EQ(WrongField(statement_), "approve_by_ms");
}

TEST_F(StatementTest, NothingWrongIsEncoded) {
  statement_.set_tenant("Acme");
  EXPECT_THAT(EncodeStatement(statement_), HasReason(reason::kStatementFormat));
}

TEST_F(StatementTest, ExecuteByIsBoundedByThePurpose) {
  for (int p = v1::Purpose_MIN + 1; p <= v1::Purpose_MAX; ++p) {
    statement_.set_purpose(static_cast<v1::Purpose>(p));
    const uint64_t most = statement_.approve_by_ms() +
                          MaxExecuteAfterApproveMs(statement_.purpose());
    statement_.set_execute_by_ms(most);
    EXPECT_OK(CheckDeadlineBounds(statement_)) << p;
    statement_.set_execute_by_ms(most + 1);
    EXPECT_THAT(CheckDeadlineBounds(statement_),
                HasReason(reason::kDeadlineBounds));
  }
}

TEST_F(StatementTest, ExecuteByIsNotBeforeApproveBy) {
  statement_.set_execute_by_ms(statement_.approve_by_ms());
  EXPECT_OK(CheckDeadlineBounds(statement_));
  statement_.set_execute_by_ms(statement_.approve_by_ms() - 1);
  EXPECT_THAT(CheckDeadlineBounds(statement_),
              HasReason(reason::kDeadlineBounds));
}

TEST_F(StatementTest, ApproveByIsAtMostTwoMinutesAway) {
  statement_.set_approve_by_ms(kNow + kMaxApproveMs);
  statement_.set_execute_by_ms(kNow + kMaxApproveMs);
  EXPECT_OK(CheckApprovable(statement_, kNow, 0));
  EXPECT_THAT(CheckApprovable(statement_, kNow - 1, 0),
              HasReason(reason::kDeadlineBounds));
  EXPECT_OK(CheckApprovable(statement_, kNow - kSkewMs, kSkewMs));
}

TEST_F(StatementTest, NothingIsApprovableThatMayRunTooLate) {
  statement_.set_execute_by_ms(statement_.approve_by_ms() +
                               MaxExecuteAfterApproveMs(v1::PURPOSE_COMMAND) +
                               1);
  EXPECT_THAT(CheckApprovable(statement_, kNow, 0),
              HasReason(reason::kDeadlineBounds));
}

TEST_F(StatementTest, NothingIsApprovableFromApproveByOn) {
  const uint64_t approve_by = statement_.approve_by_ms();
  EXPECT_OK(CheckApprovable(statement_, approve_by - 1, 0));
  EXPECT_THAT(CheckApprovable(statement_, approve_by, 0),
              HasReason(reason::kApproveByPassed));
}

TEST_F(StatementTest, BytesOutsideTheStrictProfileAreRefused) {
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeStatement(statement_));
  EXPECT_THAT(ParseStatement(bytes + "x"), HasReason(reason::kStatementFormat));
  EXPECT_THAT(ParseStatement(""), HasReason(reason::kStatementFormat));
}

}  // namespace
}  // namespace u2fi::proof
