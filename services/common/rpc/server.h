#ifndef U2FI_SERVICES_COMMON_RPC_SERVER_H_
#define U2FI_SERVICES_COMMON_RPC_SERVER_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "services/common/rpc/acceptor.h"
#include "services/common/rpc/call_guard.h"
#include "services/common/rpc/call_observer.h"
#include "services/common/rpc/guarded_service.h"
#include "services/common/rpc/service_list.h"
#include "services/common/rpc/tls_identity.h"

namespace u2fi::rpc {

// Largest message, both ways, at both ends.
inline constexpr int kMaxMessageBytes = 4 * 1024 * 1024;

// Bounds of one server. The defaults are those of ListenConfig.
struct ServerOptions {
  // A handler never sees a later deadline than this after its call came, also
  // if the client gave none.
  absl::Duration max_call_time = absl::Seconds(60);
  absl::Duration max_stream_time = absl::InfiniteDuration();
  int streams_per_caller = 16;
  // The requests of one caller, in bytes, whose unary calls run or wait to; a
  // service, all of whose replicas are one caller, has sixteen times as much.
  int64_t request_bytes_per_caller = int64_t{64} << 20;
  // For all connections of the server.
  int memory_mib = 512;
  int accepts_per_second = 200;
  // A connection is asked to go away after about this long, so that clients
  // find new replicas: calls and streams on it go on, new ones come over
  // another connection. It is cut `max_connection_grace` later.
  absl::Duration max_connection_age = absl::InfiniteDuration();
  absl::Duration max_connection_grace = absl::Seconds(30);
  // Reflection (v1alpha, for grpcurl) and channelz.
  bool reflection = false;
  // Who may call those, as URIs. Empty: operators of the platform.
  std::set<std::string> reflection_callers;
  // Counts and logs calls; may be nullptr. Must outlive the server.
  CallObserver* observer = nullptr;
};

// A grpc::Server whose every handler has a guard before it. The kind of
// listener decides how callers prove who they are; there is no way to listen
// without. Each function that makes one fails with INTERNAL if a method
// declares no callers, and with UNAVAILABLE if it cannot listen.
class Server {
 public:
  // For the mesh and the outside: mutual TLS on `address` ("host:port", port 0
  // for a free one). `tls` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> ListenMutualTls(
      const ServiceList& services, const ServerOptions& options,
      const TlsIdentity& tls, const std::string& address);

  // The same, and only other replicas of the own service, `own_name`, may call.
  static absl::StatusOr<std::unique_ptr<Server>> ListenToReplicas(
      const ServiceList& services, const ServerOptions& options,
      const TlsIdentity& tls, const std::string& own_name,
      const std::string& address);

  // On the Unix socket `path`, which must not exist or be a dead socket. It is
  // open to its owner and group; every caller is Role::kLocal.
  static absl::StatusOr<std::unique_ptr<Server>> ListenOnUnixSocket(
      const ServiceList& services, const ServerOptions& options,
      const std::string& path);

  // Without a listener, for the service `caller` of the same process: that is
  // who every call through Channel() comes from.
  static absl::StatusOr<std::unique_ptr<Server>> InProcess(
      const ServiceList& services, const ServerOptions& options,
      const std::string& trust_domain, const std::string& caller);

  // Shuts down at once if that was not done.
  ~Server();

  // The port listened on; 0 without one.
  int port() const;
  // To this server, from within the process. Only for InProcess(). No call may
  // begin on it once the server shuts down: gRPC 1.51's transport within a
  // process would crash. So callers stop before the servers they call.
  std::shared_ptr<grpc::Channel> Channel();

  // Takes no more calls, waits up to `grace` for those that run, then cancels
  // them and waits until their handlers are done.
  void Shutdown(absl::Duration grace);

 private:
  Server(const ServerOptions& options, PeerIdentity identity);
  absl::Status Wrap(const ServiceList& services);
  void SetBounds(grpc::ServerBuilder& builder) const;
  absl::Status Start(grpc::ServerBuilder& builder);
  static absl::StatusOr<std::unique_ptr<Server>> ListenWithTls(
      const ServiceList& services, const ServerOptions& options,
      PeerIdentity identity, const TlsIdentity& tls,
      const std::string& address);
  std::shared_ptr<grpc::AuthMetadataProcessor> NewProcessor(
      const ServiceList& services) const;

  const ServerOptions options_;
  CallGuard guard_;
  std::vector<std::unique_ptr<GuardedService>> services_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_SERVER_H_
