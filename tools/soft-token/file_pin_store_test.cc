#include "tools/soft-token/file_pin_store.h"

#include <sys/stat.h>

#include <string>

#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"
#include "tools/soft-token/folder_test_util.h"

namespace u2fi::soft_token {
namespace {

class FilePinStoreTest : public testing::Test {
 protected:
  auto Open() { return FilePinStore::Open(path_); }
  auto OpenWith(const std::string& text) {
    EXPECT_OK(WriteFileDurably(path_, text, 0600));
    return Open();
  }

  TempFolder folder_;
  const std::string path_ = folder_.Path("pin");
  const PinRecord record_{std::string(16, 'h'), 5};
};

TEST_F(FilePinStoreTest, WithoutAFileThereIsNoPin) {
  ASSERT_OK_AND_ASSIGN(const auto store, Open());
  EXPECT_FALSE(store->record().is_set());
  EXPECT_EQ(store->record().retries, 8);
}

TEST_F(FilePinStoreTest, ARestartFindsHashAndTries) {
  ASSERT_OK_AND_ASSIGN(auto store, Open());
  ASSERT_OK(store->Save(record_));
  store.reset();
  ASSERT_OK_AND_ASSIGN(store, Open());
  EXPECT_EQ(store->record().hash, record_.hash);
  EXPECT_EQ(store->record().retries, 5);
}

TEST_F(FilePinStoreTest, ItIsForItsOwnerOnly) {
  ASSERT_OK_AND_ASSIGN(const auto store, Open());
  ASSERT_OK(store->Save(record_));
  struct stat about;
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(FilePinStoreTest, NoTriesAreKeptToo) {
  ASSERT_OK_AND_ASSIGN(auto store, Open());
  ASSERT_OK(store->Save({record_.hash, 0}));
  ASSERT_OK_AND_ASSIGN(store, Open());
  EXPECT_EQ(store->record().retries, 0);
}

TEST_F(FilePinStoreTest, AnythingElseIsRefused) {
  const std::string hash(32, 'a');
  EXPECT_OK(OpenWith(hash + " 8\n"));
  EXPECT_OK(OpenWith("- 8\n"));
  for (const std::string& text :
       {std::string(), std::string("8\n"), "aa 8\n" + hash.substr(2),
        std::string("aa 8\n"), hash + " 9\n", hash + " -1\n", hash + " 8",
        hash + " 8\n\n", hash + "  8\n", hash + " 08\n"}) {
    EXPECT_THAT(OpenWith(text).status(), HasReason(reason::kInvalidField))
        << text;
  }
}

TEST_F(FilePinStoreTest, ADiskThatRefusesChangesNothing) {
  const auto store = FilePinStore::Open(folder_.Path("nowhere/pin"));
  ASSERT_OK(store);
  EXPECT_THAT((*store)->Save(record_), HasReason(reason::kFileUnavailable));
  EXPECT_FALSE((*store)->record().is_set());
}

}  // namespace
}  // namespace u2fi::soft_token
