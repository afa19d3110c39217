#include "services/common/rpc/health_server.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "services/common/rpc/server_plugins.h"

namespace u2fi::rpc {
namespace {

// A question is the name of a service.
constexpr int kMaxQuestion = 1024;
constexpr size_t kMemory = size_t{16} << 20;
constexpr int kStreamsPerConnection = 16;
constexpr int kHandshakeMs = 10'000;
// Who watches comes back.
constexpr int kConnectionAgeMs = 5 * 60'000;
constexpr int kConnectionGraceMs = 1'000;

// Whoever reaches the port may ask: what that costs has bounds.
void SetBounds(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxQuestion);
  grpc::ResourceQuota quota("health");
  quota.Resize(kMemory);
  builder.SetResourceQuota(quota);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kConnectionAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             kConnectionGraceMs);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HealthServer>> HealthServer::Listen(
    const std::string& address, const std::vector<std::string>& names) {
  const auto builder = NewServerBuilder(Introspection::kHealth);
  int port = 0;
  builder->AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  SetBounds(*builder);
  std::unique_ptr<grpc::ServerCompletionQueue> queue =
      builder->AddCompletionQueue();
  std::unique_ptr<grpc::Server> server = builder->BuildAndStart();
  if (server == nullptr) {
    queue->Shutdown();
    return absl::UnavailableError(
        absl::StrCat("cannot serve health on ", address));
  }
  std::unique_ptr<HealthServer> health(
      new HealthServer(std::move(queue), std::move(server), port, names));
  health->SetAllServing(false);
  return health;
}

HealthServer::HealthServer(std::unique_ptr<grpc::ServerCompletionQueue> queue,
                           std::unique_ptr<grpc::Server> server, int port,
                           std::vector<std::string> names)
    : queue_(std::move(queue)),
      server_(std::move(server)),
      port_(port),
      names_(std::move(names)) {}

HealthServer::~HealthServer() {
  // Watchers would otherwise hold the server up.
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  queue_->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
  }
}

void HealthServer::SetServing(const std::string& name, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(name, serving);
}

void HealthServer::SetAllServing(bool serving) {
  SetServing("", serving);
  for (const std::string& name : names_) SetServing(name, serving);
}

}  // namespace u2fi::rpc
