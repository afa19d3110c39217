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

  // Messages that wait for the wire.
  virtual size_t queued() = 0;

  // For how long nothing has come on it, although it is listened to.
  virtual absl::Duration silence() { return absl::ZeroDuration(); }

  // Ends the stream with `status`. What is queued may be lost.
  virtual void Close(const absl::Status& status) = 0;
};

// The gateways that hold a stream to this replica. The newest stream of a
// gateway wins; the older one ends with STREAM_REPLACED. Thread-safe; only
// WaitUntilEmpty() blocks.
class GatewaySessions : public GatewaySender {
 public:
  // A gateway between two streams counts as present for `presence_grace`.
  // `clock` must outlive this object.
  GatewaySessions(const Clock& clock, absl::Duration presence_grace)
      : clock_(clock), presence_grace_(presence_grace) {}

  // Takes a new stream in. It keeps the generation that it has from the
  // directory; if it has none (0) it gets one above those of all earlier
  // streams of the gateway, also before a restart. STREAM_REPLACED if a newer
  // one is here already.
  absl::StatusOr<GatewaySession> Add(GatewaySession session,
                                     std::shared_ptr<GatewayStream> stream);

  // The stream of that generation is gone.
  void Remove(const GatewaySession& session);

  // Closes the stream of a gateway that may not be connected any more.
  void Expel(absl::string_view tenant, absl::string_view gateway,
             const absl::Status& status);

  // Closes the streams on which nothing came for longer than that: heartbeats
  // are due, so nobody is there, or one that lets the connection live alone.
  void CloseSilent(absl::Duration longest);

  // Something sent on a stream so lately may not have arrived when it ends.
  static constexpr absl::Duration kMayBeLost = absl::Seconds(10);

  // A stream of the gateway with this generation is open elsewhere: an older
  // one here is stale and is closed. It comes back, once, if something was sent
  // on it within kMayBeLost.
  absl::optional<GatewaySession> CloseOlder(absl::string_view tenant,
                                            absl::string_view gateway,
                                            uint64_t generation);

  // Queues a message for exactly this stream, and tells how many wait before
  // it. GATEWAY_OFFLINE if the gateway has none here, STREAM_STALE if it has
  // another one, GATEWAY_LIMIT.
  absl::StatusOr<size_t> SendAt(absl::string_view tenant,
                                absl::string_view gateway, uint64_t generation,
                                gateway::v1::MeshMessage message);

  // Queues `message` for every gateway of the tenant.
  void SendToTenant(absl::string_view tenant,
                    const gateway::v1::MeshMessage& message);

  // All gateways that have a stream now.
  std::vector<GatewaySession> List() const;

  // What the registry said of gateways and revocations may have been missed:
  // every stream is admitted anew with its next heartbeat.
  void Doubt() { ++doubts_; }
  uint64_t doubts() const { return doubts_; }

  // How often a gateway was expelled or a tenant was sent something: a stream
  // that was not in yet missed it.
  uint64_t news() const { return news_; }

  // From now on no stream is welcomed: this replica stops.
  void RefuseNew() { refuses_new_ = true; }
  bool refuses_new() const { return refuses_new_; }

  // Blocks until no gateway has a stream, at most for `timeout`.
  void WaitUntilEmpty(absl::Duration timeout);

  // The gateway's session here, also for a while after its stream has gone.
  absl::optional<GatewaySession> FindHere(absl::string_view tenant,
                                          absl::string_view gateway) const;
  // Whether it has a stream here.
  bool Holds(absl::string_view tenant, absl::string_view gateway) const;

  absl::StatusOr<absl::optional<GatewaySession>> Find(
      absl::string_view tenant, absl::string_view gateway) override;
  absl::Status Send(absl::string_view tenant, absl::string_view gateway,
                    gateway::v1::MeshMessage message) override;

 private:
  struct Entry {
    GatewaySession session;
    // Empty: between two streams.
    std::shared_ptr<GatewayStream> stream;
    // When the last stream went, and when something was last sent that the
    // gateway may miss.
    absl::Duration gone_at;
    absl::Duration sent_at = -absl::InfiniteDuration();
  };
  static std::string KeyOf(absl::string_view tenant, absl::string_view gateway);
  std::vector<std::shared_ptr<GatewayStream>> Streams() const;
  // From now on it has no stream.
  void End(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The stream, of any generation or of that one, to send `message` on it.
  // GATEWAY_OFFLINE, STREAM_STALE.
  absl::StatusOr<std::shared_ptr<GatewayStream>> ToSend(
      const gateway::v1::MeshMessage& message, absl::string_view tenant,
      absl::string_view gateway, absl::optional<uint64_t> generation);

  const Clock& clock_;
  const absl::Duration presence_grace_;
  std::atomic<bool> refuses_new_{false};
  std::atomic<uint64_t> doubts_{0};
  std::atomic<uint64_t> news_{0};
  mutable Mutex mutex_;
  CondVar empty_;
  // Gateways that have a stream.
  int streams_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Entry, std::less<>> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_SESSIONS_H_
