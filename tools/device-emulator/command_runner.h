#ifndef U2FI_TOOLS_DEVICE_EMULATOR_COMMAND_RUNNER_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_COMMAND_RUNNER_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/proof/verify_proof.h"
#include "tools/device-emulator/appliance.h"
#include "tools/device-emulator/device_record.h"
#include "tools/device-emulator/results.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::device {

// Carries out device operations, each at most once. Not thread-safe.
class CommandRunner {
 public:
  // All must outlive this object. `act` is called while the device acts, after
  // it wrote that it begins: for the time that a motor takes. It may be empty.
  CommandRunner(DeviceRecord& record, Appliance& appliance,
                const Results& results, std::function<void()> act)
      : record_(record),
        appliance_(appliance),
        results_(results),
        act_(std::move(act)) {}

  // In this order:
  //   known     bytes that were begun before get the same result again
  //   proof     VerifyProof(), or VerifyFree() without one, under the device's
  //             own pin set; a blank device obeys nobody
  //   operation the model has it, with these arguments; `u2fi.*` never
  //   sequence  SEQUENCE_STALE unless it is fresh
  // then it writes that it begins, acts, and writes how it ended.
  CommandReport Run(absl::string_view command_bytes,
                    absl::string_view proof_bytes);

  // What became of a sequence number.
  v1::StatusReply Status(uint64_t sequence) const;

 private:
  absl::StatusOr<proof::VerifiedCommand> Accept(
      absl::string_view command_bytes, absl::string_view proof_bytes) const;
  std::string Execute(const proof::VerifiedCommand& command);

  DeviceRecord& record_;
  Appliance& appliance_;
  const Results& results_;
  const std::function<void()> act_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_COMMAND_RUNNER_H_
