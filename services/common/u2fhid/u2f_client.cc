#include "services/common/u2fhid/u2f_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::u2fhid {
namespace {

absl::Status StatusWordError(StatusWord status) {
  const std::string hex =
      absl::StrCat(absl::Hex(static_cast<uint16_t>(status), absl::kZeroPad4));
  return Error(reason::kDeviceStatus,
               absl::StrCat("the token answered with status ", hex),
               {{"status", hex}});
}

absl::StatusOr<std::string> DataOf(ResponseApdu response) {
  if (response.status == StatusWord::kOk) return std::move(response.data);
  return StatusWordError(response.status);
}

}  // namespace

absl::StatusOr<std::string> U2fClient::Version(const WaitLimit& limit) {
  ASSIGN_OR_RETURN(ResponseApdu response,
                   AskUntilFree(VersionCommand(), limit));
  return DataOf(std::move(response));
}

absl::StatusOr<std::string> U2fClient::Register(absl::string_view challenge,
                                                absl::string_view application,
                                                const WaitLimit& limit) {
  ASSIGN_OR_RETURN(const CommandApdu command,
                   ToCommand(RegisterRequest{std::string(challenge),
                                             std::string(application)}));
  return AskUntilTouched(command, limit);
}

absl::StatusOr<std::string> U2fClient::Authenticate(
    const AuthenticateRequest& request, const WaitLimit& limit) {
  if (request.control == Control::kCheckOnly) {
    return FieldError("control", "check-only never signs");
  }
  ASSIGN_OR_RETURN(const CommandApdu command, ToCommand(request));
  return AskUntilTouched(command, limit);
}

absl::StatusOr<KeyHandleOwner> U2fClient::Owner(absl::string_view application,
                                                absl::string_view key_handle,
                                                const WaitLimit& limit) {
  // The challenge is not used in a check: nothing is signed.
  ASSIGN_OR_RETURN(const CommandApdu command,
                   ToCommand(AuthenticateRequest{
                       Control::kCheckOnly, std::string(kParameterSize, '\0'),
                       std::string(application), std::string(key_handle)}));
  ASSIGN_OR_RETURN(const ResponseApdu response, AskUntilFree(command, limit));
  if (response.status == StatusWord::kTouchNeeded) {
    return KeyHandleOwner::kThisToken;
  }
  if (response.status == StatusWord::kWrongData) {
    return KeyHandleOwner::kNotThisToken;
  }
  return StatusWordError(response.status);
}

absl::StatusOr<ResponseApdu> U2fClient::Ask(const CommandApdu& command,
                                            const WaitLimit& limit) {
  ASSIGN_OR_RETURN(const std::string request,
                   EncodeCommand(command, ApduEncoding::kExtended));
  ASSIGN_OR_RETURN(const std::string response, host_.Msg(request, limit));
  return ParseResponse(response);
}

absl::StatusOr<ResponseApdu> U2fClient::AskUntilFree(const CommandApdu& command,
                                                     const WaitLimit& limit) {
  while (true) {
    absl::StatusOr<ResponseApdu> response = Ask(command, limit);
    const bool busy = IsReason(response.status(), reason::kTokenBusy);
    if (!busy || !PauseWithin(limit)) return response;
  }
}

absl::StatusOr<std::string> U2fClient::AskUntilTouched(
    const CommandApdu& command, const WaitLimit& limit) {
  bool wanted = false;
  while (true) {
    absl::StatusOr<ResponseApdu> response = AskUntilFree(command, limit);
    // The deadline may come while the token is asked once more.
    const bool late = wanted && clock_.Uptime() >= limit.deadline &&
                      IsReason(response.status(), reason::kTokenTimeout);
    if (!late) {
      RETURN_IF_ERROR(response.status());
      wanted = response->status == StatusWord::kTouchNeeded;
      if (!wanted) return DataOf(*std::move(response));
    }
    if (late || !PauseWithin(limit)) {
      return Error(reason::kTouchTimeout, "nobody touched the token in time");
    }
  }
}

// False if the deadline comes before the end of the pause. A cancelled pause
// ends early; the next request then says TOKEN_CANCELLED.
bool U2fClient::PauseWithin(const WaitLimit& limit) {
  if (clock_.Uptime() + options_.poll_interval >= limit.deadline) return false;
  options_.sleep(options_.poll_interval, limit.cancel);
  return true;
}

}  // namespace u2fi::u2fhid
