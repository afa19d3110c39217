#ifndef U2FI_SERVICES_COMMAND_GATE_REPLICA_GRPC_CLIENT_H_
#define U2FI_SERVICES_COMMAND_GATE_REPLICA_GRPC_CLIENT_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "services/command-gate/replica_link.h"
#include "services/common/sync/sync.h"
#include "u2fi/command_gate/v1/replica.grpc.pb.h"

namespace u2fi::command_gate {

// Calls other replicas over gRPC. Thread-safe.
class ReplicaGrpcClient : public ReplicaLink {
 public:
  // A channel to a replica at "host:port", which must prove to be one
  // (decisions E4: the address comes from the store).
  using Dial =
      std::function<std::shared_ptr<grpc::Channel>(const std::string& address)>;

  // Of one call. A replica that does not answer in time counts as away.
  static constexpr absl::Duration kDeadline = absl::Seconds(1);
  // Replicas whose channels are kept; beyond it all are dropped.
  static constexpr size_t kMostChannels = 64;

  explicit ReplicaGrpcClient(Dial dial, absl::Duration deadline = kDeadline)
      : dial_(std::move(dial)), deadline_(deadline) {}

  absl::Status Forward(absl::string_view address,
                       const v1::ForwardRequest& request) override;

 private:
  using Stub = v1::ReplicaLink::Stub;
  std::shared_ptr<Stub> StubOf(const std::string& address);
  // One that is not reached is dialled anew the next time.
  void Drop(const std::string& address, const std::shared_ptr<Stub>& stub);

  const Dial dial_;
  const absl::Duration deadline_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<Stub>> stubs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_REPLICA_GRPC_CLIENT_H_
