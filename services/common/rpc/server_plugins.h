#ifndef U2FI_SERVICES_COMMON_RPC_SERVER_PLUGINS_H_
#define U2FI_SERVICES_COMMON_RPC_SERVER_PLUGINS_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "grpcpp/server_builder.h"

namespace u2fi::rpc {

// What of gRPC's own a server offers.
enum class Introspection {
  kNone,
  kReflection,  // reflection and channelz
  kHealth,      // grpc.health.v1.Health
};

// A builder of servers that offer nothing else of gRPC's own: its plugins add
// services to every server of a process once they are linked in.
std::unique_ptr<grpc::ServerBuilder> NewServerBuilder(Introspection offered);

// The paths of reflection and channelz.
absl::flat_hash_set<std::string> IntrospectionPaths();

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_SERVER_PLUGINS_H_
