#ifndef U2FI_SERVICES_COMMON_RPC_MESH_PROCESS_H_
#define U2FI_SERVICES_COMMON_RPC_MESH_PROCESS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/metrics/exposer.h"
#include "services/common/metrics/metrics.h"
#include "services/common/rpc/call_observer.h"
#include "services/common/rpc/clock_watch.h"
#include "services/common/rpc/one_poller.h"
#include "services/common/rpc/peer_watch.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/server_runner.h"
#include "services/common/rpc/tls_expiry.h"
#include "services/common/rpc/tls_identity.h"
#include "u2fi/config/v1/shared.pb.h"

namespace u2fi::rpc {

// What every binary of the mesh has around its services: metrics, certificate,
// channels to others, listeners, health, and an orderly end. README.md shows a
// main.cc with it.
class MeshProcess {
 public:
  // The parts of the configuration that all binaries have, checked.
  struct Options {
    // Name of the program, in metrics.
    std::string program;
    // The service that it is to others: its certificate must be for this one.
    std::string identity;
    config::v1::ListenConfig listen;
    config::v1::TlsConfig tls;
    config::v1::MetricsConfig metrics;
    // The clock that all replicas have in common: the own one must not differ.
    // Without it nobody looks.
    ClockWatch::SharedClock shared_clock = {};
  };

  // Loads the certificate and starts the metrics page. INVALID_ARGUMENT if the
  // certificate is not good or is somebody else's; UNAVAILABLE if the page's
  // address cannot be listened on; CLOCK_SKEW if the clock is wrong.
  static absl::StatusOr<std::unique_ptr<MeshProcess>> Start(
      const Options& options);

  metrics::Registry& metrics() { return metrics_; }
  const TlsIdentity& tls() const { return *tls_; }
  ServerRunner& runner() { return runner_; }

  // A channel to the service `name`, wherever the configuration says it is; the
  // gauge u2fi_peer_unreachable watches it. Before Serve().
  std::shared_ptr<grpc::Channel> ChannelTo(const config::v1::PeerConfig& peer,
                                           const std::string& name);

  // Declares all services that any server of this process will offer, for
  // metrics, log and health. Once, before the first listener.
  absl::Status Declare(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);
  // The bounds of the configuration, with the observer: for in-process servers
  // and for listeners with bounds of their own.
  ServerOptions server_options() const;
  // The same for services that the mesh calls: callers are led to new replicas
  // after some minutes, and their streams stay.
  ServerOptions inner_server_options() const;

  // Listens on the configured address with mutual TLS.
  absl::Status Listen(const ServiceList& services,
                      const ServerOptions& options);
  // The port of Listen(), for tests; 0 before.
  int port() const { return port_; }
  // Listens on `address` for other replicas of the same service.
  absl::Status ListenToReplicas(const ServiceList& services,
                                const std::string& address);

  // Serves until it is time to stop; see ServerRunner::Serve(). CLOCK_SKEW if
  // it stopped since the clock went wrong.
  absl::Status Serve();

 private:
  MeshProcess(const Options& options, std::unique_ptr<TlsIdentity> tls);
  // Looks at the clock now and about every ten seconds from Serve() on.
  absl::Status WatchClock();

  const Options options_;
  const OnePoller one_poller_;
  const std::unique_ptr<TlsIdentity> tls_;
  metrics::Registry metrics_;
  const TlsExpiry expiry_;
  PeerWatch peers_;
  std::unique_ptr<metrics::Exposer> exposer_;
  std::unique_ptr<CallObserver> observer_;
  std::unique_ptr<ClockWatch> clock_watch_;
  int port_ = 0;
  // Last: its servers refer to the others.
  ServerRunner runner_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_MESH_PROCESS_H_
