#ifndef U2FI_SERVICES_COMMON_RPC_HEALTH_SERVER_H_
#define U2FI_SERVICES_COMMON_RPC_HEALTH_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/server.h"

namespace u2fi::rpc {

// grpc.health.v1.Health in plaintext on a listener of its own that has no other
// service: what a kubelet, which has no certificate, may ask. It knows the
// names it is given, and "" for all together. Everybody who reaches the port
// may ask, so a question has at most 1 KiB, a connection lasts some minutes,
// and all of them together have 16 MiB. Thread-safe.
class HealthServer {
 public:
  // Listens on `address`, "host:port"; port 0 takes a free one. Every name is
  // NOT_SERVING at first. UNAVAILABLE if it cannot listen.
  static absl::StatusOr<std::unique_ptr<HealthServer>> Listen(
      const std::string& address, const std::vector<std::string>& names);
  ~HealthServer();

  int port() const { return port_; }

  // Sets the state of one name.
  void SetServing(const std::string& name, bool serving);
  // Sets the state of every name and of "".
  void SetAllServing(bool serving);

 private:
  HealthServer(std::unique_ptr<grpc::ServerCompletionQueue> queue,
               std::unique_ptr<grpc::Server> server, int port,
               std::vector<std::string> names);

  // Nothing ever comes through it: gRPC starts no server without a service of
  // ours unless there is one.
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  const std::unique_ptr<grpc::Server> server_;
  const int port_;
  const std::vector<std::string> names_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_HEALTH_SERVER_H_
