#include "tools/soft-token/file_counter_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"
#include "tools/soft-token/folder_test_util.h"

namespace u2fi::soft_token {
namespace {

class FileCounterStoreTest : public testing::Test {
 protected:
  // What stands in the file.
  int OnDisk() {
    const absl::StatusOr<std::string> content = ReadFile(path_, 100);
    return content.ok() ? std::stoi(*content) : -1;
  }

  TempFolder folder_;
  const std::string path_ = folder_.Path("counter");
};

TEST_F(FileCounterStoreTest, ANewCounterStartsAtOne) {
  ASSERT_OK_AND_ASSIGN(const auto counter, FileCounterStore::Create(path_));
  EXPECT_THAT(counter->Next(), IsOkAndHolds(1u));
  EXPECT_THAT(counter->Next(), IsOkAndHolds(2u));
}

TEST_F(FileCounterStoreTest, TheDiskIsAlwaysAhead) {
  ASSERT_OK_AND_ASSIGN(const auto counter, FileCounterStore::Create(path_));
  for (int i = 0; i < 250; ++i) {
    ASSERT_OK_AND_ASSIGN(const uint32_t value, counter->Next());
    EXPECT_GE(OnDisk(), static_cast<int>(value));
  }
}

TEST_F(FileCounterStoreTest, ARestartGoesOnBehindTheBlock) {
  ASSERT_OK_AND_ASSIGN(auto counter, FileCounterStore::Create(path_));
  ASSERT_OK(counter->Next());
  // No clean shutdown: the file is as a crash leaves it.
  counter.reset();
  ASSERT_OK_AND_ASSIGN(counter, FileCounterStore::Open(path_));
  EXPECT_EQ(counter->last(), 100u);
  EXPECT_THAT(counter->Next(), IsOkAndHolds(101u));
}

TEST_F(FileCounterStoreTest, ARestartWithoutUseLeavesNoGap) {
  ASSERT_OK(FileCounterStore::Create(path_));
  ASSERT_OK(FileCounterStore::Open(path_));
  ASSERT_OK_AND_ASSIGN(const auto counter, FileCounterStore::Open(path_));
  EXPECT_THAT(counter->Next(), IsOkAndHolds(1u));
}

TEST_F(FileCounterStoreTest, NothingIsHandedOutThatIsNotOnDisk) {
  const std::string home = folder_.Path("home");
  const std::string away = folder_.Path("away");
  ASSERT_EQ(mkdir(home.c_str(), 0700), 0);
  ASSERT_OK_AND_ASSIGN(const auto counter,
                       FileCounterStore::Create(home + "/counter"));
  ASSERT_EQ(rename(home.c_str(), away.c_str()), 0);
  EXPECT_THAT(counter->Next(), HasReason(reason::kFileUnavailable));
  EXPECT_EQ(counter->last(), 0u);
  ASSERT_EQ(rename(away.c_str(), home.c_str()), 0);
  EXPECT_THAT(counter->Next(), IsOkAndHolds(1u));
}

TEST_F(FileCounterStoreTest, TheLastValueIsHandedOut) {
  ASSERT_OK(WriteFileDurably(path_, "4294967294\n", 0600));
  ASSERT_OK_AND_ASSIGN(const auto counter, FileCounterStore::Open(path_));
  EXPECT_THAT(counter->Next(), IsOkAndHolds(4294967295u));
}

TEST_F(FileCounterStoreTest, AfterTheLastValueThereIsNone) {
  ASSERT_OK(WriteFileDurably(path_, "4294967295\n", 0600));
  ASSERT_OK_AND_ASSIGN(const auto counter, FileCounterStore::Open(path_));
  EXPECT_THAT(counter->Next(), HasReason(reason::kInternal));
}

TEST_F(FileCounterStoreTest, NoFileIsNotFound) {
  EXPECT_THAT(FileCounterStore::Open(path_).status(),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(FileCounterStoreTest, ALongFileIsRefused) {
  ASSERT_OK(WriteFileDurably(path_, std::string(33, '1'), 0600));
  EXPECT_THAT(FileCounterStore::Open(path_).status(),
              HasReason(reason::kFileUnavailable));
}

// Contents that are no counter.
class DamagedCounterTest : public FileCounterStoreTest,
                           public testing::WithParamInterface<const char*> {};

TEST_P(DamagedCounterTest, IsRefused) {
  ASSERT_OK(WriteFileDurably(path_, GetParam(), 0600));
  EXPECT_THAT(FileCounterStore::Open(path_).status(),
              HasReason(reason::kInvalidField));
}

INSTANTIATE_TEST_SUITE_P(Contents, DamagedCounterTest,
                         testing::Values("", "\n", "12", "012\n", "-1\n",
                                         "12\n\n", " 12\n", "4294967296\n",
                                         "0x10\n"));

}  // namespace
}  // namespace u2fi::soft_token
