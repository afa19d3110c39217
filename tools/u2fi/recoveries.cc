#include "tools/u2fi/recoveries.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/asker.h"

namespace u2fi::cli {
namespace {

constexpr char kCollection[] = "recoveries/";

std::string TimeText(const google::protobuf::Timestamp& time) {
  return google::protobuf::util::TimeUtil::ToString(time);
}

// What has to happen next, and until when.
std::string NextText(const attestation::Recovery& recovery) {
  switch (recovery.state()) {
    case attestation::RECOVERY_STATE_REQUESTED:
      return absl::StrCat(": another operator approves before ",
                          TimeText(recovery.expire_time()));
    case attestation::RECOVERY_STATE_WAITING:
      return absl::StrCat(": opens at ", TimeText(recovery.open_time()));
    case attestation::RECOVERY_STATE_OPEN:
      return absl::StrCat(": a new key enrols before ",
                          TimeText(recovery.expire_time()));
    default:
      return "";
  }
}

std::string Text(const attestation::Recovery& recovery) {
  return proof::VisibleText(absl::StrCat(
      recovery.name(), "  ", recovery.account(), "  ",
      absl::StripPrefix(attestation::RecoveryState_Name(recovery.state()),
                        "RECOVERY_STATE_"),
      NextText(recovery), "  (", recovery.reason(), "; ",
      absl::StrJoin(recovery.approvers(), ", "), ")"));
}

std::string NameOf(const std::string& recovery) {
  return absl::StrCat(kCollection, absl::StripPrefix(recovery, kCollection));
}

}  // namespace

absl::Status Recoveries::Start(const std::string& account,
                               const std::string& reason,
                               const std::string& request_id) {
  attestation::StartRecoveryRequest request;
  request.set_request_id(request_id.empty() ? NewRequestId(random_)
                                            : request_id);
  request.set_account(account);
  request.set_reason(reason);
  const auto response = mesh_.StartRecovery(request);
  RETURN_IF_ERROR(Repeatable(request.request_id(), response.status()));
  output_.Show(response->recovery(), Text(response->recovery()));
  return absl::OkStatus();
}

absl::Status Recoveries::Approve(const std::string& recovery) {
  attestation::ApproveRecoveryRequest request;
  request.set_name(NameOf(recovery));
  ASSIGN_OR_RETURN(const auto response, mesh_.ApproveRecovery(request));
  output_.Show(response.recovery(), Text(response.recovery()));
  return absl::OkStatus();
}

absl::Status Recoveries::Cancel(const std::string& recovery) {
  attestation::CancelRecoveryRequest request;
  request.set_name(NameOf(recovery));
  ASSIGN_OR_RETURN(const auto response, mesh_.CancelRecovery(request));
  output_.Show(response.recovery(), Text(response.recovery()));
  return absl::OkStatus();
}

absl::Status Recoveries::List(const std::string& account) {
  attestation::ListRecoveriesRequest request;
  request.set_account(account);
  do {
    ASSIGN_OR_RETURN(const auto page, mesh_.ListRecoveries(request));
    for (const attestation::Recovery& recovery : page.recoveries()) {
      output_.Show(recovery, Text(recovery));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

}  // namespace u2fi::cli
