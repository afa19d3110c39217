#ifndef U2FI_SERVICES_COMMAND_GATE_GATEWAY_SESSIONS_H_
#define U2FI_SERVICES_COMMAND_GATE_GATEWAY_SESSIONS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/command-gate/gateway_sender.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::command_gate {

// One open stream to a gateway. Thread-safe; never blocks.
class GatewayStream {
 public:
  virtual ~GatewayStream() = default;

  // Queues a message. GATEWAY_LIMIT if the queue is full.
  virtual absl::Status Enqueue(gateway::v1::MeshMessage message) = 0;

  // Ends the stream with `status`. What is queued may be lost.
  virtual void Close(const absl::Status& status) = 0;
};

// The gateways that hold a stream to this replica. The newest stream of a
// gateway wins; the older one ends with STREAM_REPLACED. Thread-safe.
class GatewaySessions : public GatewaySender {
 public:
  // A gateway between two streams counts as present for `presence_grace`.
  // `clock` must outlive this object.
  GatewaySessions(const Clock& clock, absl::Duration presence_grace)
      : clock_(clock), presence_grace_(presence_grace) {}

  // Takes a new stream in and gives it its generation, which is above those of
  // all earlier streams of the gateway, also before a restart.
  GatewaySession Add(GatewaySession session,
                     std::shared_ptr<GatewayStream> stream);

  // The stream of that generation is gone.
  void Remove(const GatewaySession& session);

  // Closes the stream of a gateway that may not be connected any more.
  void Expel(absl::string_view tenant, absl::string_view gateway,
             const absl::Status& status);

  // Queues `message` for every gateway of the tenant.
  void SendToTenant(absl::string_view tenant,
                    const gateway::v1::MeshMessage& message);

  // All gateways that have a stream now.
  std::vector<GatewaySession> List() const;

  // From now on no stream is welcomed: this replica stops.
  void RefuseNew() { refuses_new_ = true; }
  bool refuses_new() const { return refuses_new_; }

  // Blocks until no gateway has a stream, at most for `timeout`.
  void WaitUntilEmpty(absl::Duration timeout);

  absl::optional<GatewaySession> Find(absl::string_view tenant,
                                      absl::string_view gateway) override;
  absl::Status Send(absl::string_view tenant, absl::string_view gateway,
                    gateway::v1::MeshMessage message) override;

 private:
  struct Entry {
    GatewaySession session;
    // Empty: between two streams.
    std::shared_ptr<GatewayStream> stream;
    // When the last stream went.
    absl::Duration gone_at;
  };
  static std::string KeyOf(absl::string_view tenant, absl::string_view gateway);
  std::shared_ptr<GatewayStream> StreamOf(absl::string_view tenant,
                                          absl::string_view gateway);

  const Clock& clock_;
  const absl::Duration presence_grace_;
  std::atomic<bool> refuses_new_{false};
  mutable Mutex mutex_;
  CondVar empty_;
  // Gateways that have a stream.
  int streams_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Entry, std::less<>> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_SESSIONS_H_
