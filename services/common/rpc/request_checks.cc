#include "services/common/rpc/request_checks.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"

namespace u2fi::rpc {
namespace {

constexpr char kTokenDomain[] = "u2fi/page-token/v1";
constexpr size_t kTagSize = 8;
constexpr int32_t kNanosPerSecond = 1'000'000'000;
// Bounds of google.protobuf.Duration and Timestamp.
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int64_t kMinTimeSeconds = -62'135'596'800;
constexpr int64_t kMaxTimeSeconds = 253'402'300'799;

// Ties a token to its list.
std::string TagOf(absl::string_view list) {
  const crypto::Digest digest =
      crypto::Sha256(absl::StrCat(kTokenDomain, list));
  return std::string(digest.begin(), digest.begin() + kTagSize);
}

bool IsWellFormed(const google::protobuf::Duration& value) {
  const int64_t seconds = value.seconds();
  const int32_t nanos = value.nanos();
  return seconds >= -kMaxDurationSeconds && seconds <= kMaxDurationSeconds &&
         nanos > -kNanosPerSecond && nanos < kNanosPerSecond &&
         (seconds <= 0 || nanos >= 0) && (seconds >= 0 || nanos <= 0);
}

bool IsWellFormed(const google::protobuf::Timestamp& value) {
  return value.seconds() >= kMinTimeSeconds &&
         value.seconds() <= kMaxTimeSeconds && value.nanos() >= 0 &&
         value.nanos() < kNanosPerSecond;
}

}  // namespace

absl::StatusOr<Page> ReadPage(int64_t page_size, absl::string_view page_token,
                              absl::string_view list) {
  if (page_size < 0) return FieldError("page_size", "is negative");
  Page page;
  if (page_size > 0) {
    page.size = static_cast<int>(std::min<int64_t>(page_size, kMaxPageSize));
  }
  if (page_token.empty()) return page;
  std::string token;
  absl::string_view position;
  const bool good = page_token.size() <= kMaxPageToken &&
                    absl::WebSafeBase64Unescape(page_token, &token) &&
                    absl::ConsumePrefix(&(position = token), TagOf(list)) &&
                    !position.empty() &&
                    PageToken(position, list) == page_token;
  if (!good) {
    return Error(reason::kPageTokenInvalid,
                 "the page token was not given by this rpc with these filters");
  }
  page.after = std::string(position);
  return page;
}

std::string PageToken(absl::string_view position, absl::string_view list) {
  if (position.empty()) return "";
  return absl::WebSafeBase64Escape(absl::StrCat(TagOf(list), position));
}

absl::StatusOr<absl::Duration> CheckDuration(
    absl::string_view path, const google::protobuf::Duration& value,
    absl::Duration low, absl::Duration high) {
  if (!IsWellFormed(value)) return FieldError(path, "is malformed");
  const absl::Duration duration =
      absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (duration >= low && duration <= high) return duration;
  return FieldError(
      path, absl::StrCat("must be from ", absl::FormatDuration(low), " to ",
                         absl::FormatDuration(high)));
}

absl::StatusOr<absl::Time> CheckTime(absl::string_view path,
                                     const google::protobuf::Timestamp& value,
                                     absl::Time low, absl::Time high) {
  if (!IsWellFormed(value)) return FieldError(path, "is malformed");
  const absl::Time time =
      absl::FromUnixSeconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (time >= low && time <= high) return time;
  return FieldError(
      path,
      absl::StrCat("must be from ", absl::FormatTime(low, absl::UTCTimeZone()),
                   " to ", absl::FormatTime(high, absl::UTCTimeZone())));
}

absl::Status CheckSize(absl::string_view path, absl::string_view value,
                       size_t low, size_t high) {
  if (value.size() >= low && value.size() <= high) return absl::OkStatus();
  if (value.empty()) return FieldError(path, "is required");
  if (low == high) {
    return FieldError(path, absl::StrCat("must have ", low, " bytes"));
  }
  return FieldError(
      path, absl::StrCat("must have from ", low, " to ", high, " bytes"));
}

}  // namespace u2fi::rpc
