#ifndef U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/p256.h"
#include "services/common/time/clock.h"
#include "tools/device-emulator/appliance.h"
#include "tools/device-emulator/binder.h"
#include "tools/device-emulator/command_runner.h"
#include "tools/device-emulator/console.h"
#include "tools/device-emulator/device_record.h"
#include "tools/device-emulator/device_signer.h"
#include "tools/device-emulator/results.h"
#include "tools/device-emulator/token_keeper.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::device {

// An emulated device with the kit: takes the messages of device.proto and
// gives the answers. No I/O but its storage. Not thread-safe.
class Device {
 public:
  using Answers = std::vector<v1::FromDevice>;

  struct Parts {
    DeviceIdentity identity;
    crypto::P256PrivateKey factory_key;
    // A model of Appliance.
    std::string model;
    // Called while it acts, see CommandRunner. May be empty.
    std::function<void()> act;
  };

  // The three must outlive the device; `stored` was loaded from `storage`.
  // INVALID_FIELD for an unknown model, FILE_UNAVAILABLE for a damaged state.
  static absl::StatusOr<std::unique_ptr<Device>> Create(
      Parts parts, DeviceStorage& storage, const StoredState& stored,
      const Clock& clock, Console& console);

  // Answers one message from the agent.
  Answers Handle(absl::string_view payload);

  // What it says first on a new connection.
  Answers Hello() const;

  // To be called about once a second: the fail-safe, the token's renewal.
  Answers Tick();

  // Somebody presses the reset button at the device.
  Answers Reset();

  // Asks for another access token now. Nothing without a token.
  Answers RenewToken();

  const DeviceRecord& record() const { return *record_; }
  const std::string& model() const { return appliance_.model(); }
  // 65 bytes.
  const std::string& factory_point() const { return signer_.point(); }

 private:
  Device(Parts parts, Appliance appliance, std::unique_ptr<DeviceRecord> record,
         const Clock& clock, Console& console);

  Answers Dispatch(const v1::ToDevice& message);
  Answers Prove(const v1::ProveRequest& request);
  Answers Stage(const v1::Stage& message);
  Answers Commit(const v1::Commit& message);
  Answers Rollback(const v1::Rollback& message);
  Answers TakeToken(const v1::AccessToken& message);
  Answers FromReport(const CommandReport& report, bool with_pins);
  // Tells the binding; if `status` is an error, why `tx` failed.
  Answers FromBinding(const std::string& what, const std::string& tx,
                      const absl::Status& status);
  Answers Refuse(const absl::Status& status);
  void Say(const std::string& line) const;

  Console& console_;
  Appliance appliance_;
  const DeviceSigner signer_;
  const std::unique_ptr<DeviceRecord> record_;
  const Results results_;
  CommandRunner runner_;
  Binder binder_;
  TokenKeeper tokens_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_H_
