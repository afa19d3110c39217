#include "services/gateway-agent/hid_token.h"

#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {

absl::StatusOr<std::unique_ptr<HidToken>> HidToken::Open(
    std::string port, std::unique_ptr<u2fhid::Transport> transport,
    const Clock& clock, RandomSource& random) {
  std::unique_ptr<HidToken> token(
      new HidToken(std::move(port), std::move(transport), clock, random));
  u2fhid::CancelFlag never;
  RETURN_IF_ERROR(token->host_.Open({clock.Uptime() + kOpenWithin, never}));
  if ((token->host_.info().capabilities & u2fhid::kCapabilityCbor) != 0) {
    token->ctap2_.emplace(token->host_, clock);
  }
  return token;
}

absl::StatusOr<bool> HidToken::Owns(absl::string_view application,
                                    absl::string_view key_handle,
                                    const u2fhid::WaitLimit& limit) {
  // Key handles of FIDO2 credentials may be longer than any of U2F.
  if (key_handle.size() > u2fhid::kMaxKeyHandle) return false;
  ASSIGN_OR_RETURN(const u2fhid::KeyHandleOwner owner,
                   client_.Owner(application, key_handle, limit));
  return owner == u2fhid::KeyHandleOwner::kThisToken;
}

absl::StatusOr<std::string> HidToken::Register(absl::string_view challenge,
                                               absl::string_view application,
                                               const u2fhid::WaitLimit& limit) {
  return client_.Register(challenge, application, limit);
}

absl::StatusOr<std::string> HidToken::Sign(absl::string_view challenge,
                                           absl::string_view application,
                                           absl::string_view key_handle,
                                           const u2fhid::WaitLimit& limit) {
  return client_.Authenticate(
      {u2fhid::Control::kEnforceTouch, std::string(challenge),
       std::string(application), std::string(key_handle)},
      limit);
}

}  // namespace u2fi::gateway_agent
