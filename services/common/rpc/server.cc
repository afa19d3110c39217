#include "services/common/rpc/server.h"

#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/allow_list.h"
#include "services/common/rpc/auth_processor.h"
#include "services/common/rpc/grpc_log.h"
#include "services/common/rpc/server_plugins.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {
namespace {

constexpr int kMaxThreads = 256;
constexpr int kStreamsPerConnection = 1000;
// Of the TLS records that we send. gRPC keeps a buffer of this size for each
// connection (16 KiB unless told), and most say nothing for minutes.
constexpr int kTlsRecordBytes = 2048;
constexpr absl::Duration kHandshakeTimeout = absl::Seconds(10);
// Clients ping every 60 s (channel.cc); more often than this is abuse.
constexpr absl::Duration kMinPingInterval = absl::Seconds(30);
constexpr absl::Duration kKeepaliveTime = absl::Seconds(60);
constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(20);

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

}  // namespace

Server::Server(const ServerOptions& options, PeerIdentity identity)
    : options_(options),
      guard_(
          {std::move(identity), options.max_call_time, options.max_stream_time,
           options.streams_per_caller, options.request_bytes_per_caller},
          SystemClock(), SystemRandom()) {
  SendGrpcLogToOurs();
}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<Server>> Server::ListenMutualTls(
    const ServiceList& services, const ServerOptions& options,
    const TlsIdentity& tls, const std::string& address) {
  return ListenWithTls(services, options,
                       PeerIdentity::MutualTls(tls.trust_domain()), tls,
                       address);
}

absl::StatusOr<std::unique_ptr<Server>> Server::ListenToReplicas(
    const ServiceList& services, const ServerOptions& options,
    const TlsIdentity& tls, const std::string& own_name,
    const std::string& address) {
  return ListenWithTls(services, options,
                       PeerIdentity::Replicas(tls.trust_domain(), own_name),
                       tls, address);
}

absl::StatusOr<std::unique_ptr<Server>> Server::ListenWithTls(
    const ServiceList& services, const ServerOptions& options,
    PeerIdentity identity, const TlsIdentity& tls, const std::string& address) {
  std::unique_ptr<Server> server(new Server(options, std::move(identity)));
  RETURN_IF_ERROR(server->Wrap(services));
  ASSIGN_OR_RETURN(
      server->acceptor_,
      Acceptor::Listen(address, options.accepts_per_second, SystemClock()));
  const std::shared_ptr<grpc::ServerCredentials> credentials = tls.ForServer();
  credentials->SetAuthMetadataProcessor(server->NewProcessor(services));
  const auto builder = NewServerBuilder(
      options.reflection ? Introspection::kReflection : Introspection::kNone);
  const auto connections =
      std::shared_ptr<grpc::experimental::ExternalConnectionAcceptor>(
          builder->experimental().AddExternalConnectionAcceptor(
              grpc::ServerBuilder::experimental_type::ExternalConnectionType::
                  FROM_FD,
              credentials));
  RETURN_IF_ERROR(server->Start(*builder));
  server->acceptor_->Start([connections](int listener, int connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
        parameters;
    parameters.listener_fd = listener;
    parameters.fd = connection;
    connections->HandleNewConnection(&parameters);
  });
  return server;
}

absl::StatusOr<std::unique_ptr<Server>> Server::ListenOnUnixSocket(
    const ServiceList& services, const ServerOptions& options,
    const std::string& path) {
  std::unique_ptr<Server> server(new Server(options, PeerIdentity::Local()));
  RETURN_IF_ERROR(server->Wrap(services));
  const auto builder = NewServerBuilder(Introspection::kNone);
  builder->AddListeningPort(absl::StrCat("unix:", path),
                            grpc::InsecureServerCredentials());
  RETURN_IF_ERROR(server->Start(*builder));
  if (chmod(path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot protect ", path));
  }
  return server;
}

absl::StatusOr<std::unique_ptr<Server>> Server::InProcess(
    const ServiceList& services, const ServerOptions& options,
    const std::string& trust_domain, const std::string& caller) {
  std::unique_ptr<Server> server(
      new Server(options, PeerIdentity::InProcess(trust_domain, caller)));
  RETURN_IF_ERROR(server->Wrap(services));
  const auto builder = NewServerBuilder(Introspection::kNone);
  RETURN_IF_ERROR(server->Start(*builder));
  return server;
}

absl::Status Server::Wrap(const ServiceList& services) {
  for (const ServiceList::Entry& entry : services.entries()) {
    ASSIGN_OR_RETURN(
        std::unique_ptr<GuardedService> service,
        GuardedService::Wrap(*entry.descriptor, *entry.implementation, guard_));
    services_.push_back(std::move(service));
  }
  return absl::OkStatus();
}

std::shared_ptr<grpc::AuthMetadataProcessor> Server::NewProcessor(
    const ServiceList& services) const {
  absl::flat_hash_set<std::string> guarded;
  for (const auto* service : services.descriptors()) {
    for (int i = 0; i < service->method_count(); ++i) {
      guarded.insert(PathOf(*service->method(i)));
    }
  }
  return std::make_shared<AuthProcessor>(
      guard_.identity(), std::move(guarded),
      options_.reflection ? IntrospectionPaths()
                          : absl::flat_hash_set<std::string>(),
      options_.reflection_callers);
}

void Server::SetBounds(grpc::ServerBuilder& builder) const {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  grpc::ResourceQuota quota("u2fi");
  quota.Resize(static_cast<size_t>(options_.memory_mib) << 20);
  quota.SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  // Nothing of ours is sent compressed; what comes so is a bomb.
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_TSI_MAX_FRAME_SIZE, kTlsRecordBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             Millis(kHandshakeTimeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                             Millis(kKeepaliveTime));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             Millis(kKeepaliveTimeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      Millis(kMinPingInterval));
  if (options_.max_connection_age < absl::InfiniteDuration()) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               Millis(options_.max_connection_age));
  }
  // gRPC's own grace is infinite.
  if (options_.max_connection_grace < absl::InfiniteDuration()) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                               Millis(options_.max_connection_grace));
  }
}

absl::Status Server::Start(grpc::ServerBuilder& builder) {
  SetBounds(builder);
  if (options_.observer != nullptr) {
    std::vector<
        std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
        factories;
    factories.push_back(options_.observer->NewFactory());
    builder.experimental().SetInterceptorCreators(std::move(factories));
  }
  for (const auto& service : services_) builder.RegisterService(service.get());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::UnavailableError("the server does not start");
  }
  return absl::OkStatus();
}

int Server::port() const {
  return acceptor_ == nullptr ? 0 : acceptor_->port();
}

std::shared_ptr<grpc::Channel> Server::Channel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  return server_->InProcessChannel(arguments);
}

void Server::Shutdown(absl::Duration grace) {
  if (acceptor_ != nullptr) acceptor_->Stop();
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now() +
                    absl::ToChronoNanoseconds(grace));
  server_->Wait();
  server_.reset();
}

}  // namespace u2fi::rpc
