#include "services/common/rpc/clock_watch.h"

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::rpc {
namespace {

using testing::HasSubstr;

class ClockWatchTest : public testing::Test {
 protected:
  void LookWith(absl::Duration ahead) {
    shared_ = clock_.Now() + ahead;
    watch_.Look();
  }

  FakeClock clock_;
  metrics::Registry registry_;
  absl::StatusOr<absl::Time> shared_ = clock_.Now();
  // How long a question to the shared clock takes.
  absl::Duration takes_;
  ClockWatch watch_{[this] {
                      clock_.Advance(takes_);
                      return shared_;
                    },
                    clock_, registry_};
};

TEST_F(ClockWatchTest, BeforeTheFirstLookAllIsWell) {
  EXPECT_OK(watch_.Check());
}

TEST_F(ClockWatchTest, TwoSecondsAreStillRight) {
  LookWith(absl::Seconds(2));
  EXPECT_OK(watch_.Check());
  LookWith(-absl::Seconds(2));
  EXPECT_OK(watch_.Check());
}

TEST_F(ClockWatchTest, MoreIsWrongInEitherDirection) {
  LookWith(absl::Milliseconds(2001));
  EXPECT_THAT(watch_.Check(), HasReason(reason::kClockSkew));
  LookWith(-absl::Milliseconds(2001));
  EXPECT_THAT(watch_.Check(), HasReason(reason::kClockSkew));
}

TEST_F(ClockWatchTest, OneThatWasSetRightServesAgain) {
  LookWith(absl::Hours(1));
  LookWith(absl::ZeroDuration());
  EXPECT_OK(watch_.Check());
}

TEST_F(ClockWatchTest, ASlowAnswerProvesNothing) {
  takes_ = absl::Seconds(5);
  LookWith(absl::ZeroDuration());
  EXPECT_OK(watch_.Check());
  LookWith(absl::Seconds(6.5));
  EXPECT_OK(watch_.Check());
  LookWith(absl::Seconds(7.5));
  EXPECT_THAT(watch_.Check(), HasReason(reason::kClockSkew));
}

TEST_F(ClockWatchTest, WhileNobodyCanBeAskedNothingChanges) {
  LookWith(absl::Hours(1));
  shared_ = Error(reason::kStoreUnavailable, "away");
  watch_.Look();
  EXPECT_THAT(watch_.Check(), HasReason(reason::kClockSkew));
}

TEST_F(ClockWatchTest, TheGaugeSaysHowFar) {
  LookWith(-absl::Seconds(3));
  EXPECT_THAT(registry_.Text(), HasSubstr("\nu2fi_clock_skew_seconds -3"));
}

}  // namespace
}  // namespace u2fi::rpc
