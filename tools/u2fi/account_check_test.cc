#include "tools/u2fi/account_check.h"

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AccountCheckTest : public testing::Test {
 protected:
  FakeMesh mesh_;
};

TEST_F(AccountCheckTest, AnAccountThatIsThereIsGood) {
  EXPECT_OK(CheckAccountIsThere(mesh_, "ann"));
  EXPECT_THAT(mesh_.calls(), ElementsAre("GetAccount name: \"accounts/ann\""));
}

TEST_F(AccountCheckTest, AnotherOneIsNot) {
  mesh_.account_error = Error(reason::kResourceUnknown, "there is none");
  EXPECT_THAT(CheckAccountIsThere(mesh_, "an"),
              HasReason(reason::kResourceUnknown));
}

TEST_F(AccountCheckTest, AllAccountsAreThere) {
  EXPECT_OK(CheckAccountIsThere(mesh_, ""));
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(AccountCheckTest, AProcessWithoutARegistryDoesNotKnow) {
  mesh_.account_error = Error(reason::kUnimplemented, "is served elsewhere");
  EXPECT_OK(CheckAccountIsThere(mesh_, "ann"));
}

}  // namespace
}  // namespace u2fi::cli
