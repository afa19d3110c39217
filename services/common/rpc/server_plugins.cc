#include "services/common/rpc/server_plugins.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/ext/channelz_service_plugin.h"
#include "grpcpp/ext/health_check_service_server_builder_option.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"

namespace u2fi::rpc {
namespace {

using Plugins = std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>;

// Removes what linking, or an earlier server with introspection, left behind.
class PluginOption : public grpc::ServerBuilderOption {
 public:
  explicit PluginOption(bool keep) : keep_(keep) {}

  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(Plugins* plugins) override {
    if (!keep_) plugins->clear();
  }

 private:
  const bool keep_;
};

// Each adds to a list of the process, which every builder copies.
void InitPlugins() {
  static const bool done = [] {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::channelz::experimental::InitChannelzService();
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

std::unique_ptr<grpc::ServerBuilder> NewServerBuilder(Introspection offered) {
  const bool reflection = offered == Introspection::kReflection;
  if (reflection) InitPlugins();
  auto builder = std::make_unique<grpc::ServerBuilder>();
  builder->SetOption(std::make_unique<PluginOption>(reflection));
  if (offered == Introspection::kHealth) {
    // Concerns servers without the option below only: those of this branch.
    grpc::EnableDefaultHealthCheckService(true);
  } else {
    builder->SetOption(
        std::make_unique<grpc::HealthCheckServiceServerBuilderOption>(nullptr));
  }
  return builder;
}

absl::flat_hash_set<std::string> IntrospectionPaths() {
  absl::flat_hash_set<std::string> paths = {
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};
  for (const char* method :
       {"GetTopChannels", "GetServers", "GetServer", "GetServerSockets",
        "GetChannel", "GetSubchannel", "GetSocket"}) {
    paths.insert(absl::StrCat("/grpc.channelz.v1.Channelz/", method));
  }
  return paths;
}

}  // namespace u2fi::rpc
