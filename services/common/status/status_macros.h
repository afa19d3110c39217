#ifndef U2FI_SERVICES_COMMON_STATUS_STATUS_MACROS_H_
#define U2FI_SERVICES_COMMON_STATUS_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function if `expression`, an absl::Status, is not
// OK. The packaged Abseil has no such macros.
#define RETURN_IF_ERROR(expression)              \
  do {                                           \
    absl::Status u2fi_status_ = (expression);    \
    if (!u2fi_status_.ok()) return u2fi_status_; \
  } while (false)

// Puts the value of `expression`, an absl::StatusOr, into `target` (which may
// be a declaration), or returns its error. A type with a comma needs
// parentheses around the whole target.
#define ASSIGN_OR_RETURN(target, expression)                              \
  U2FI_ASSIGN_OR_RETURN_(U2FI_CONCAT_(u2fi_result_, __COUNTER__), target, \
                         expression)

#define U2FI_ASSIGN_OR_RETURN_(result, target, expression) \
  auto result = (expression);                              \
  if (!result.ok()) return std::move(result).status();     \
  target = std::move(result).value()

#define U2FI_CONCAT_(a, b) U2FI_CONCAT_INNER_(a, b)
#define U2FI_CONCAT_INNER_(a, b) a##b

#endif  // U2FI_SERVICES_COMMON_STATUS_STATUS_MACROS_H_
