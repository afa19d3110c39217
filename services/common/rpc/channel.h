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

// The same to one address, over a connection that no other channel shares and
// that ends with the channel. `authority`: host and port of the name that the
// address was found under, which the server is told; empty: the address.
std::shared_ptr<grpc::Channel> NewConnection(const TlsIdentity& tls,
                                             const std::string& address,
                                             const std::string& name,
                                             const std::string& authority);

// Prepares one outgoing call: its deadline is `timeout` from now, or a little
// (20 ms) before that of the call being served on this thread if that is
// sooner, so that there is time left to answer; and it carries that call's
// trace. Without a call being served, it has no trace.
void PrepareCall(grpc::ClientContext& context, absl::Duration timeout);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_CHANNEL_H_
