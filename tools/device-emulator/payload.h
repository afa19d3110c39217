#ifndef U2FI_TOOLS_DEVICE_EMULATOR_PAYLOAD_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_PAYLOAD_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::device {

inline constexpr size_t kMaxToDevice = 320 << 10;

// Reads what came from the agent. MESSAGE_FORMAT (with metadata "field")
// unless it is a ToDevice with a known body whose fields keep the sizes and
// forms that device.proto gives. The signed bytes inside are not looked at.
absl::StatusOr<v1::ToDevice> ParseToDevice(absl::string_view payload);

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_PAYLOAD_H_
