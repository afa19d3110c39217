#include "services/command-gate/replica_grpc_client.h"

#include "services/common/rpc/client_call.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {
namespace {

// An answer of our own code has a reason of ours; what gRPC says by itself is
// about the connection.
bool IsReached(const absl::Status& status) {
  return status.ok() || (!IsReason(status, reason::kPeerUnavailable) &&
                         status.code() != absl::StatusCode::kDeadlineExceeded);
}

}  // namespace

absl::Status ReplicaGrpcClient::Forward(absl::string_view address,
                                        const v1::ForwardRequest& request) {
  const std::string target(address);
  const std::shared_ptr<Stub> stub = StubOf(target);
  absl::Status status =
      rpc::Call(*stub, deadline_, request, &Stub::Forward).status();
  if (!IsReached(status)) Drop(target, stub);
  return status;
}

std::shared_ptr<ReplicaGrpcClient::Stub> ReplicaGrpcClient::StubOf(
    const std::string& address) {
  MutexLock lock(mutex_);
  if (stubs_.size() >= kMostChannels && stubs_.count(address) == 0) {
    stubs_.clear();
  }
  std::shared_ptr<Stub>& stub = stubs_[address];
  if (stub == nullptr) stub = v1::ReplicaLink::NewStub(dial_(address));
  return stub;
}

void ReplicaGrpcClient::Drop(const std::string& address,
                             const std::shared_ptr<Stub>& stub) {
  MutexLock lock(mutex_);
  const auto found = stubs_.find(address);
  if (found != stubs_.end() && found->second == stub) stubs_.erase(found);
}

}  // namespace u2fi::command_gate
