#include "tools/device-emulator/token_keeper.h"

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/device-emulator/access_token.h"

namespace u2fi::device {

absl::Status TokenKeeper::Accept(const std::string& jwt) {
  if (record_.pins() == nullptr) {
    return Error(reason::kDeviceState, "a blank device takes no token");
  }
  ASSIGN_OR_RETURN(const TokenClaims claims, ReadClaims(jwt));
  if (claims.subject != record_.identity().device ||
      claims.tenant != record_.pins()->fields().tenant()) {
    return Error(reason::kDeviceMismatch, "the token is another device's");
  }
  Binding binding = record_.binding();
  binding.access_token = jwt;
  RETURN_IF_ERROR(record_.Rebind(std::move(binding)));
  next_attempt_ = absl::ZeroDuration();
  return record_.RaiseTime(claims.issued_ms);
}

absl::optional<v1::TokenRenewal> TokenKeeper::Renew(bool at_once) {
  const auto claims = ReadClaims(record_.binding().access_token);
  if (!claims.ok()) return absl::nullopt;
  const uint64_t life_ms = claims->expires_ms - claims->issued_ms;
  const bool due = record_.now_ms() >= claims->issued_ms + life_ms / 3 * 2 &&
                   clock_.Uptime() >= next_attempt_;
  if (!due && !at_once) return absl::nullopt;
  next_attempt_ = clock_.Uptime() + kRetry;
  v1::TokenRenewal renewal;
  renewal.set_jti(claims->jti);
  renewal.set_signature(
      signer_.SignRenewal(record_.identity().device, claims->jti));
  return renewal;
}

}  // namespace u2fi::device
