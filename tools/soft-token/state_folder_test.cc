#include "tools/soft-token/state_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/soft-token/folder_test_util.h"

namespace u2fi::soft_token {
namespace {

class StateFolderTest : public testing::Test {
 protected:
  absl::StatusOr<StateFolder> Open() {
    return StateFolder::Open(path_, clock_, random_);
  }

  FakeClock clock_;
  FakeRandomSource random_;
  TempFolder folder_;
  const std::string path_ = folder_.Path("key");
};

TEST_F(StateFolderTest, TheFirstOpenMakesAToken) {
  ASSERT_OK_AND_ASSIGN(StateFolder state, Open());
  EXPECT_EQ(state.identity().secret.size(), 32u);
  EXPECT_THAT(state.counter().Next(), IsOkAndHolds(1u));
}

TEST_F(StateFolderTest, TheSecondOpenFindsTheSameToken) {
  std::string text;
  {
    ASSERT_OK_AND_ASSIGN(StateFolder state, Open());
    text = ToText(state.identity());
    ASSERT_OK(state.counter().Next());
  }
  ASSERT_OK_AND_ASSIGN(StateFolder state, Open());
  EXPECT_EQ(ToText(state.identity()), text);
  EXPECT_THAT(state.counter().Next(), IsOkAndHolds(101u));
}

TEST_F(StateFolderTest, TheSecondOpenFindsThePin) {
  {
    ASSERT_OK_AND_ASSIGN(StateFolder state, Open());
    EXPECT_FALSE(state.pin().record().is_set());
    ASSERT_OK(state.pin().Save({std::string(16, 'h'), 7}));
  }
  ASSERT_OK_AND_ASSIGN(StateFolder state, Open());
  EXPECT_EQ(state.pin().record().retries, 7);
}

TEST_F(StateFolderTest, SecretsAreForTheOwnerOnly) {
  ASSERT_OK(Open());
  for (const char* name : {"/identity", "/counter", "/lock"}) {
    struct stat about;
    ASSERT_EQ(stat((path_ + name).c_str(), &about), 0) << name;
    EXPECT_EQ(about.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(StateFolderTest, TwoProcessesDoNotShareAToken) {
  ASSERT_OK_AND_ASSIGN(const StateFolder state, Open());
  EXPECT_THAT(Open().status(), HasReason(reason::kInvalidField));
}

TEST_F(StateFolderTest, ACopyIsAClone) {
  ASSERT_OK_AND_ASSIGN(const StateFolder state, Open());
  std::filesystem::copy(path_, folder_.Path("clone"));
  ASSERT_OK_AND_ASSIGN(
      const StateFolder clone,
      StateFolder::Open(folder_.Path("clone"), clock_, random_));
  EXPECT_EQ(clone.identity().secret, state.identity().secret);
}

TEST_F(StateFolderTest, ALostCounterDoesNotStartAgain) {
  ASSERT_OK(Open());
  ASSERT_EQ(unlink((path_ + "/counter").c_str()), 0);
  EXPECT_THAT(Open().status(), HasReason(reason::kInvalidField));
}

TEST_F(StateFolderTest, ACrashBeforeTheIdentityIsHarmless) {
  ASSERT_OK(Open());
  ASSERT_EQ(unlink((path_ + "/identity").c_str()), 0);
  EXPECT_OK(Open());
}

TEST_F(StateFolderTest, ADamagedIdentityIsNotReplaced) {
  ASSERT_OK(Open());
  std::ofstream(path_ + "/identity") << "garbage";
  EXPECT_THAT(Open().status(), HasReason(reason::kInvalidField));
}

TEST_F(StateFolderTest, AnIdentityThatOthersMayReadIsRefused) {
  ASSERT_OK(Open());
  ASSERT_EQ(chmod((path_ + "/identity").c_str(), 0604), 0);
  EXPECT_THAT(Open().status(), HasReason(reason::kInvalidField));
}

TEST_F(StateFolderTest, AFileInPlaceOfTheFolderIsRefused) {
  std::ofstream(path_) << "a file";
  EXPECT_THAT(Open().status(), HasReason(reason::kFileUnavailable));
}

}  // namespace
}  // namespace u2fi::soft_token
