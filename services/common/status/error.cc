#include "services/common/status/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace u2fi {
namespace {

constexpr char kReasonUrl[] = "u2fi/reason";
constexpr char kMetadataUrl[] = "u2fi/metadata/";
constexpr char kFieldUrl[] = "u2fi/field/";
constexpr char kRetryUrl[] = "u2fi/retry_ms";

std::map<std::string, std::string> PayloadsUnder(const absl::Status& status,
                                                 absl::string_view prefix) {
  std::map<std::string, std::string> found;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
    if (absl::ConsumePrefix(&url, prefix)) {
      found.emplace(std::string(url), std::string(value));
    }
  });
  return found;
}

}  // namespace

absl::Status Error(
    const Reason& reason, absl::string_view message,
    std::initializer_list<std::pair<absl::string_view, std::string>> metadata) {
  absl::Status status(reason.code, message);
  status.SetPayload(kReasonUrl, absl::Cord(reason.name));
  for (const auto& [name, value] : metadata) {
    status.SetPayload(absl::StrCat(kMetadataUrl, name), absl::Cord(value));
  }
  return status;
}

absl::Status FieldError(absl::string_view path, absl::string_view problem) {
  absl::Status status =
      Error(reason::kInvalidField, absl::StrCat("field ", path, ": ", problem),
            {{"field", std::string(path)}});
  status.SetPayload(absl::StrCat(kFieldUrl, path), absl::Cord(problem));
  return status;
}

absl::Status WithMetadata(absl::Status error, absl::string_view name,
                          absl::string_view value) {
  error.SetPayload(absl::StrCat(kMetadataUrl, name), absl::Cord(value));
  return error;
}

absl::Status WithField(absl::Status error, absl::string_view path,
                       absl::string_view problem) {
  error.SetPayload(absl::StrCat(kFieldUrl, path), absl::Cord(problem));
  return error;
}

absl::Status WithRetry(absl::Status error, absl::Duration delay) {
  error.SetPayload(kRetryUrl,
                   absl::Cord(absl::StrCat(absl::ToInt64Milliseconds(delay))));
  return error;
}

absl::Status WithContext(absl::string_view context, const absl::Status& error) {
  absl::Status longer(error.code(),
                      absl::StrCat(context, ": ", error.message()));
  error.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
    longer.SetPayload(url, value);
  });
  return longer;
}

std::string ReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> name = status.GetPayload(kReasonUrl);
  return name.has_value() ? std::string(*name) : "";
}

bool IsReason(const absl::Status& status, const Reason& reason) {
  return ReasonOf(status) == reason.name;
}

std::map<std::string, std::string> MetadataOf(const absl::Status& status) {
  return PayloadsUnder(status, kMetadataUrl);
}

std::map<std::string, std::string> FieldsOf(const absl::Status& status) {
  return PayloadsUnder(status, kFieldUrl);
}

absl::optional<absl::Duration> RetryOf(const absl::Status& status) {
  const absl::optional<absl::Cord> text = status.GetPayload(kRetryUrl);
  int64_t millis = 0;
  if (!text.has_value() || !absl::SimpleAtoi(std::string(*text), &millis)) {
    return absl::nullopt;
  }
  return absl::Milliseconds(millis);
}

}  // namespace u2fi
