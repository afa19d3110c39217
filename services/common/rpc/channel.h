#ifndef U2FI_SERVICES_COMMON_RPC_CHANNEL_H_
#define U2FI_SERVICES_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "services/common/rpc/tls_identity.h"

namespace u2fi::rpc {

// A channel to the service `name` at `target` (a gRPC target, for example
// "dns:///challenge:7443"), over mutual TLS: a server with any other identity
// is refused. Calls go round all addresses of the target. Connects when first
// used, and again by itself. `tls` must outlive the channel's connections.
std::shared_ptr<grpc::Channel> NewChannel(const TlsIdentity& tls,
                                          const std::string& target,
                                          const std::string& name);

// Prepares one outgoing call: its deadline is `timeout` from now, or a little
// (20 ms) before that of the call being served on this thread if that is
// sooner, so that there is time left to answer; and it carries that call's
// trace. Without a call being served, it has no trace.
void PrepareCall(grpc::ClientContext& context, absl::Duration timeout);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_CHANNEL_H_
