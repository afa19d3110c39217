#ifndef U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_SIGNER_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_SIGNER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "services/common/crypto/p256.h"

namespace u2fi::device {

// What a device signs with its factory key. All results are DER.
class DeviceSigner {
 public:
  explicit DeviceSigner(crypto::P256PrivateKey key) : key_(std::move(key)) {}

  // Over SHA-256("u2fi/result/v1" ‖ lp(command id) ‖ lp(outcome)).
  std::string SignResult(absl::string_view command_id,
                         absl::string_view outcome) const;

  // Over SHA-256("u2fi/device/v1" ‖ lp(nonce) ‖ lp(tx) ‖ lp(gateway point)).
  std::string SignProof(absl::string_view nonce, absl::string_view tx,
                        absl::string_view gateway_point) const;

  // Over SHA-256("u2fi/renewal/v1" ‖ lp(device) ‖ lp(jti)).
  std::string SignRenewal(absl::string_view device,
                          absl::string_view jti) const;

  // 65 bytes.
  const std::string& point() const { return key_.public_key().point(); }

 private:
  const crypto::P256PrivateKey key_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_SIGNER_H_
