#ifndef U2FI_SERVICES_COMMON_STATUS_ERROR_H_
#define U2FI_SERVICES_COMMON_STATUS_ERROR_H_

#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/common/status/reasons.h"

namespace u2fi {

// An error of ours is an absl::Status whose payloads carry the reason, the
// variables of the message, the field at fault and when to try again.
// services/common/rpc turns it into a google.rpc.Status with one ErrorInfo.

// The status of `reason`, with its code. `message` is a sentence for the
// caller: no secret and no internal cause goes in. `metadata` holds each
// variable of the message under its name.
absl::Status Error(
    const Reason& reason, absl::string_view message,
    std::initializer_list<std::pair<absl::string_view, std::string>> metadata =
        {});

// INVALID_FIELD naming the request field (`path` as in a field mask) and what
// is wrong with it.
absl::Status FieldError(absl::string_view path, absl::string_view problem);

// `error`, which must not be OK, with one more variable of its message.
absl::Status WithMetadata(absl::Status error, absl::string_view name,
                          absl::string_view value);

// `error`, which must not be OK, with one more wrong field of the request.
absl::Status WithField(absl::Status error, absl::string_view path,
                       absl::string_view problem);

// `error`, which must not be OK, with advice to try again after `delay`.
absl::Status WithRetry(absl::Status error, absl::Duration delay);

// `error` with "context: " before its message. Code and payloads stay.
absl::Status WithContext(absl::string_view context, const absl::Status& error);

// The reason's name, or "" for an OK status or one that is not ours.
std::string ReasonOf(const absl::Status& status);

// True if `status` was made for `reason`.
bool IsReason(const absl::Status& status, const Reason& reason);

// The variables given to Error().
std::map<std::string, std::string> MetadataOf(const absl::Status& status);

// Field path → problem, for errors made by FieldError().
std::map<std::string, std::string> FieldsOf(const absl::Status& status);

// The advice of WithRetry(), if any.
absl::optional<absl::Duration> RetryOf(const absl::Status& status);

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_STATUS_ERROR_H_
