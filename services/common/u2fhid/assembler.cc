#include "services/common/u2fhid/assembler.h"

#include "absl/strings/str_cat.h"

namespace u2fi::u2fhid {

HidError Assembler::Add(const Frame& frame) {
  if (!started_) return Start(frame);
  if (frame.initial || complete() || frame.sequence != next_sequence_) {
    return HidError::kInvalidSequence;
  }
  ++next_sequence_;
  Append(frame.data);
  return HidError::kNone;
}

HidError Assembler::Start(const Frame& frame) {
  if (!frame.initial) return HidError::kInvalidSequence;
  if (frame.length > kMaxMessage) return HidError::kInvalidLength;
  started_ = true;
  length_ = frame.length;
  message_.channel = frame.channel;
  message_.command = frame.command;
  Append(frame.data);
  return HidError::kNone;
}

void Assembler::Append(absl::string_view data) {
  const size_t missing = length_ - message_.payload.size();
  absl::StrAppend(&message_.payload, data.substr(0, missing));
}

}  // namespace u2fi::u2fhid
