#include "services/common/status/status_macros.h"

#include <memory>
#include <string>

#include "services/common/status/status_matchers.h"

namespace u2fi {
namespace {

absl::Status FailAfter(int& calls, bool fail) {
  ++calls;
  return fail ? absl::AbortedError("x") : absl::OkStatus();
}

TEST(ReturnIfErrorTest, AsksOnce) {
  int calls = 0;
  const auto run = [&calls]() -> absl::Status {
    RETURN_IF_ERROR(FailAfter(calls, true));
    return absl::OkStatus();
  };
  EXPECT_THAT(run(), StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(calls, 1);
}

TEST(ReturnIfErrorTest, GoesOnAfterOk) {
  int calls = 0;
  const auto run = [&calls]() -> absl::Status {
    RETURN_IF_ERROR(FailAfter(calls, false));
    RETURN_IF_ERROR(FailAfter(calls, false));
    return FailAfter(calls, false);
  };
  EXPECT_OK(run());
  EXPECT_EQ(calls, 3);
}

TEST(ReturnIfErrorTest, IsOneStatementUnderAnIf) {
  const auto run = [](bool check) -> absl::Status {
    if (check)
      RETURN_IF_ERROR(absl::AbortedError("x"));
    else
      return absl::InternalError("y");
    return absl::OkStatus();
  };
  EXPECT_THAT(run(true), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(run(false), StatusIs(absl::StatusCode::kInternal));
}

TEST(ReturnIfErrorTest, KeepsTheReason) {
  const auto run = []() -> absl::StatusOr<int> {
    RETURN_IF_ERROR(Error(reason::kStoreLimit, "too much"));
    return 1;
  };
  EXPECT_THAT(run(), HasReason(reason::kStoreLimit));
}

TEST(AssignOrReturnTest, MovesWhatCannotBeCopied) {
  const auto run = []() -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(
        const std::unique_ptr<int> number,
        absl::StatusOr<std::unique_ptr<int>>(std::make_unique<int>(7)));
    return *number;
  };
  EXPECT_THAT(run(), IsOkAndHolds(7));
}

TEST(AssignOrReturnTest, AssignsToWhatIsThere) {
  const auto run = [](absl::StatusOr<int> value) -> absl::StatusOr<int> {
    int number = 1;
    ASSIGN_OR_RETURN(number, std::move(value));
    return number;
  };
  EXPECT_THAT(run(5), IsOkAndHolds(5));
  EXPECT_THAT(run(absl::AbortedError("x")),
              StatusIs(absl::StatusCode::kAborted));
}

TEST(AssignOrReturnTest, SeveralStandInOneFunction) {
  const auto run = []() -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(const int a, absl::StatusOr<int>(1));
    ASSIGN_OR_RETURN(const int b, absl::StatusOr<int>(2));
    return a + b;
  };
  EXPECT_THAT(run(), IsOkAndHolds(3));
}

TEST(MatchersTest, IsOkDoesNotMatchAnError) {
  EXPECT_THAT(absl::AbortedError("x"), testing::Not(IsOk()));
}

TEST(MatchersTest, HasReasonNeedsTheReasonAndNotOnlyItsCode) {
  EXPECT_THAT(absl::PermissionDeniedError("x"),
              testing::Not(HasReason(reason::kSignatureInvalid)));
  EXPECT_THAT(Error(reason::kPublicKeyInvalid, "x"),
              testing::Not(HasReason(reason::kSignatureInvalid)));
}

TEST(MatchersTest, HasReasonDoesNotMatchOk) {
  EXPECT_THAT(absl::OkStatus(),
              testing::Not(HasReason(reason::kSignatureInvalid)));
}

TEST(MatchersTest, IsOkAndHoldsNeedsBoth) {
  EXPECT_THAT(absl::StatusOr<int>(1), testing::Not(IsOkAndHolds(2)));
  EXPECT_THAT(absl::StatusOr<int>(absl::AbortedError("x")),
              testing::Not(IsOkAndHolds(1)));
}

}  // namespace
}  // namespace u2fi
