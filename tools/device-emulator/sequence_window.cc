#include "tools/device-emulator/sequence_window.h"

#include "absl/status/status.h"
#include "services/common/crypto/hash.h"

namespace u2fi::device {
namespace {

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (unsigned char byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

SequenceWindow::State SequenceWindow::StateOf(uint64_t sequence) const {
  if (sequence > high_) {
    return sequence - high_ > kMaxStep ? State::kTooFar : State::kFree;
  }
  const uint64_t below = high_ - sequence;
  if (sequence == 0 || below >= kWidth) return State::kForgotten;
  return (bits_ >> below & 1) != 0 ? State::kUsed : State::kFree;
}

void SequenceWindow::Use(uint64_t sequence) {
  if (sequence > high_) {
    const uint64_t step = sequence - high_;
    bits_ = step < kWidth ? bits_ << step : 0;
    high_ = sequence;
  }
  bits_ |= uint64_t{1} << (high_ - sequence);
}

std::string SequenceWindow::Encode() const {
  return crypto::BigEndian64(high_) + crypto::BigEndian64(bits_);
}

absl::StatusOr<SequenceWindow> SequenceWindow::Decode(absl::string_view bytes) {
  if (bytes.size() != kEncodedSize) {
    return absl::InvalidArgumentError("a window has 16 bytes");
  }
  SequenceWindow window;
  window.high_ = ReadBigEndian(bytes.substr(0, 8));
  window.bits_ = ReadBigEndian(bytes.substr(8));
  // The highest is used, and there is none without a highest.
  if ((window.bits_ & 1) != (window.high_ != 0 ? 1u : 0u)) {
    return absl::InvalidArgumentError("the window contradicts itself");
  }
  return window;
}

}  // namespace u2fi::device
