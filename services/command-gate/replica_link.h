#ifndef U2FI_SERVICES_COMMAND_GATE_REPLICA_LINK_H_
#define U2FI_SERVICES_COMMAND_GATE_REPLICA_LINK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "u2fi/command_gate/v1/replica.pb.h"

namespace u2fi::command_gate {

// The way to another replica of the gate. Thread-safe; blocks, for a bounded
// time.
class ReplicaLink {
 public:
  virtual ~ReplicaLink() = default;

  // Has the replica at `address` ("host:port", from the directory) put a
  // message on a stream that it holds. Errors: those of ReplicaLink.Forward in
  // replica.proto; PEER_UNAVAILABLE or a passed deadline: it did not answer,
  // and the message was put on the stream or not.
  virtual absl::Status Forward(absl::string_view address,
                               const v1::ForwardRequest& request) = 0;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_REPLICA_LINK_H_
