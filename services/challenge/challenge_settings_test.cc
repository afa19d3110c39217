#include "services/challenge/challenge_settings.h"

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::challenge {
namespace {

absl::Status Check(const config::v1::ChallengeSettings& settings) {
  config::Checks checks;
  CheckSettings("settings", settings, checks);
  return checks.Result();
}

TEST(ChallengeSettingsTest, DefaultsAreGood) {
  EXPECT_OK(Check({}));
  EXPECT_EQ(RememberFrom({}), absl::Seconds(30));
}

TEST(ChallengeSettingsTest, RemembersAsLongAsItIsTold) {
  config::v1::ChallengeSettings settings;
  settings.mutable_remember()->set_seconds(600);
  EXPECT_OK(Check(settings));
  EXPECT_EQ(RememberFrom(settings), absl::Minutes(10));
}

TEST(ChallengeSettingsTest, RefusesToForgetBeforeTheSkewIsOver) {
  config::v1::ChallengeSettings settings;
  settings.mutable_remember()->set_seconds(29);
  EXPECT_THAT(Check(settings).message(),
              testing::HasSubstr("settings.remember"));
}

TEST(ChallengeSettingsTest, RefusesToRememberTooLong) {
  config::v1::ChallengeSettings settings;
  settings.mutable_remember()->set_seconds(601);
  EXPECT_FALSE(Check(settings).ok());
}

}  // namespace
}  // namespace u2fi::challenge
