#ifndef U2FI_TOOLS_DEVICE_EMULATOR_SEQUENCE_WINDOW_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_SEQUENCE_WINDOW_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::device {

// Which sequence numbers a device has used: the highest, and a bit for each of
// the 64 up to it (decisions A14, after RFC 4303, 3.4.3). 16 bytes whatever
// happens, so nobody can fill it. A value type.
class SequenceWindow {
 public:
  static constexpr uint64_t kWidth = 64;
  static constexpr size_t kEncodedSize = 16;
  // A number may be this far above the highest. Without a bound one FREE
  // command, which needs no touch, could use up all numbers for ever.
  static constexpr uint64_t kMaxStep = uint64_t{1} << 32;

  enum class State {
    kFree,       // May be used.
    kUsed,       // Was used.
    kForgotten,  // 0, or more than 63 below the highest.
    kTooFar,     // More than kMaxStep above the highest.
  };

  State StateOf(uint64_t sequence) const;

  // Marks `sequence`, which must be kFree, as used.
  void Use(uint64_t sequence);

  // The highest number used; 0: none.
  uint64_t high() const { return high_; }

  // high ‖ bits, big-endian; bit i is for the number high - i.
  std::string Encode() const;

  // INVALID_ARGUMENT unless `bytes` came from Encode().
  static absl::StatusOr<SequenceWindow> Decode(absl::string_view bytes);

 private:
  uint64_t high_ = 0;
  uint64_t bits_ = 0;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_SEQUENCE_WINDOW_H_
