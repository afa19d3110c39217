#include "services/common/rpc/mesh_process.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/config/version.h"
#include "services/common/logging/logging.h"
#include "services/common/rpc/caller_factory.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/from_config.h"
#include "services/common/rpc/health_server.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {
namespace {

// A channel looks for new addresses only when a connection ends, so replicas
// that are added would never be called.
constexpr absl::Duration kConnectionAge = absl::Minutes(5);

}  // namespace

absl::StatusOr<std::unique_ptr<MeshProcess>> MeshProcess::Start(
    const Options& options) {
  const TlsFiles files = TlsFilesFrom(options.tls);
  ASSIGN_OR_RETURN(std::unique_ptr<TlsIdentity> tls,
                   TlsIdentity::Load(files, SystemClock().Now()));
  if (tls->uri() != ServiceUri(files.trust_domain, options.identity)) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.certificate, ": is for ", tls->uri(), ", not for ",
                     options.identity));
  }
  std::unique_ptr<MeshProcess> process(
      new MeshProcess(options, std::move(tls)));
  RETURN_IF_ERROR(process->WatchClock());
  if (!options.metrics.address().empty()) {
    ASSIGN_OR_RETURN(
        process->exposer_,
        metrics::Exposer::Start(process->metrics_, options.metrics.address()));
  }
  return process;
}

MeshProcess::MeshProcess(const Options& options,
                         std::unique_ptr<TlsIdentity> tls)
    : options_(options),
      tls_(std::move(tls)),
      expiry_(*tls_, metrics_, SystemClock()),
      peers_(metrics_),
      runner_(ShutdownGraceFrom(options.listen)) {
  metrics::AddBuildInfo(metrics_, options.program, config::Version());
  runner_.EveryMinute([this] { expiry_.Update(); });
}

std::shared_ptr<grpc::Channel> MeshProcess::ChannelTo(
    const config::v1::PeerConfig& peer, const std::string& name) {
  std::shared_ptr<grpc::Channel> channel =
      NewChannel(*tls_, peer.target(), name);
  peers_.Add(name, channel);
  return channel;
}

absl::Status MeshProcess::Declare(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  observer_ = std::make_unique<CallObserver>(metrics_, services, SystemClock());
  if (options_.listen.health_address().empty()) return absl::OkStatus();
  std::vector<std::string> names;
  names.reserve(services.size());
  for (const auto* service : services) names.push_back(service->full_name());
  ASSIGN_OR_RETURN(
      std::unique_ptr<HealthServer> health,
      HealthServer::Listen(options_.listen.health_address(), names));
  runner_.SetHealth(std::move(health));
  return absl::OkStatus();
}

ServerOptions MeshProcess::server_options() const {
  ServerOptions options = ServerOptionsFrom(options_.listen);
  options.observer = observer_.get();
  return options;
}

ServerOptions MeshProcess::inner_server_options() const {
  ServerOptions options = server_options();
  options.max_connection_age = kConnectionAge;
  options.max_connection_grace = absl::InfiniteDuration();
  return options;
}

absl::Status MeshProcess::Listen(const ServiceList& services,
                                 const ServerOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<Server> server,
                   Server::ListenMutualTls(services, options, *tls_,
                                           options_.listen.address()));
  port_ = server->port();
  logging::Info("listening", {{"address", options_.listen.address()},
                              {"port", port_},
                              {"uri", tls_->uri()}});
  runner_.Add(std::move(server));
  return absl::OkStatus();
}

absl::Status MeshProcess::ListenToReplicas(const ServiceList& services,
                                           const std::string& address) {
  ASSIGN_OR_RETURN(std::unique_ptr<Server> server,
                   Server::ListenToReplicas(services, server_options(), *tls_,
                                            options_.identity, address));
  runner_.Add(std::move(server));
  return absl::OkStatus();
}

absl::Status MeshProcess::WatchClock() {
  if (!options_.shared_clock) return absl::OkStatus();
  clock_watch_ = std::make_unique<ClockWatch>(options_.shared_clock,
                                              SystemClock(), metrics_);
  clock_watch_->Look();
  runner_.EveryTenSeconds([this] {
    clock_watch_->Look();
    if (!clock_watch_->Check().ok()) runner_.Stop();
  });
  return clock_watch_->Check();
}

absl::Status MeshProcess::Serve() {
  peers_.Begin();
  runner_.EveryTenSeconds([this] { peers_.Update(); });
  runner_.Serve();
  return clock_watch_ == nullptr ? absl::OkStatus() : clock_watch_->Check();
}

}  // namespace u2fi::rpc
