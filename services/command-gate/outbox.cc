#include "services/command-gate/outbox.h"

#include <utility>

#include "services/common/status/error.h"

namespace u2fi::command_gate {

using gateway::v1::MeshMessage;

absl::Status Outbox::Add(MeshMessage message) {
  const size_t bytes = message.ByteSizeLong();
  if (size() >= kMaxMessages || (!empty() && bytes_ + bytes > kMaxBytes)) {
    return Error(reason::kGatewayLimit, "the stream's queue is full");
  }
  if (!message.has_result_ack()) {
    Push(std::move(message));
    return absl::OkStatus();
  }
  acks_.mutable_result_ack()->MergeFrom(message.result_ack());
  if (acks_.result_ack().message_ids_size() >= kAcksTogether) AddAcks();
  return absl::OkStatus();
}

void Outbox::AddAcks() {
  if (acks_.has_result_ack()) Push(std::exchange(acks_, {}));
}

void Outbox::Push(MeshMessage message) {
  bytes_ += message.ByteSizeLong();
  messages_.push_back(std::move(message));
}

void Outbox::PopFront() {
  bytes_ -= front().ByteSizeLong();
  messages_.pop_front();
}

}  // namespace u2fi::command_gate
