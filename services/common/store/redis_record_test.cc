#include "services/common/store/redis_record.h"

#include "services/common/status/status_matchers.h"
#include "services/common/store/engine_rules.h"

namespace u2fi::store {
namespace {

const char kId[] = "0123456789abcdef";

// What the script makes of a tail.
std::string Record(Version version, const std::string& tail) {
  return std::string(1, kRecordFormat) + PackVersion(version) + tail;
}

TEST(RedisRecordTest, ReadsWhatWasWritten) {
  const std::string record = Record(258, RecordTail(7, kId, 1234, "value"));
  ASSERT_OK_AND_ASSIGN(const RecordHeader header,
                       ParseRecordHeader("k", record));
  EXPECT_EQ(header.version, 258u);
  EXPECT_EQ(header.replaced, 7u);
  EXPECT_EQ(header.commit_id, kId);
  EXPECT_EQ(header.expires_ms, 1234);
  EXPECT_EQ(RecordValue(record), "value");
}

TEST(RedisRecordTest, HasTheLayoutThatTheScriptsRelyOn) {
  const std::string record = Record(0x0102, RecordTail(3, kId, 0x0405, "v"));
  EXPECT_EQ(record, std::string("\1"
                                "\0\0\0\0\0\0\1\2"
                                "\0\0\0\0\0\0\0\3"
                                "0123456789abcdef"
                                "\0\0\0\0\0\0\4\5"
                                "v",
                                42));
}

TEST(RedisRecordTest, NoExpiryIsWrittenAsAllBitsSet) {
  const std::string tail = RecordTail(3, kId, kNoExpiry, "");
  EXPECT_EQ(tail.substr(24), std::string(8, '\xff'));
  ASSERT_OK_AND_ASSIGN(const RecordHeader header,
                       ParseRecordHeader("k", Record(1, tail)));
  EXPECT_EQ(header.expires_ms, kNoExpiry);
}

TEST(RedisRecordTest, AnAbsentVersionIsPackedAsNothing) {
  EXPECT_EQ(PackVersion(kAbsent), "");
  EXPECT_EQ(PackVersion(1), std::string("\0\0\0\0\0\0\0\1", 8));
}

TEST(RedisRecordTest, AHeaderAloneIsARecordWithAnEmptyValue) {
  const std::string record = Record(1, RecordTail(0, kId, 0, ""));
  EXPECT_OK(ParseRecordHeader("k", record));
  EXPECT_EQ(RecordValue(record), "");
}

TEST(RedisRecordTest, RefusesOneByteTooFew) {
  const std::string record = Record(1, RecordTail(0, kId, 0, ""));
  EXPECT_THAT(ParseRecordHeader("k", record.substr(0, record.size() - 1)),
              HasReason(reason::kStoreCorrupt));
}

TEST(RedisRecordTest, RefusesAnotherFormat) {
  std::string record = Record(1, RecordTail(0, kId, 0, ""));
  record[0] = 2;
  EXPECT_THAT(ParseRecordHeader("k", record), HasReason(reason::kStoreCorrupt));
}

TEST(RedisRecordTest, RefusesVersionZero) {
  std::string record = Record(1, RecordTail(0, kId, 0, ""));
  record[8] = 0;
  EXPECT_THAT(ParseRecordHeader("k", record), HasReason(reason::kStoreCorrupt));
}

}  // namespace
}  // namespace u2fi::store
