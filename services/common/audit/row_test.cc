#include "services/common/audit/row.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/chain.h"
#include "services/common/audit/limits.h"
#include "services/common/proof/step.h"
#include "services/common/proof/strict.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

class RowTest : public testing::Test {
 protected:
  // The row as row 1 of a chain.
  v1::AuditRow Stored(const PreparedRow& row) {
    ChainHead head;
    v1::AuditRow stored;
    stored.ParseFromString(ChainBuilder(TestWriter()).Append(row, 7, head));
    return stored;
  }
  PreparedRow Prepared(RowContent content) {
    return *PreparedRow::Make(std::move(content), random_);
  }
  std::string Step(const v1::AuditRow& row) {
    const absl::Status status = CheckRow(row).status();
    EXPECT_TRUE(IsReason(status, reason::kAuditFormat)) << status;
    return proof::StepOf(status);
  }

  FakeRandomSource random_;
};

TEST_F(RowTest, ComesBackAsItWas) {
  const RowContent content = TestContent("commands/c9");
  ASSERT_OK_AND_ASSIGN(const ParsedRow row,
                       CheckRow(Stored(Prepared(content))));
  EXPECT_EQ(row.header.kind(), v1::ROW_KIND_COMMAND);
  EXPECT_THAT(row.header.subjects(), testing::ElementsAre("commands/c9"));
  EXPECT_EQ(row.header.time_ms(), 7u);
  EXPECT_EQ(row.body.state_after(), "AWAITING_APPROVAL");
  EXPECT_FALSE(row.erased);
}

TEST_F(RowTest, StoredBytesAreStrict) {
  const v1::AuditRow row = Stored(Prepared(TestContent()));
  EXPECT_OK(ParseRow(proof::Encode(row)));
  EXPECT_THAT(ParseRow(proof::Encode(row) + "x"),
              HasReason(reason::kAuditFormat));
}

TEST_F(RowTest, EqualContentGetsAnotherSaltAndHash) {
  const v1::AuditRow first = Stored(Prepared(TestContent()));
  const v1::AuditRow second = Stored(Prepared(TestContent()));
  EXPECT_NE(first.salt(), second.salt());
  EXPECT_NE(first.header(), second.header());
}

TEST_F(RowTest, RefusesContentThatBreaksARule) {
  RowContent content = TestContent();
  content.body.set_reason("lower case");
  EXPECT_THAT(PreparedRow::Make(content, random_),
              HasReason(reason::kAuditFormat));
  content = TestContent("Not A Subject");
  EXPECT_THAT(PreparedRow::Make(content, random_),
              HasReason(reason::kAuditFormat));
  content = TestContent();
  content.subjects.resize(17, "a");
  EXPECT_THAT(PreparedRow::Make(content, random_),
              HasReason(reason::kAuditFormat));
}

TEST_F(RowTest, RefusesAKindThatItDoesNotKnowToWrite) {
  RowContent content = TestContent();
  content.kind = static_cast<v1::RowKind>(999);
  EXPECT_THAT(PreparedRow::Make(content, random_),
              HasReason(reason::kAuditFormat));
}

TEST_F(RowTest, RefusesABodyThatIsTooLarge) {
  RowContent content = TestContent();
  content.body.mutable_evidence()->mutable_registration()->set_attestation(
      std::string(kMaxBodySize, 'a'));
  EXPECT_THAT(PreparedRow::Make(content, random_),
              HasReason(reason::kAuditFormat));
}

TEST_F(RowTest, LostRaceKeepsEvidenceAndDropsTheNewState) {
  RowContent content = TestContent();
  content.body.set_statement("statement");
  ASSERT_OK_AND_ASSIGN(const ParsedRow row,
                       CheckRow(Stored(Prepared(content).LostRace(random_))));
  EXPECT_EQ(row.header.kind(), v1::ROW_KIND_LOST_RACE);
  EXPECT_EQ(row.body.lost_kind(), v1::ROW_KIND_COMMAND);
  EXPECT_EQ(row.body.reason(), "LOST_RACE");
  EXPECT_EQ(row.body.statement(), "statement");
  EXPECT_EQ(row.body.state_before(), "PREPARING");
  EXPECT_EQ(row.body.state_after(), "");
}

TEST_F(RowTest, StepHeaderRefusesBytesThatAreNotStrict) {
  v1::AuditRow row = Stored(Prepared(TestContent()));
  row.mutable_header()->append("\x48\x00", 2);
  EXPECT_EQ(Step(row), "header");
}

TEST_F(RowTest, StepHeaderRefusesFieldsOutOfBounds) {
  v1::AuditRow row = Stored(Prepared(TestContent()));
  v1::AuditHeader header;
  header.ParseFromString(row.header());
  header.set_format(2);
  row.set_header(proof::Encode(header));
  EXPECT_EQ(Step(row), "header");
}

TEST_F(RowTest, StepSaltRefusesAnotherSize) {
  v1::AuditRow row = Stored(Prepared(TestContent()));
  row.mutable_salt()->push_back('x');
  EXPECT_EQ(Step(row), "salt");
}

TEST_F(RowTest, StepSaltRefusesABodyWithoutOne) {
  v1::AuditRow row = Stored(Prepared(TestContent()));
  row.clear_salt();
  EXPECT_EQ(Step(row), "salt");
}

TEST_F(RowTest, StepHashRefusesAnotherBody) {
  v1::AuditRow row = Stored(Prepared(TestContent("commands/c1")));
  const v1::AuditRow other = Stored(Prepared(TestContent("commands/c2")));
  row.set_body(other.body() + "\x4a\x01X");
  EXPECT_EQ(Step(row), "hash");
}

TEST_F(RowTest, StepHashRefusesAnotherSalt) {
  v1::AuditRow row = Stored(Prepared(TestContent()));
  row.set_salt(std::string(kSaltSize, 's'));
  EXPECT_EQ(Step(row), "hash");
}

TEST_F(RowTest, StepBodyRefusesBytesThatAreNotStrict) {
  v1::AuditRow row = Stored(Prepared(TestContent()));
  row.set_body(row.body() + std::string("\x48\x00", 2));
  v1::AuditHeader header;
  header.ParseFromString(row.header());
  header.set_body_hash(
      crypto::ToString(crypto::Sha256({row.salt(), row.body()})));
  row.set_header(proof::Encode(header));
  EXPECT_EQ(Step(row), "body");
}

TEST_F(RowTest, AnErasedBodyIsReportedAndNothingElseChanges) {
  v1::AuditRow row = Stored(Prepared(TestContent()));
  ASSERT_OK_AND_ASSIGN(const ParsedRow before, CheckRow(row));
  row.clear_salt();
  row.clear_body();
  ASSERT_OK_AND_ASSIGN(const ParsedRow after, CheckRow(row));
  EXPECT_TRUE(after.erased);
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.body.ByteSizeLong(), 0u);
}

TEST_F(RowTest, ApprovalsAreNamedByTheirContent) {
  proof::v1::Approval approval;
  approval.set_token_id("t1");
  const crypto::Digest digest = ApprovalDigest(approval);
  EXPECT_EQ(digest, crypto::Sha256({"u2fi/audit-approval/v1",
                                    approval.SerializeAsString()}));
  approval.set_token_id("t2");
  EXPECT_NE(ApprovalDigest(approval), digest);
}

}  // namespace
}  // namespace u2fi::audit
