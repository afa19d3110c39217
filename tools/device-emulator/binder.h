#ifndef U2FI_TOOLS_DEVICE_EMULATOR_BINDER_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_BINDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/proof/verified_pins.h"
#include "services/common/time/clock.h"
#include "tools/device-emulator/device_record.h"
#include "tools/device-emulator/results.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::device {

// Changes whom the device obeys: never without a proof, except to nobody, by
// hand at the device. Not thread-safe.
class Binder {
 public:
  // All must outlive this object.
  Binder(DeviceRecord& record, const Results& results, const Clock& clock);

  // Keeps a genesis pin set until Commit() or the fail-safe. Nothing is
  // verified yet but that it is one for this device, behind this gateway.
  // DEVICE_STATE unless the device is blank.
  absl::Status Stage(const v1::Stage& message);

  // Installs what was staged, if the proof, the evidence and the sequence
  // number are good. Again after that: OK. STAGE_UNKNOWN if nothing is staged
  // under that transaction; otherwise what is staged stays after an error.
  absl::Status Commit(const std::string& tx, const std::string& proof);

  // Forgets what is staged under `tx`.
  absl::Status Rollback(const std::string& tx);

  // Installs the next pin set, under the present one.
  CommandReport Update(const v1::PinsUpdate& message);

  // The device becomes blank, under the present pin set.
  CommandReport Release(const v1::Release& message);

  // The local reset: blank without a proof, because somebody is at the device.
  // The memory of sequence numbers stays, so nothing old can be replayed.
  absl::Status Reset();

  // True if the fail-safe has just forgotten what was staged.
  bool Tick();

  v1::PinsReport Report() const;

 private:
  absl::Status CheckGenesis(const v1::Stage& message) const;
  absl::StatusOr<proof::VerifiedPins> AcceptPins(
      const std::string& command, const std::string& proof,
      const std::string& evidence) const;
  absl::StatusOr<proof::VerifiedCommand> AcceptRelease(
      const v1::Release& message) const;
  CommandReport Finish(const std::string& command_bytes,
                       const absl::Status& status) const;

  DeviceRecord& record_;
  const Results& results_;
  const Clock& clock_;
  // By Clock::Uptime().
  absl::Duration fail_safe_ = absl::InfiniteDuration();
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_BINDER_H_
