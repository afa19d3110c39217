#ifndef U2FI_SERVICES_COMMAND_GATE_OUTBOX_H_
#define U2FI_SERVICES_COMMAND_GATE_OUTBOX_H_

#include <cstddef>
#include <list>

#include "absl/status/status.h"
#include "services/command-gate/approval_places.h"
#include "u2fi/gateway/v1/link.pb.h"

namespace u2fi::command_gate {

// What waits for the wire to one gateway, oldest first: bounded in messages and
// in bytes (architecture: bounded queues), since a message has up to 4 MiB and
// a gateway may read slowly or not at all. Not thread-safe.
class Outbox {
 public:
  static constexpr size_t kMaxMessages = 1024;
  // All approvals that a gateway may have open fit.
  static constexpr size_t kMaxBytes = kMaxOpenPerGateway * (size_t{4} << 20);
  // A gateway keeps a result until it is acknowledged, so that is no hurry: so
  // many together, or what there is with AddAcks().
  static constexpr int kAcksTogether = 32;

  // GATEWAY_LIMIT if there is no room. One message always has.
  absl::Status Add(gateway::v1::MeshMessage message);
  // The acknowledgements that were held back wait no longer.
  void AddAcks();

  bool empty() const { return messages_.empty(); }
  size_t size() const { return messages_.size(); }
  const gateway::v1::MeshMessage& front() const { return messages_.front(); }
  // It is written.
  void PopFront();

 private:
  void Push(gateway::v1::MeshMessage message);

  // A list, since most are empty most of the time.
  std::list<gateway::v1::MeshMessage> messages_;
  size_t bytes_ = 0;
  gateway::v1::MeshMessage acks_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_OUTBOX_H_
