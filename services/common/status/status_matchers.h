#ifndef U2FI_SERVICES_COMMON_STATUS_STATUS_MATCHERS_H_
#define U2FI_SERVICES_COMMON_STATUS_STATUS_MATCHERS_H_

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// Matches a Status or StatusOr that is OK.
MATCHER(IsOk, "is OK") {
  if (StatusOf(arg).ok()) return true;
  *result_listener << StatusOf(arg).ToString();
  return false;
}

// Matches a Status or StatusOr with this canonical code.
MATCHER_P(StatusIs, code, "has the code " + absl::StatusCodeToString(code)) {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

// Matches a Status or StatusOr made for this Reason, with the reason's code.
MATCHER_P(HasReason, reason, std::string("has the reason ") + reason.name) {
  *result_listener << StatusOf(arg).ToString();
  return IsReason(StatusOf(arg), reason) && StatusOf(arg).code() == reason.code;
}

// Matches a StatusOr that is OK and whose value matches `inner`.
MATCHER_P(IsOkAndHolds, inner, "is OK and holds the value") {
  if (!arg.ok()) {
    *result_listener << arg.status().ToString();
    return false;
  }
  return testing::ExplainMatchResult(inner, *arg, result_listener);
}

}  // namespace u2fi

#define ASSERT_OK(expression) ASSERT_THAT((expression), ::u2fi::IsOk())
#define EXPECT_OK(expression) EXPECT_THAT((expression), ::u2fi::IsOk())

// Puts the value of a StatusOr into `target`, or fails the test case.
#define ASSERT_OK_AND_ASSIGN(target, expression)                              \
  U2FI_ASSERT_OK_AND_ASSIGN_(U2FI_CONCAT_(u2fi_result_, __COUNTER__), target, \
                             expression)
#define U2FI_ASSERT_OK_AND_ASSIGN_(result, target, expression) \
  auto result = (expression);                                  \
  ASSERT_THAT(result, ::u2fi::IsOk());                         \
  target = std::move(result).value()

#endif  // U2FI_SERVICES_COMMON_STATUS_STATUS_MATCHERS_H_
