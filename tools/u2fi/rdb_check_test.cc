#include "tools/u2fi/rdb_check.h"

#include <fstream>

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;

// `body` and the checksum over it.
std::string Sealed(std::string body) {
  const uint64_t crc = Crc64(0, body);
  for (int i = 0; i < 8; ++i) body += static_cast<char>(crc >> (8 * i));
  return body;
}

std::string Valid() { return Sealed("REDIS0010\xfe records \xff"); }

absl::StatusOr<RdbFacts> Check(absl::string_view bytes) {
  RdbCheck check;
  check.Add(bytes);
  return check.Finish();
}

TEST(Crc64Test, HasThePublishedCheckValue) {
  EXPECT_EQ(Crc64(0, "123456789"), 0xe9c6d914c4b8d9caU);
}

TEST(RdbCheckTest, TellsKindVersionAndSize) {
  const auto facts = Check(Valid());
  ASSERT_OK(facts);
  EXPECT_EQ(facts->kind, "REDIS");
  EXPECT_EQ(facts->version, 10);
  EXPECT_EQ(facts->bytes, Valid().size());
}

TEST(RdbCheckTest, KnowsTheMagicOfValkey) {
  const auto facts = Check(Sealed("VALKEY080\xff"));
  ASSERT_OK(facts);
  EXPECT_EQ(facts->kind, "VALKEY");
  EXPECT_EQ(facts->version, 80);
}

TEST(RdbCheckTest, TakesTheBytesAsTheyCome) {
  RdbCheck check;
  for (const char byte : Valid()) check.Add(absl::string_view(&byte, 1));
  EXPECT_OK(check.Finish());
}

TEST(RdbCheckTest, RefusesEveryPartOfAFile) {
  const std::string whole = Valid();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(Check(whole.substr(0, size)), HasReason(reason::kStoreCorrupt))
        << size;
  }
}

TEST(RdbCheckTest, RefusesEveryChangedBit) {
  for (size_t bit = 0; bit < 8 * Valid().size(); ++bit) {
    std::string changed = Valid();
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(Check(changed), HasReason(reason::kStoreCorrupt)) << bit;
  }
}

TEST(RdbCheckTest, RefusesWhatIsLonger) {
  EXPECT_THAT(Check(Valid() + "x"), HasReason(reason::kStoreCorrupt));
}

TEST(RdbCheckTest, RefusesAnotherMagic) {
  EXPECT_THAT(Check(Sealed("SQLITE010\xff")), HasReason(reason::kStoreCorrupt));
  EXPECT_THAT(Check(Sealed("REDIS00x0\xff")), HasReason(reason::kStoreCorrupt));
}

TEST(RdbCheckTest, RefusesAFileWithoutChecksum) {
  const std::string none(8, '\0');
  EXPECT_THAT(Check("REDIS0010\xff" + none),
              HasReason(reason::kStoreMisconfigured));
}

TEST(RdbCheckTest, ReadsAFileAndNamesItInErrors) {
  const std::string path = testing::TempDir() + "/rdb_check_test.rdb";
  std::ofstream(path, std::ios::binary) << Valid();
  EXPECT_OK(CheckRdbFile(path));
  std::ofstream(path, std::ios::binary) << "x";
  EXPECT_THAT(CheckRdbFile(path), HasReason(reason::kStoreCorrupt));
  EXPECT_THAT(CheckRdbFile(path).status().message(), HasSubstr(path));
  EXPECT_THAT(CheckRdbFile(path + "-none"), HasReason(reason::kFileNotFound));
}

TEST(CanReadTest, NoServerReadsWhatIsNewer) {
  const RdbFacts redis{"REDIS", 10, 0};
  EXPECT_TRUE(CanRead(redis, {"REDIS", 10, 0}));
  EXPECT_TRUE(CanRead(redis, {"REDIS", 9, 0}));
  EXPECT_FALSE(CanRead(redis, {"REDIS", 11, 0}));
  EXPECT_FALSE(CanRead(redis, {"VALKEY", 80, 0}));
}

TEST(CanReadTest, RedisAndValkeyShareTheOldVersions) {
  const RdbFacts valkey{"VALKEY", 80, 0};
  EXPECT_TRUE(CanRead(valkey, {"REDIS", 11, 0}));
  EXPECT_FALSE(CanRead(valkey, {"REDIS", 12, 0}));
}

}  // namespace
}  // namespace u2fi::cli
