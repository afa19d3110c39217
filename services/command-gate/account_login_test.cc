#include "services/command-gate/account_login.h"

#include <unistd.h>

#include <cstdlib>

#include "gmock/gmock.h"
#include "services/command-gate/fake_issuer.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

class AccountLoginTest : public testing::Test {
 protected:
  AccountLoginTest() {
    std::string folder = testing::TempDir() + "/login_XXXXXX";
    file_ = std::string(mkdtemp(folder.data())) + "/jwks.json";
    Publish(issuer_.Set().dump());
  }
  void Publish(const std::string& text) {
    ASSERT_OK(WriteFileDurably(file_, text, 0600));
  }
  absl::StatusOr<std::unique_ptr<AccountLogin>> Create() {
    return AccountLogin::Create(
        clock_,
        {{"t1", {FakeIssuer::kIssuer, FakeIssuer::kAudience, file_, "sub"}}});
  }
  std::string Token() { return issuer_.Token(clock_.Now()); }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  FakeIssuer issuer_;
  std::string file_;
};

TEST_F(AccountLoginTest, TheIssuersTokenSignsIn) {
  ASSERT_OK_AND_ASSIGN(const auto login, Create());
  EXPECT_OK(login->Check("t1", "ann", Token()));
}

TEST_F(AccountLoginTest, WithoutATokenNobodyIsSignedIn) {
  ASSERT_OK_AND_ASSIGN(const auto login, Create());
  EXPECT_THAT(login->Check("t1", "ann", ""),
              HasReason(reason::kIdTokenInvalid));
}

TEST_F(AccountLoginTest, ATokenIsForItsAccountOnly) {
  ASSERT_OK_AND_ASSIGN(const auto login, Create());
  EXPECT_THAT(login->Check("t1", "bob", Token()),
              HasReason(reason::kIdTokenInvalid));
}

TEST_F(AccountLoginTest, ItEndsWithTheClock) {
  ASSERT_OK_AND_ASSIGN(const auto login, Create());
  const std::string token = Token();
  clock_.Advance(absl::Hours(2));
  EXPECT_THAT(login->Check("t1", "ann", token),
              HasReason(reason::kIdTokenInvalid));
}

TEST_F(AccountLoginTest, ATenantWithoutIssuerNeedsNone) {
  ASSERT_OK_AND_ASSIGN(const auto login, Create());
  EXPECT_OK(login->Check("t2", "ann", ""));
}

TEST_F(AccountLoginTest, ChangedKeysCountAtOnce) {
  ASSERT_OK_AND_ASSIGN(const auto login, Create());
  const FakeIssuer next;
  const std::string token = next.Token(clock_.Now());
  EXPECT_THAT(login->Check("t1", "ann", token),
              HasReason(reason::kIdTokenInvalid));
  Publish(next.Set().dump());
  EXPECT_OK(login->Check("t1", "ann", token));
  EXPECT_THAT(login->Check("t1", "ann", Token()),
              HasReason(reason::kIdTokenInvalid));
}

TEST_F(AccountLoginTest, WhileTheFileIsBadNobodyIsSignedIn) {
  ASSERT_OK_AND_ASSIGN(const auto login, Create());
  Publish("{");
  EXPECT_THAT(login->Check("t1", "ann", Token()),
              HasReason(reason::kPeerUnavailable));
  Publish(issuer_.Set().dump());
  EXPECT_OK(login->Check("t1", "ann", Token()));
}

TEST_F(AccountLoginTest, WithoutTheFileNobodyIsSignedIn) {
  ASSERT_OK_AND_ASSIGN(const auto login, Create());
  ASSERT_EQ(unlink(file_.c_str()), 0);
  EXPECT_THAT(login->Check("t1", "ann", Token()),
              HasReason(reason::kPeerUnavailable));
}

TEST_F(AccountLoginTest, AMissingFileStopsTheStart) {
  file_ += ".missing";
  const absl::Status status = Create().status();
  EXPECT_THAT(status, HasReason(reason::kFileNotFound));
  EXPECT_NE(status.message().find(file_), absl::string_view::npos);
}

TEST_F(AccountLoginTest, ABadFileStopsTheStart) {
  Publish("{}");
  EXPECT_THAT(Create(), HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::command_gate
