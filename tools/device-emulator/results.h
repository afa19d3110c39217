#ifndef U2FI_TOOLS_DEVICE_EMULATOR_RESULTS_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_RESULTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/device-emulator/device_record.h"
#include "tools/device-emulator/device_signer.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::device {

// The outcome texts of DeviceResult.
inline constexpr absl::string_view kSucceeded = "SUCCEEDED";
inline constexpr absl::string_view kUnknown = "UNKNOWN";
std::string SucceededWith(absl::string_view answer);
// `status` is an error of ours.
std::string Refused(const absl::Status& status);
std::string Failed(const absl::Status& status);

// What became of a command, for the agent and for people.
struct CommandReport {
  v1::DeviceResult result;
  // `<operation>: done …`, `<operation>: refused: <REASON> …` and so on.
  std::string line;
};

// Makes results that the device signs.
class Results {
 public:
  // Both must outlive this object.
  Results(const DeviceRecord& record, const DeviceSigner& signer)
      : record_(record), signer_(signer) {}

  v1::DeviceResult Make(const std::string& command_id,
                        const std::string& outcome) const;

  // A report with the outcome's words for people. Takes id and operation from
  // the command bytes, if they can be read. `cause` explains an error.
  CommandReport Report(absl::string_view command_bytes,
                       const std::string& outcome,
                       const absl::Status& cause = absl::OkStatus()) const;

 private:
  const DeviceRecord& record_;
  const DeviceSigner& signer_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_RESULTS_H_
