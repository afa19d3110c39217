#include "services/common/rpc/peer_watch.h"

namespace u2fi::rpc {

void PeerWatch::Add(const std::string& peer,
                    const std::shared_ptr<grpc::Channel>& channel) {
  peers_.push_back({peer, channel});
}

void PeerWatch::Begin() {
  if (peers_.empty()) return;
  std::vector<std::vector<std::string>> rows;
  rows.reserve(peers_.size());
  for (const Peer& peer : peers_) rows.push_back({peer.name});
  unreachable_.emplace(
      registry_.Gauges({"u2fi_peer_unreachable",
                        "1 while this other service cannot be connected to.",
                        {"peer"},
                        rows}));
}

void PeerWatch::Update() const {
  for (const Peer& peer : peers_) {
    const std::shared_ptr<grpc::Channel> channel = peer.channel.lock();
    const bool failed =
        channel != nullptr && channel->GetState(/*try_to_connect=*/true) ==
                                  GRPC_CHANNEL_TRANSIENT_FAILURE;
    unreachable_->At({peer.name}).Set(failed ? 1 : 0);
  }
}

}  // namespace u2fi::rpc
