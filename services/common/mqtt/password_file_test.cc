#include "services/common/mqtt/password_file.h"

#include <sys/stat.h>

#include <cstdlib>
#include <string>

#include "services/common/file/file.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::mqtt {
namespace {

class PasswordFileTest : public testing::Test {
 protected:
  PasswordFileTest() {
    std::string folder = testing::TempDir() + "/passwords_XXXXXX";
    path_ = std::string(mkdtemp(folder.data())) + "/passwords";
  }
  PasswordFile Open() { return PasswordFile::Open(path_, random_).value(); }
  std::string Text() const { return ReadFile(path_, 1 << 20).value(); }

  std::string path_;
  FakeRandomSource random_;
};

TEST_F(PasswordFileTest, ANewFileHasNobody) {
  EXPECT_FALSE(Open().Has("cam-1"));
}

TEST_F(PasswordFileTest, AUserIsThereForTheNextOneWhoReads) {
  PasswordFile file = Open();
  ASSERT_OK(file.SetPassword("cam-1", file.NewPassword()));
  EXPECT_TRUE(Open().Has("cam-1"));
}

TEST_F(PasswordFileTest, PasswordsAreHashedAndTheFilePrivate) {
  PasswordFile file = Open();
  const std::string password = file.NewPassword();
  EXPECT_EQ(password.size(), 43u);
  ASSERT_OK(file.SetPassword("cam-1", password));
  EXPECT_THAT(Text(), testing::StartsWith("cam-1:$7$101$"));
  EXPECT_THAT(Text(), testing::Not(testing::HasSubstr(password)));
  struct stat state = {};
  ASSERT_EQ(stat(path_.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600u);
}

TEST_F(PasswordFileTest, TwoPasswordsAreNeverTheSame) {
  const PasswordFile file = Open();
  EXPECT_NE(file.NewPassword(), file.NewPassword());
}

TEST_F(PasswordFileTest, OtherUsersStay) {
  PasswordFile file = Open();
  ASSERT_OK(file.SetPassword("agent.g1", "a"));
  PasswordFile later = Open();
  ASSERT_OK(later.SetPassword("cam-1", "b"));
  EXPECT_TRUE(Open().Has("agent.g1"));
}

TEST_F(PasswordFileTest, ARemovedUserIsGone) {
  PasswordFile file = Open();
  ASSERT_OK(file.SetPassword("cam-1", "a"));
  ASSERT_OK(file.Remove("cam-1"));
  ASSERT_OK(file.Remove("cam-1"));
  EXPECT_FALSE(Open().Has("cam-1"));
}

TEST_F(PasswordFileTest, AUserThatCouldEndItsLineIsRefused) {
  PasswordFile file = Open();
  EXPECT_THAT(file.SetPassword("cam:1", "a"), HasReason(reason::kInvalidField));
  EXPECT_THAT(file.SetPassword("a\nb", "a"), HasReason(reason::kInvalidField));
}

TEST_F(PasswordFileTest, AFileThatCannotBeReadIsSaid) {
  EXPECT_THAT(PasswordFile::Open(testing::TempDir(), random_).status(),
              HasReason(reason::kFileUnavailable));
}

}  // namespace
}  // namespace u2fi::mqtt
