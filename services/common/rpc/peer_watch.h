#ifndef U2FI_SERVICES_COMMON_RPC_PEER_WATCH_H_
#define U2FI_SERVICES_COMMON_RPC_PEER_WATCH_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "grpcpp/channel.h"
#include "services/common/metrics/metrics.h"

namespace u2fi::rpc {

// Tells which other services cannot be connected to, by the gauge
// u2fi_peer_unreachable{peer}: 1 from a failed attempt (name, network,
// certificate) until one succeeds, also while nobody calls; else 0. What a peer
// answers is not looked at. Not thread-safe.
class PeerWatch {
 public:
  // `registry` must outlive it.
  explicit PeerWatch(metrics::Registry& registry) : registry_(registry) {}

  // Before Begin(). Who calls over the channel keeps it.
  void Add(const std::string& peer,
           const std::shared_ptr<grpc::Channel>& channel);
  // Declares the gauge, with a row for each peer. Once; nothing without peers.
  void Begin();
  // Looks again, and has idle channels connect. Not before Begin().
  void Update() const;

 private:
  struct Peer {
    std::string name;
    std::weak_ptr<grpc::Channel> channel;
  };

  metrics::Registry& registry_;
  std::vector<Peer> peers_;
  absl::optional<metrics::Rows<metrics::Gauge>> unreachable_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_PEER_WATCH_H_
