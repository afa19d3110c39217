#include "services/common/status/error.h"

#include "services/common/status/status_matchers.h"

namespace u2fi {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

TEST(ErrorTest, CarriesTheReasonAndItsCode) {
  EXPECT_THAT(Error(reason::kChallengeReused, "spent"),
              HasReason(reason::kChallengeReused));
}

TEST(ErrorTest, CarriesEachVariableUnderItsName) {
  const absl::Status error =
      Error(reason::kInternal, "a", {{"x", "1"}, {"y", "2"}});
  EXPECT_THAT(MetadataOf(error),
              UnorderedElementsAre(Pair("x", "1"), Pair("y", "2")));
}

TEST(ErrorTest, FieldErrorNamesTheField) {
  const absl::Status error = FieldError("command.device", "is empty");
  EXPECT_THAT(error, HasReason(reason::kInvalidField));
  EXPECT_THAT(FieldsOf(error),
              UnorderedElementsAre(Pair("command.device", "is empty")));
  EXPECT_EQ(error.message(), "field command.device: is empty");
}

TEST(ErrorTest, TakesMoreVariablesAndFields) {
  const absl::Status error = WithField(
      WithMetadata(FieldError("a", "is empty"), "limit", "9"), "b", "is long");
  EXPECT_THAT(MetadataOf(error),
              UnorderedElementsAre(Pair("field", "a"), Pair("limit", "9")));
  EXPECT_THAT(FieldsOf(error), UnorderedElementsAre(Pair("a", "is empty"),
                                                    Pair("b", "is long")));
}

TEST(ErrorTest, ContextKeepsReasonAndVariables) {
  const absl::Status error =
      WithContext("leaf", Error(reason::kSignatureInvalid, "no", {{"k", "v"}}));
  EXPECT_EQ(error.message(), "leaf: no");
  EXPECT_THAT(error, HasReason(reason::kSignatureInvalid));
  EXPECT_THAT(MetadataOf(error), UnorderedElementsAre(Pair("k", "v")));
}

TEST(ErrorTest, RetryIsKeptInMilliseconds) {
  const absl::Status error =
      WithRetry(Error(reason::kStoreUnavailable, "away"), absl::Seconds(2));
  EXPECT_EQ(RetryOf(error), absl::Seconds(2));
  EXPECT_EQ(RetryOf(absl::InternalError("x")), absl::nullopt);
}

TEST(ErrorTest, AForeignStatusHasNoReason) {
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), "");
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
}

TEST(ErrorTest, AForeignStatusOfTheSameCodeIsNotThatReason) {
  EXPECT_FALSE(
      IsReason(absl::PermissionDeniedError("x"), reason::kSignatureInvalid));
  EXPECT_FALSE(IsReason(absl::OkStatus(), reason::kSignatureInvalid));
}

TEST(ErrorTest, AForeignStatusHasNoVariablesAndNoFields) {
  EXPECT_TRUE(MetadataOf(absl::InternalError("x")).empty());
  EXPECT_TRUE(FieldsOf(absl::InternalError("x")).empty());
}

TEST(ErrorTest, TheLastValueOfAVariableCounts) {
  const absl::Status error =
      WithMetadata(Error(reason::kInternal, "a", {{"x", "1"}}), "x", "2");
  EXPECT_THAT(MetadataOf(error), UnorderedElementsAre(Pair("x", "2")));
}

TEST(ErrorTest, VariablesAreAnyBytes) {
  const std::string odd("\0'=\n]", 5);
  EXPECT_EQ(MetadataOf(Error(reason::kInternal, "a", {{"x", odd}}))["x"], odd);
}

TEST(ErrorTest, ContextKeepsFieldsAndAdvice) {
  const absl::Status error = WithContext(
      "item 3", WithRetry(FieldError("a", "is empty"), absl::Seconds(1)));
  EXPECT_THAT(FieldsOf(error), UnorderedElementsAre(Pair("a", "is empty")));
  EXPECT_EQ(RetryOf(error), absl::Seconds(1));
}

TEST(ErrorTest, ContextsStandOutermostFirst) {
  EXPECT_EQ(
      WithContext("b", WithContext("a", absl::InternalError("x"))).message(),
      "b: a: x");
}

absl::StatusOr<int> Twice(absl::StatusOr<int> value) {
  ASSIGN_OR_RETURN(const int number, std::move(value));
  RETURN_IF_ERROR(number < 0 ? FieldError("n", "negative") : absl::OkStatus());
  return 2 * number;
}

TEST(StatusMacrosTest, PassValuesOnAndErrorsUp) {
  EXPECT_THAT(Twice(4), IsOkAndHolds(8));
  EXPECT_THAT(Twice(-1), HasReason(reason::kInvalidField));
  EXPECT_THAT(Twice(absl::AbortedError("x")),
              StatusIs(absl::StatusCode::kAborted));
}

}  // namespace
}  // namespace u2fi
