#ifndef U2FI_SERVICES_COMMON_U2FHID_ASSEMBLER_H_
#define U2FI_SERVICES_COMMON_U2FHID_ASSEMBLER_H_

#include <cstdint>

#include "services/common/u2fhid/frame.h"

namespace u2fi::u2fhid {

// Puts one message together from the frames of one channel, for host and token
// (CTAP 2.1, sections 11.2.4 and 11.2.5.4). Holds at most kMaxMessage bytes
// whatever the frames say. Not thread-safe. The caller has picked out the
// channel, and throws the assembler away after an error or a whole message.
class Assembler {
 public:
  // Adds the next frame. An error leaves the assembler as it was:
  //   kInvalidSequence  a continuation packet first, an initialization packet
  //                     later, or a sequence number that is not the next one
  //   kInvalidLength    an announced length above kMaxMessage
  HidError Add(const Frame& frame);

  // True once the first frame is in.
  bool started() const { return started_; }

  // True once all announced bytes are in.
  bool complete() const {
    return started_ && message_.payload.size() == length_;
  }

  // What has arrived so far.
  const Message& message() const { return message_; }

 private:
  HidError Start(const Frame& frame);
  void Append(absl::string_view data);

  bool started_ = false;
  Message message_;
  size_t length_ = 0;
  uint8_t next_sequence_ = 0;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_ASSEMBLER_H_
