#include "tools/u2fi/doctor.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

// A name that no command has: ids are random.
constexpr char kNoCommand[] = "commands/aaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr absl::Duration kRenewBefore = absl::Hours(24);

}  // namespace

absl::Status Doctor::Run() {
  struct Check {
    const char* name;
    Finding (Doctor::*look)();
  };
  absl::Status first;
  for (const Check& check : {Check{"certificate", &Doctor::Certificate},
                             {"gate", &Doctor::Gate},
                             {"gateways", &Doctor::Gateways},
                             {"account", &Doctor::Account},
                             {"keys", &Doctor::Keys},
                             {"devices", &Doctor::Devices}}) {
    const Finding finding = (this->*check.look)();
    output_.Check(check.name, finding);
    if (first.ok()) first = finding.status();
  }
  return first;
}

Doctor::Finding Doctor::Certificate() {
  ASSIGN_OR_RETURN(const CallerIdentity caller, mesh_.Caller());
  const std::string until = absl::FormatTime(
      "%Y-%m-%d %H:%M UTC", caller.not_after, absl::UTCTimeZone());
  if (caller.not_after - clock_.Now() < kRenewBefore) {
    return absl::FailedPreconditionError(
        absl::StrCat(caller.uri, " is over at ", until, ": renew it now"));
  }
  return absl::StrCat(caller.uri, " until ", until);
}

Doctor::Finding Doctor::Gate() {
  gate::GetCommandRequest request;
  request.set_name(kNoCommand);
  const absl::Status status = mesh_.GetCommand(request).status();
  if (!IsReason(status, reason::kResourceUnknown)) {
    return status.ok() ? Error(reason::kInternal,
                               "it knows a command that "
                               "cannot be")
                       : status;
  }
  return std::string("it answers");
}

Doctor::Finding Doctor::Gateways() {
  const auto sessions = mesh_.ListGatewaySessions({});
  if (IsReason(sessions.status(), reason::kCallerNotAllowed)) {
    return std::string("only an operator may ask which are connected");
  }
  RETURN_IF_ERROR(sessions.status());
  if (sessions->sessions().empty()) {
    return Error(reason::kGatewayOffline, "none is connected");
  }
  std::string text = "connected:";
  for (const gate::GatewaySession& session : sessions->sessions()) {
    absl::StrAppend(&text, " ", session.gateway());
  }
  return absl::StrCat(text, sessions->next_page_token().empty() ? "" : " …");
}

Doctor::Finding Doctor::Account() {
  if (account_.empty()) {
    return std::string("none; --account or U2FI_ACCOUNT names one");
  }
  registry::GetAccountRequest request;
  request.set_name(absl::StrCat("accounts/", account_));
  RETURN_IF_ERROR(mesh_.GetAccount(request).status());
  return account_;
}

Doctor::Finding Doctor::Keys() {
  attestation::ListTokensRequest request;
  request.set_account(account_);
  const auto page = mesh_.ListTokens(request);
  RETURN_IF_ERROR(OfNoAccount(account_, page.status()));
  int usable = 0;
  for (const attestation::Token& token : page->tokens()) {
    usable += token.state() == attestation::TOKEN_STATE_ACTIVE;
  }
  if (usable == 0) {
    return Error(reason::kNoCredentials,
                 "no key is active: u2fi enrol lets one join the account");
  }
  return absl::StrCat(usable, " active",
                      page->next_page_token().empty() ? "" : " or more",
                      usable == 1 ? "; enrol a second for the day when it is "
                                    "lost"
                                  : "");
}

Doctor::Finding Doctor::Devices() {
  registry::ListDevicesRequest request;
  request.set_account(account_);
  const auto page = mesh_.ListDevices(request);
  RETURN_IF_ERROR(OfNoAccount(account_, page.status()));
  int bound = 0;
  for (const registry::Device& device : page->devices()) {
    bound += device.state() == registry::DEVICE_STATE_BOUND;
  }
  return absl::StrCat(bound, " bound, ", page->devices_size() - bound,
                      " not bound",
                      page->next_page_token().empty() ? "" : ", and more");
}

}  // namespace u2fi::cli
