#include "services/attestation/requests.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {

absl::StatusOr<std::string> IdOfName(absl::string_view collection,
                                     absl::string_view name,
                                     absl::string_view field) {
  if (!absl::ConsumePrefix(&name, collection)) {
    return FieldError(field, absl::StrCat("does not begin with ", collection));
  }
  RETURN_IF_ERROR(rpc::CheckId(field, name));
  return std::string(name);
}

absl::Status Unknown(absl::string_view name) {
  return Error(reason::kResourceUnknown, "there is no such resource",
               {{"name", std::string(name)}});
}

google::protobuf::Timestamp ToTimestamp(uint64_t unix_ms) {
  return google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
      static_cast<int64_t>(unix_ms));
}

std::string StateText(v1::TokenState state) {
  return std::string(
      absl::StripPrefix(v1::TokenState_Name(state), "TOKEN_STATE_"));
}

std::string StateText(v1::RecoveryState state) {
  return std::string(
      absl::StripPrefix(v1::RecoveryState_Name(state), "RECOVERY_STATE_"));
}

audit::RowContent RowAbout(audit::v1::RowKind kind, absl::string_view caller,
                           std::vector<std::string> subjects) {
  audit::RowContent row;
  row.kind = kind;
  row.subjects = std::move(subjects);
  row.body.set_outcome(common::v1::OUTCOME_ACCEPTED);
  row.body.set_caller(std::string(caller));
  return row;
}

void AddDetail(audit::RowContent& row, absl::string_view name,
               absl::string_view value) {
  if (value.empty()) return;
  audit::v1::Detail& detail = *row.body.add_details();
  detail.set_name(std::string(name));
  detail.set_value(std::string(value));
}

}  // namespace u2fi::attestation
