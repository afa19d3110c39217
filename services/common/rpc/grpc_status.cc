#include "services/common/rpc/grpc_status.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"

namespace u2fi::rpc {
namespace {

constexpr char kDomain[] = "u2fi";
constexpr absl::Duration kDefaultRetry = absl::Seconds(1);
// Trailers may have 8 KiB, and binary ones may travel as base64.
constexpr size_t kMaxMessage = 256;
constexpr size_t kMaxName = 128;
constexpr size_t kMaxValue = 160;
constexpr int kMaxEntries = 8;
constexpr size_t kMaxReason = 63;
constexpr size_t kMaxDetails = 16 << 10;

// Printable ASCII of bounded length: fit for a header and for proto3 strings.
std::string Clean(absl::string_view text, size_t limit) {
  std::string clean(text.substr(0, limit));
  std::replace_if(
      clean.begin(), clean.end(),
      [](char c) { return !absl::ascii_isprint(c); }, '?');
  return clean;
}

google::rpc::ErrorInfo InfoOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonOf(status));
  info.set_domain(kDomain);
  for (const auto& [name, value] : MetadataOf(status)) {
    if (info.metadata_size() == kMaxEntries) break;
    (*info.mutable_metadata())[Clean(name, kMaxName)] = Clean(value, kMaxValue);
  }
  return info;
}

// What is wrong with the request as a whole, or with the one field that the
// metadata name.
void AddWhole(const absl::Status& status, google::rpc::BadRequest& bad) {
  const std::map<std::string, std::string> metadata = MetadataOf(status);
  const auto field = metadata.find("field");
  auto* violation = bad.add_field_violations();
  if (field != metadata.end()) {
    violation->set_field(Clean(field->second, kMaxName));
  }
  violation->set_description(Clean(status.message(), kMaxValue));
}

// Fields that are wrong. INVALID_ARGUMENT always says one.
google::rpc::BadRequest FieldsIn(const absl::Status& status) {
  google::rpc::BadRequest bad;
  for (const auto& [path, problem] : FieldsOf(status)) {
    if (bad.field_violations_size() == kMaxEntries) break;
    auto* violation = bad.add_field_violations();
    violation->set_field(Clean(path, kMaxName));
    violation->set_description(Clean(problem, kMaxValue));
  }
  if (absl::IsInvalidArgument(status) && bad.field_violations().empty()) {
    AddWhole(status, bad);
  }
  return bad;
}

absl::optional<absl::Duration> AdviceIn(const absl::Status& status) {
  const absl::optional<absl::Duration> advice = RetryOf(status);
  if (advice.has_value() || !absl::IsUnavailable(status)) return advice;
  return kDefaultRetry;
}

google::rpc::RetryInfo RetryIn(absl::Duration delay) {
  google::rpc::RetryInfo retry;
  const int64_t seconds = absl::ToInt64Seconds(delay);
  retry.mutable_retry_delay()->set_seconds(seconds);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(delay - absl::Seconds(seconds))));
  return retry;
}

// The error of an invariant of ours: the cause is for the log only.
absl::Status Neutral(const absl::Status& cause) {
  logging::Error("internal error", {{"cause", cause.ToString()}});
  return Error(reason::kInternal, "internal error");
}

bool IsReasonName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxReason) return false;
  if (!absl::ascii_isupper(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
  });
}

// The one ErrorInfo of ours, or nothing.
absl::optional<google::rpc::ErrorInfo> OurInfo(
    const google::rpc::Status& details) {
  absl::optional<google::rpc::ErrorInfo> ours;
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    if (!any.Is<google::rpc::ErrorInfo>()) continue;
    if (ours.has_value() || !any.UnpackTo(&info)) return absl::nullopt;
    ours = info;
  }
  if (!ours.has_value() || ours->domain() != kDomain ||
      !IsReasonName(ours->reason())) {
    return absl::nullopt;
  }
  return ours;
}

absl::Status WithDetail(absl::Status error, const google::protobuf::Any& any) {
  google::rpc::BadRequest bad;
  google::rpc::RetryInfo retry;
  if (any.UnpackTo(&bad)) {
    for (const auto& violation : bad.field_violations()) {
      if (violation.field().empty()) continue;
      error = WithField(error, violation.field(), violation.description());
    }
  } else if (any.UnpackTo(&retry)) {
    error =
        WithRetry(error, absl::Seconds(retry.retry_delay().seconds()) +
                             absl::Nanoseconds(retry.retry_delay().nanos()));
  }
  return error;
}

const Reason& ReasonFor(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
      return reason::kPeerUnavailable;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return reason::kPeerLimit;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return reason::kDeadlineExceeded;
    case grpc::StatusCode::CANCELLED:
      return reason::kCancelled;
    case grpc::StatusCode::UNAUTHENTICATED:
      return reason::kCallerUnknown;
    case grpc::StatusCode::PERMISSION_DENIED:
      return reason::kCallerNotAllowed;
    case grpc::StatusCode::UNIMPLEMENTED:
      return reason::kUnimplemented;
    default:
      return reason::kInternal;
  }
}

absl::Status FromForeign(const grpc::Status& status) {
  absl::Status error = Error(ReasonFor(status.error_code()),
                             Clean(status.error_message(), kMaxMessage));
  if (!absl::IsUnavailable(error)) return error;
  return WithRetry(error, kDefaultRetry);
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const absl::Status error =
      ReasonOf(status).empty() ? Neutral(status) : status;
  google::rpc::Status details;
  details.set_code(static_cast<int>(error.code()));
  details.set_message(Clean(error.message(), kMaxMessage));
  details.add_details()->PackFrom(InfoOf(error));
  const google::rpc::BadRequest fields = FieldsIn(error);
  if (fields.field_violations_size() > 0) {
    details.add_details()->PackFrom(fields);
  }
  const absl::optional<absl::Duration> advice = AdviceIn(error);
  if (advice.has_value()) details.add_details()->PackFrom(RetryIn(*advice));
  return grpc::Status(static_cast<grpc::StatusCode>(error.code()),
                      details.message(), details.SerializeAsString());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status details;
  if (status.error_details().size() > kMaxDetails ||
      !details.ParseFromString(status.error_details()) ||
      details.code() != status.error_code()) {
    return FromForeign(status);
  }
  const absl::optional<google::rpc::ErrorInfo> info = OurInfo(details);
  if (!info.has_value()) return FromForeign(status);
  const Reason reason{info->reason().c_str(),
                      static_cast<absl::StatusCode>(status.error_code())};
  absl::Status error =
      Error(reason, Clean(status.error_message(), kMaxMessage));
  for (const auto& [name, value] : info->metadata()) {
    error = WithMetadata(error, name, value);
  }
  for (const auto& any : details.details()) error = WithDetail(error, any);
  return error;
}

}  // namespace u2fi::rpc
