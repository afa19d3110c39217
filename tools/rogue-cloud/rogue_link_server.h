#ifndef U2FI_TOOLS_ROGUE_CLOUD_ROGUE_LINK_SERVER_H_
#define U2FI_TOOLS_ROGUE_CLOUD_ROGUE_LINK_SERVER_H_

#include <functional>
#include <string>
#include <vector>

#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "tools/rogue-cloud/forger.h"
#include "u2fi/gateway/v1/link.grpc.pb.h"

namespace u2fi::rogue_cloud {

// What a gateway answered to one attack, as it came over the wire.
struct Answer {
  Attack attack;
  // The reason of the refusal. Empty: the agent knows this very command and
  // told again what came of it.
  std::string refused_reason;
  // CommandResult.outcome_text that came with it, if any.
  std::string outcome;
};

// The gate's end of a gateway's stream, in the wrong hands: welcomes the
// gateway and sends it the attacks, one after the other, each after the answer
// to the last; a stream after a lost one goes on where that ended. For one
// gateway.
class RogueLinkServer : public gateway::v1::GatewayLink::Service {
 public:
  // `on_answer` is called on a thread of gRPC. `clock` must outlive this.
  RogueLinkServer(std::vector<Attack> attacks, const Clock& clock,
                  std::function<void(const Answer&)> on_answer);

  grpc::Status Connect(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<gateway::v1::MeshMessage,
                               gateway::v1::GatewayMessage>* stream) override;

  // Blocks until every attack was answered or the time is over; true if all
  // were.
  bool WaitForAnswers(absl::Duration timeout);

 private:
  using Stream = grpc::ServerReaderWriter<gateway::v1::MeshMessage,
                                          gateway::v1::GatewayMessage>;
  bool Welcome(Stream& stream) const;
  bool Try(const Attack& attack, Stream& stream) const;
  size_t answered() {
    MutexLock lock(mutex_);
    return answered_;
  }

  const std::vector<Attack> attacks_;
  const Clock& clock_;
  const std::function<void(const Answer&)> on_answer_;
  Mutex mutex_;
  CondVar changed_;
  // How many were answered.
  size_t answered_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace u2fi::rogue_cloud

#endif  // U2FI_TOOLS_ROGUE_CLOUD_ROGUE_LINK_SERVER_H_
