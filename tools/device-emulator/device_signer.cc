#include "tools/device-emulator/device_signer.h"

#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"

namespace u2fi::device {

using crypto::LengthPrefixed;

std::string DeviceSigner::SignResult(absl::string_view command_id,
                                     absl::string_view outcome) const {
  return key_.Sign(
      crypto::Sha256({proof::domain::kResult, LengthPrefixed(command_id),
                      LengthPrefixed(outcome)}));
}

std::string DeviceSigner::SignProof(absl::string_view nonce,
                                    absl::string_view tx,
                                    absl::string_view gateway_point) const {
  return key_.Sign(
      crypto::Sha256({proof::domain::kDevice, LengthPrefixed(nonce),
                      LengthPrefixed(tx), LengthPrefixed(gateway_point)}));
}

std::string DeviceSigner::SignRenewal(absl::string_view device,
                                      absl::string_view jti) const {
  return key_.Sign(crypto::Sha256(
      {proof::domain::kRenewal, LengthPrefixed(device), LengthPrefixed(jti)}));
}

}  // namespace u2fi::device
