#include "services/common/store/redis_codec.h"

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

using testing::ElementsAre;

const char kEpoch[] = "0123456789abcdef0123456789abcdef01234567";
const char kId[] = "fedcba9876543210";

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}
std::string Record(char version, const std::string& value) {
  return std::string(1, kRecordFormat) + std::string(7, '\0') + version +
         RecordTail(0, kId, 0, value);
}

class RedisCodecTest : public testing::Test {
 protected:
  RedisReply Reply(const std::string& bytes) {
    return ReadReply(bytes).value();
  }
  absl::StatusOr<Version> Commit(const std::string& rest) {
    return ParseCommit(request_, kId, *Reply("*3\r\n" + Bulk(kId) + rest));
  }

  const RedisLayout layout_{"u2fi:", Partition::Make("gate", "acme").value()};
  const CommitRequest request_{
      kEpoch, {{"a", 3}, {"b", kAbsent}}, {{"a", "x"}}};
};

TEST_F(RedisCodecTest, EveryKeyOfACommitHasTheHashTagOfThePartition) {
  CommitRequest request = request_;
  request.remove = {"c"};
  for (const ScriptCall& call :
       {CommitCall(layout_, request, kId), SettleCall(layout_, request, kId),
        GetCall(layout_, {"a", "b"}), ScanCall(layout_, "", "", 1)}) {
    ASSERT_FALSE(call.keys.empty());
    for (const std::string& key : call.keys) {
      EXPECT_EQ(key.rfind("u2fi:{gate/acme}", 0), 0u) << key;
    }
  }
}

TEST_F(RedisCodecTest, ACommitCarriesConditionsAndTails) {
  const ScriptCall call = CommitCall(layout_, request_, kId);
  EXPECT_THAT(call.arguments,
              ElementsAre(kEpoch, kId, "2", "1", "0", "0", PackVersion(3), "",
                          RecordTail(3, kId, 0, "x")));
}

TEST_F(RedisCodecTest, APutWithoutConditionDoesNotKnowWhatItReplaces) {
  CommitRequest request = request_;
  request.expect.clear();
  EXPECT_EQ(CommitCall(layout_, request, kId).arguments.back(),
            RecordTail(kReplacedUnknown, kId, 0, "x"));
}

TEST_F(RedisCodecTest, EncodesWordsForTheWire) {
  EXPECT_EQ(EncodeCommand({"PING", ""}), "*2\r\n$4\r\nPING\r\n$0\r\n\r\n");
}

TEST_F(RedisCodecTest, ReadsTheVersionOfACommit) {
  EXPECT_THAT(Commit(":0\r\n:9\r\n"), IsOkAndHolds(9u));
}

TEST_F(RedisCodecTest, ReadsWhichExpectationFailed) {
  const absl::Status aborted = Commit(":1\r\n:2\r\n").status();
  EXPECT_THAT(aborted, HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(aborted)["key"], "b");
}

TEST_F(RedisCodecTest, ReadsThatTheEpochHasChanged) {
  EXPECT_THAT(Commit(":2\r\n:0\r\n"), HasReason(reason::kStoreEpochChanged));
}

TEST_F(RedisCodecTest, AStoppedCommitNeverHappened) {
  EXPECT_THAT(Commit(":3\r\n:0\r\n"), HasReason(reason::kStoreAborted));
}

TEST_F(RedisCodecTest, AnAnswerToAnotherCommitIsNoSuccess) {
  const RedisReply reply =
      Reply("*3\r\n" + Bulk("0000000000000000") + ":0\r\n:9\r\n");
  EXPECT_THAT(ParseCommit(request_, kId, *reply),
              HasReason(reason::kStoreOutcomeUnknown));
}

// Answers that no script of ours gives.
class BadCommitAnswerTest : public RedisCodecTest,
                            public testing::WithParamInterface<const char*> {};

TEST_P(BadCommitAnswerTest, IsNoSuccess) {
  EXPECT_THAT(Commit(GetParam()), HasReason(reason::kStoreOutcomeUnknown));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, BadCommitAnswerTest,
    testing::Values(":0\r\n:0\r\n",   // Put something without a version.
                    ":0\r\n:-1\r\n",  // A negative version.
                    ":1\r\n:0\r\n",   // No expectation has this index.
                    ":1\r\n:3\r\n",   //
                    ":4\r\n:1\r\n",   // No such code.
                    "$1\r\n0\r\n:9\r\n"));

TEST_F(RedisCodecTest, ReadsEntriesAndAbsence) {
  const RedisReply reply =
      Reply("*3\r\n" + Bulk(kEpoch) + Bulk(Record(5, "value")) + "$-1\r\n");
  ASSERT_OK_AND_ASSIGN(const Snapshot snapshot, ParseGet({"a", "b"}, *reply));
  EXPECT_EQ(snapshot.epoch, kEpoch);
  EXPECT_EQ(snapshot.entries[0].value, "value");
  EXPECT_EQ(snapshot.entries[0].version, 5u);
  EXPECT_FALSE(snapshot.entries[1].exists());
}

TEST_F(RedisCodecTest, MissingEntriesAreNotTakenForAbsence) {
  const RedisReply reply = Reply("*2\r\n" + Bulk(kEpoch) + "$-1\r\n");
  EXPECT_THAT(ParseGet({"a", "b"}, *reply), HasReason(reason::kStoreCorrupt));
}

TEST_F(RedisCodecTest, ReadsThatTheValuesAreTooLarge) {
  const RedisReply reply = Reply("*2\r\n" + Bulk(kEpoch) + ":-1\r\n");
  EXPECT_THAT(ParseGet({"a", "b"}, *reply), HasReason(reason::kStoreLimit));
}

TEST_F(RedisCodecTest, ReadsAPage) {
  const RedisReply reply = Reply("*4\r\n" + Bulk(kEpoch) + ":1\r\n" +
                                 Bulk("a") + Bulk(Record(5, "value")));
  ASSERT_OK_AND_ASSIGN(const Page page, ParseScan(*reply));
  EXPECT_TRUE(page.more);
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].key, "a");
  EXPECT_EQ(page.items[0].value, "value");
}

TEST_F(RedisCodecTest, APageWithoutItemsCannotHaveMore) {
  const RedisReply reply = Reply("*2\r\n" + Bulk(kEpoch) + ":1\r\n");
  EXPECT_THAT(ParseScan(*reply), HasReason(reason::kStoreCorrupt));
}

TEST_F(RedisCodecTest, APageNeedsARecordPerKey) {
  const RedisReply odd = Reply("*3\r\n" + Bulk(kEpoch) + ":0\r\n" + Bulk("a"));
  EXPECT_THAT(ParseScan(*odd), HasReason(reason::kStoreCorrupt));
  const RedisReply nil =
      Reply("*4\r\n" + Bulk(kEpoch) + ":0\r\n" + Bulk("a") + "$-1\r\n");
  EXPECT_THAT(ParseScan(*nil), HasReason(reason::kStoreCorrupt));
}

TEST_F(RedisCodecTest, ReadsTheHeadersOfASettlement) {
  const std::string header = Record(5, "").substr(0, kRecordHeaderSize);
  const RedisReply reply = Reply("*2\r\n" + Bulk(kEpoch) + Bulk(header));
  ASSERT_OK_AND_ASSIGN(const Found found, ParseSettle(request_, *reply));
  ASSERT_TRUE(found.headers[0].has_value());
  EXPECT_EQ(found.headers[0]->commit_id, kId);
}

TEST_F(RedisCodecTest, ASettlementHasOneHeaderPerKey) {
  const RedisReply reply = Reply("*1\r\n" + Bulk(kEpoch));
  EXPECT_THAT(ParseSettle(request_, *reply), HasReason(reason::kStoreCorrupt));
}

TEST_F(RedisCodecTest, ReadsTheTime) {
  EXPECT_THAT(ParseTime(*Reply("*2\r\n$2\r\n12\r\n$2\r\n34\r\n")),
              IsOkAndHolds(absl::FromUnixMicros(12000034)));
  EXPECT_THAT(ParseTime(*Reply("*2\r\n$2\r\nxx\r\n$2\r\n34\r\n")),
              HasReason(reason::kStoreCorrupt));
}

TEST_F(RedisCodecTest, ARefusalBeforeTheFirstWriteIsUnavailable) {
  for (const char* error : {"READONLY x", "OOM x", "NOREPLICAS x", "NOPERM x",
                            "LOADING x", "MISCONF x", "CROSSSLOT x"}) {
    EXPECT_THAT(ErrorOf(*Reply(std::string("-") + error + "\r\n")),
                HasReason(reason::kStoreUnavailable))
        << error;
  }
}

TEST_F(RedisCodecTest, AnyOtherErrorLeavesTheOutcomeUnknown) {
  EXPECT_THAT(ErrorOf(*Reply("-ERR script failed\r\n")),
              HasReason(reason::kStoreOutcomeUnknown));
}

}  // namespace
}  // namespace u2fi::store
