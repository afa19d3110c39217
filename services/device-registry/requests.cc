#include "services/device-registry/requests.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/proto_millis.h"

namespace u2fi::device_registry {
namespace {

using ::google::protobuf::util::TimeUtil;

}  // namespace

absl::StatusOr<std::string> IdOfName(absl::string_view collection,
                                     absl::string_view name,
                                     absl::string_view field) {
  if (!absl::ConsumePrefix(&name, collection)) {
    return FieldError(field, absl::StrCat("does not begin with ", collection));
  }
  RETURN_IF_ERROR(rpc::CheckId(field, name));
  return std::string(name);
}

absl::Status CheckOptionalId(absl::string_view field, absl::string_view id) {
  return id.empty() ? absl::OkStatus() : rpc::CheckId(field, id);
}

absl::Status NotYet(absl::string_view what) {
  return Error(reason::kUnimplemented,
               absl::StrCat(what, " is not there yet; see the README"));
}

google::protobuf::Timestamp ToTimestamp(int64_t unix_ms) {
  return TimeUtil::MillisecondsToTimestamp(unix_ms);
}

int64_t ToMillis(const google::protobuf::Timestamp& time) {
  return ProtoMillis(time);
}

std::string NextEtag(const std::string& etag) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(etag, &number)) number = 0;
  return absl::StrCat(number + 1);
}

absl::Status CheckEtag(const std::string& given, const std::string& present) {
  if (given == present) return absl::OkStatus();
  return Error(reason::kEtagMismatch, "the resource changed since it was read",
               {{"etag", present}});
}

std::string ShortName(absl::string_view prefix, const std::string& name) {
  return std::string(absl::StripPrefix(name, prefix));
}

audit::RowContent RowAbout(audit::v1::RowKind kind, const rpc::Caller& caller,
                           std::vector<std::string> subjects) {
  audit::RowContent row;
  row.kind = kind;
  row.subjects = std::move(subjects);
  row.body.set_outcome(common::v1::OUTCOME_ACCEPTED);
  row.body.set_caller(caller.uri());
  return row;
}

void AddDetail(audit::RowContent& row, absl::string_view name,
               absl::string_view value) {
  if (value.empty()) return;
  audit::v1::Detail& detail = *row.body.add_details();
  detail.set_name(std::string(name));
  detail.set_value(std::string(value));
}

}  // namespace u2fi::device_registry
