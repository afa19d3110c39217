#ifndef U2FI_SERVICES_GATEWAY_AGENT_MESH_LINK_H_
#define U2FI_SERVICES_GATEWAY_AGENT_MESH_LINK_H_

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "grpcpp/grpcpp.h"
#include "services/common/random/random_source.h"
#include "services/common/sync/sync.h"
#include "services/common/time/backoff.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/mesh_sender.h"
#include "u2fi/gateway/v1/link.grpc.pb.h"

namespace u2fi::gateway_agent {

// The stream to the mesh: opened from here, so that a site opens no port.
// Says Hello, keeps the heartbeat that Welcome asks for, opens the next stream
// when this one ends, after a random wait. One thread, which mostly sleeps;
// messages are handled and written on gRPC's. Thread-safe.
class MeshLink : public MeshSender {
 public:
  struct Options {
    absl::Duration first_backoff = absl::Seconds(1);
    absl::Duration most_backoff = absl::Seconds(60);
    // A stream that lived this long was a good one.
    absl::Duration healthy_after = absl::Seconds(60);
    // Welcome asks for heartbeats between these (session.proto).
    absl::Duration least_heartbeat = absl::Seconds(1);
    absl::Duration most_heartbeat = absl::Hours(1);
    // Welcome must come within this time.
    absl::Duration welcome_within = absl::Seconds(10);
  };
  // What people are told of the link.
  struct State {
    bool connected = false;
    // Number of the last stream; 0: never welcomed.
    uint64_t generation = 0;
    // When the mesh last said anything; the infinite past: never.
    absl::Time last_message = absl::InfinitePast();
  };
  // What the agent says of itself, asked before each stream.
  using MakeHello = std::function<gateway::v1::Hello()>;

  // All must outlive this object.
  MeshLink(gateway::v1::GatewayLink::StubInterface& stub, const Clock& clock,
           RandomSource& random, MakeHello make_hello,
           std::vector<MeshHandler*> handlers, const Options& options);

  // Ends the stream and the thread.
  ~MeshLink() override;

  // One more handler, which must outlive this object or Stop(). Before Start().
  void AddHandler(MeshHandler& handler) { handlers_.push_back(&handler); }

  // Begins to connect. Once.
  void Start();

  // Ends the stream and the thread; no handler is called after it.
  void Stop();

  void Send(gateway::v1::GatewayMessage message) override;

  State state() const;
  // Whether there is a welcomed stream now.
  bool IsConnected() const { return state().connected; }
  // Why the last stream ended, for people; OK if none has.
  grpc::Status last_status() const;

 private:
  class Stream;

  void ConnectUntilStopped();
  // Opens a stream and returns when it has ended.
  grpc::Status RunStream();
  // Called by the stream: a message, false if it ends the stream; the end.
  bool Take(const gateway::v1::MeshMessage& message);
  bool TakeWelcome(const gateway::v1::MeshMessage& message);
  void Ended(const grpc::Status& status);
  void BeatIfDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False if it was stopped meanwhile.
  bool Wait(absl::Duration duration);

  gateway::v1::GatewayLink::StubInterface& stub_;
  const Clock& clock_;
  const MakeHello make_hello_;
  std::vector<MeshHandler*> handlers_;  // Fixed after Start().
  const Options options_;
  Backoff backoff_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  State state_ ABSL_GUARDED_BY(mutex_);
  // The stream that is open or opening, and how it ended.
  Stream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::optional<grpc::Status> ended_ ABSL_GUARDED_BY(mutex_);
  absl::Duration heartbeat_ ABSL_GUARDED_BY(mutex_);
  // Uptimes: the next heartbeat, and when the stream shall end of itself
  // because of Drain or because no Welcome came.
  absl::Duration next_beat_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteDuration();
  absl::Duration leave_at_ ABSL_GUARDED_BY(mutex_);
  grpc::Status last_status_ ABSL_GUARDED_BY(mutex_);
  std::thread connecting_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_MESH_LINK_H_
