#ifndef U2FI_SERVICES_COMMAND_GATE_READ_AHEAD_H_
#define U2FI_SERVICES_COMMAND_GATE_READ_AHEAD_H_

#include <cstddef>

namespace u2fi::command_gate {

// How much of a gateway's stream may wait to be handled. A message has up to
// 4 MiB, and there are thousands of gateways: bounded in bytes, not only in
// messages. One message is always read. Not thread-safe.
class ReadAhead {
 public:
  static constexpr size_t kMaxMessages = 64;
  static constexpr size_t kMaxBytes = 4 << 20;

  // A message of so many bytes was read, or was taken to be handled.
  void Add(size_t bytes) {
    ++messages_;
    bytes_ += bytes;
  }
  void Remove(size_t bytes) {
    --messages_;
    bytes_ -= bytes;
  }

  // Nothing more is read until something was taken.
  bool full() const { return messages_ >= kMaxMessages || bytes_ >= kMaxBytes; }

 private:
  size_t messages_ = 0;
  size_t bytes_ = 0;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_READ_AHEAD_H_
