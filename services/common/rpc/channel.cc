#include "services/common/rpc/channel.h"

#include <algorithm>
#include <cstdlib>

#include "grpcpp/create_channel.h"
#include "services/common/rpc/grpc_log.h"
#include "services/common/rpc/served_call.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/trace_context.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {
namespace {

constexpr absl::Duration kTimeToAnswer = absl::Milliseconds(20);
// Servers allow pings every 30 s (server.cc).
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// The attempt itself gets this long, handshake and all.
constexpr int kConnectMs = 5'000;
constexpr int kFirstReconnectMs = 100;
constexpr int kLastReconnectMs = 5'000;
// Between two questions to DNS; gRPC's own 30 s are the life of a pod during a
// rollout.
constexpr int kResolveMs = 5'000;

// While no call waits, only gRPC's backup poller drives a channel's attempts to
// connect, by default every 5 s: each TLS handshake then ends by its own limit,
// and a peer that came back is not found for minutes. gRPC reads this before
// its first object is made, so it is set before main(); an operator's own
// value stays.
[[maybe_unused]] const int kBackupPolling =
    setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100", 0);

// What every channel has.
grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastReconnectMs);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kResolveMs);
  return arguments;
}

}  // namespace

std::shared_ptr<grpc::Channel> NewChannel(const TlsIdentity& tls,
                                          const std::string& target,
                                          const std::string& name) {
  SendGrpcLogToOurs();
  grpc::ChannelArguments arguments = Arguments();
  arguments.SetLoadBalancingPolicyName("round_robin");
  return grpc::CreateCustomChannel(target, tls.ForClientOf(name), arguments);
}

std::shared_ptr<grpc::Channel> NewConnection(const TlsIdentity& tls,
                                             const std::string& address,
                                             const std::string& name,
                                             const std::string& authority) {
  SendGrpcLogToOurs();
  grpc::ChannelArguments arguments = Arguments();
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!authority.empty()) {
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  }
  return grpc::CreateCustomChannel(address, tls.ForClientOf(name), arguments);
}

void PrepareCall(grpc::ClientContext& context, absl::Duration timeout) {
  absl::Time deadline = SystemClock().Now() + timeout;
  const ServedCall* call = CurrentCall();
  if (call != nullptr) {
    deadline = std::min(deadline, call->deadline - kTimeToAnswer);
    context.AddMetadata("traceparent", ToTraceparent(call->trace));
  }
  context.set_deadline(absl::ToChronoTime(deadline));
}

}  // namespace u2fi::rpc
