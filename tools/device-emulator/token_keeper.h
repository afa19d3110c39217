#ifndef U2FI_TOOLS_DEVICE_EMULATOR_TOKEN_KEEPER_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_TOKEN_KEEPER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "services/common/time/clock.h"
#include "tools/device-emulator/device_record.h"
#include "tools/device-emulator/device_signer.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::device {

// Keeps the device's access token and has it renewed. Not thread-safe.
class TokenKeeper {
 public:
  // A renewal is asked for again after this long without an answer.
  static constexpr absl::Duration kRetry = absl::Minutes(1);

  // All must outlive this object.
  TokenKeeper(DeviceRecord& record, const DeviceSigner& signer,
              const Clock& clock)
      : record_(record), signer_(signer), clock_(clock) {}

  // Stores a token, and takes its `iat` as a lower bound of the time.
  // DEVICE_STATE if the device is blank, MESSAGE_FORMAT if the token cannot be
  // read, DEVICE_MISMATCH if it is another device's or tenant's.
  absl::Status Accept(const std::string& jwt);

  // A renewal to ask for now: when two thirds of the token's life have passed
  // by the device's time, or if `at_once`.
  absl::optional<v1::TokenRenewal> Renew(bool at_once);

 private:
  DeviceRecord& record_;
  const DeviceSigner& signer_;
  const Clock& clock_;
  absl::Duration next_attempt_ = absl::ZeroDuration();
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_TOKEN_KEEPER_H_
