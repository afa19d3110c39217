#include "services/common/audit/chain.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/keys.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

class ChainTest : public testing::Test {
 protected:
  // The next row of the chain.
  ParsedRow Next(uint64_t now_ms = 100) {
    return *ParseRow(builder_.Append(TestRow(), now_ms, head_));
  }
  std::string Step(const ParsedRow& row) {
    const absl::Status status = CheckFollows(writer_, head_, row);
    EXPECT_TRUE(IsReason(status, reason::kAuditChain)) << status;
    return MetadataOf(status)["step"];
  }

  const v1::Writer writer_ = TestWriter();
  const ChainBuilder builder_{writer_};
  ChainHead head_;
};

TEST_F(ChainTest, RowsFollowEachOther) {
  ChainHead head;
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
    const ParsedRow row = Next();
    EXPECT_EQ(row.id.sequence, sequence);
    EXPECT_OK(CheckFollows(writer_, head, row));
    head = HeadAt(row);
    EXPECT_EQ(head.id, head_.id);
  }
}

TEST_F(ChainTest, AClockThatGoesBackDoesNotShow) {
  Next(100);
  EXPECT_EQ(Next(50).header.time_ms(), 100u);
  EXPECT_EQ(Next(150).header.time_ms(), 150u);
}

TEST_F(ChainTest, RowOneNamesThePredecessor) {
  const ParsedRow last = Next();
  const v1::RowReference reference = ReferenceTo(writer_, last.id);
  const ChainBuilder successor(TestWriter("command-gate", 'b'), reference);
  ChainHead head;
  const ParsedRow first = *ParseRow(successor.Append(TestRow(), 100, head));
  EXPECT_EQ(first.header.predecessor().SerializeAsString(),
            reference.SerializeAsString());
  const ParsedRow second = *ParseRow(successor.Append(TestRow(), 100, head));
  EXPECT_FALSE(second.header.has_predecessor());
}

TEST_F(ChainTest, StepWriterRefusesAnotherWriter) {
  for (const v1::Writer& other :
       {TestWriter("command-gate", 'b'), TestWriter("attestation", 'a')}) {
    ChainHead head;
    const ParsedRow row =
        *ParseRow(ChainBuilder(other).Append(TestRow(), 100, head));
    EXPECT_EQ(Step(row), "writer");
  }
}

TEST_F(ChainTest, StepSequenceRefusesAGapAndARepetition) {
  const ParsedRow first = Next();
  EXPECT_EQ(Step(first), "sequence");
  const ChainHead at_first = head_;
  Next();
  const ParsedRow third = Next();
  head_ = at_first;
  EXPECT_EQ(Step(third), "sequence");
}

TEST_F(ChainTest, StepPreviousRefusesAnotherRowBefore) {
  Next();
  const ChainHead before = head_;
  const ParsedRow second = Next();
  head_ = before;
  head_.id.hash[0] ^= 1;
  EXPECT_EQ(Step(second), "previous");
}

TEST_F(ChainTest, StepTimeRefusesAnEarlierRow) {
  Next(100);
  const ChainHead before = head_;
  const ParsedRow second = Next(100);
  head_ = before;
  head_.time_ms = 101;
  EXPECT_EQ(Step(second), "time");
}

TEST_F(ChainTest, HeadValueComesBack) {
  ASSERT_OK_AND_ASSIGN(StoredHead stored, ParseHead(builder_.HeadValue(head_)));
  EXPECT_EQ(stored.head.id.sequence, 0u);
  Next();
  ASSERT_OK_AND_ASSIGN(stored, ParseHead(builder_.HeadValue(head_)));
  EXPECT_EQ(stored.head.id, head_.id);
  EXPECT_EQ(stored.head.time_ms, head_.time_ms);
  EXPECT_EQ(stored.writer.SerializeAsString(), writer_.SerializeAsString());
}

TEST_F(ChainTest, RefusesAHeadThatIsNotInForm) {
  Next();
  EXPECT_THAT(ParseHead(builder_.HeadValue(head_) + "x"),
              HasReason(reason::kAuditFormat));
  EXPECT_THAT(ParseHead(""), HasReason(reason::kAuditFormat));
}

TEST(KeysTest, RowsSortByWriterAndSequence) {
  const std::string prefix = RowPrefix(std::string(16, 'a'));
  EXPECT_EQ(RowKey(prefix, 255),
            "audit/row/mfqwcylbmfqwcylbmfqwcylbme/00000000000000ff");
  EXPECT_LT(RowKey(prefix, 9), RowKey(prefix, 10));
  EXPECT_EQ(HeadKey(std::string(16, 'a')),
            "audit/head/mfqwcylbmfqwcylbmfqwcylbme");
}

}  // namespace
}  // namespace u2fi::audit
