#ifndef U2FI_SERVICES_COMMON_U2FHID_FRAME_H_
#define U2FI_SERVICES_COMMON_U2FHID_FRAME_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/u2fhid/report.h"

namespace u2fi::u2fhid {

// The packets of the FIDO U2F HID Protocol 1.2, "Message and packet structure",
// as pure functions: no I/O, no state. CTAPHID has the same packets, and its
// text is the newer one: sections below are those of CTAP 2.1, 11.2.4 here.
//
//   initialization packet  channel 4 | 0x80 + command 1 | length 2 | data 57
//   continuation packet    channel 4 | sequence 0..127 1 | data 59
//
// Numbers are big-endian. Data behind the end of a message is zero and ignored.

// A message never has more bytes than fit one initialization packet and 128
// continuation packets.
inline constexpr size_t kInitialData = kReportSize - 7;
inline constexpr size_t kContinuationData = kReportSize - 5;
inline constexpr size_t kMaxMessage = kInitialData + 128 * kContinuationData;
static_assert(kMaxMessage == 7609, "the number printed in the specification");

// Channel 0 is reserved; the broadcast channel carries INIT only.
inline constexpr uint32_t kReservedChannel = 0;
inline constexpr uint32_t kBroadcastChannel = 0xffffffff;

// Commands, without the 0x80 that marks an initialization packet (section
// 11.2.9). Plain U2FHID has no CBOR, CANCEL and KEEPALIVE. Others exist and are
// refused.
enum class Command : uint8_t {
  kPing = 0x01,
  kMsg = 0x03,
  kInit = 0x06,
  kWink = 0x08,
  kCbor = 0x10,
  kCancel = 0x11,
  kKeepalive = 0x3b,
  kError = 0x3f,
};

// The byte of an ERROR message (section 11.2.9.1.6). kNone never travels.
enum class HidError : uint8_t {
  kNone = 0x00,
  kInvalidCommand = 0x01,
  kInvalidParameter = 0x02,
  kInvalidLength = 0x03,
  kInvalidSequence = 0x04,
  kMessageTimeout = 0x05,
  kChannelBusy = 0x06,
  kInvalidChannel = 0x0b,
  kOther = 0x7f,
};

// The byte of a KEEPALIVE message (section 11.2.9.1.7).
enum class Keepalive : uint8_t { kProcessing = 0x01, kTouchNeeded = 0x02 };

// What a token says about itself in its answer to INIT (section 11.2.9.1.3).
struct TokenInfo {
  uint8_t protocol_version = 0;  // 2 for U2FHID and CTAPHID.
  uint8_t major = 0;
  uint8_t minor = 0;
  uint8_t build = 0;
  uint8_t capabilities = 0;
};

// Bits of TokenInfo::capabilities; U2F keys lack kCapabilityCbor, and keys
// without U2F say kCapabilityNoMsg.
inline constexpr uint8_t kCapabilityWink = 0x01;
inline constexpr uint8_t kCapabilityCbor = 0x04;
inline constexpr uint8_t kCapabilityNoMsg = 0x08;

// One packet, as parsed. What it says has not been checked against anything.
struct Frame {
  uint32_t channel = 0;
  // True: an initialization packet, with `command` and `length`. False: a
  // continuation packet, with `sequence`.
  bool initial = false;
  Command command = Command::kError;
  uint16_t length = 0;
  uint8_t sequence = 0;
  // 57 or 59 bytes, which live as long as the parsed report.
  absl::string_view data;
};

// A whole message: at most kMaxMessage bytes of payload.
struct Message {
  uint32_t channel = 0;
  Command command = Command::kError;
  std::string payload;
};

// Any 64 bytes are a frame. `command` may hold a value that has no name.
Frame ParseFrame(const Report& report);

// The packets of `message`, in the order to send. TOKEN_FRAME if its payload is
// longer than kMaxMessage.
absl::StatusOr<std::vector<Report>> Fragment(const Message& message);

// The single packet of an ERROR message.
Report ErrorReport(uint32_t channel, HidError error);

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_FRAME_H_
