#ifndef U2FI_SERVICES_GATEWAY_AGENT_MESH_LINK_H_
#define U2FI_SERVICES_GATEWAY_AGENT_MESH_LINK_H_

#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "services/common/random/random_source.h"
#include "services/common/sync/sync.h"
#include "services/common/time/backoff.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/gates.h"
#include "services/gateway-agent/mesh_sender.h"
#include "u2fi/gateway/v1/link.grpc.pb.h"

namespace u2fi::gateway_agent {

// The stream to the mesh: opened from here, so that a site opens no port.
// Says Hello, keeps the heartbeat that Welcome asks for, opens the next stream
// when this one ends, after a random wait: at the first of the gates that takes
// it, in an order that is another one each time. There is one connection, but
// when the gate wants to stop (Drain): then the next stream is opened first, at
// another gate if there is one, and the old one is left once that is welcomed,
// or no gate takes it. One thread, which mostly sleeps; messages are handled
// and written on gRPC's. Thread-safe.
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
    // Welcome must come within this time, or the next gate is tried.
    absl::Duration welcome_within = absl::Seconds(10);
    // How many rows of the journal the mesh does not have, for heartbeats. May
    // be empty.
    std::function<uint64_t()> backlog = nullptr;
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
  MeshLink(Gates& gates, const Clock& clock, RandomSource& random,
           MakeHello make_hello, std::vector<MeshHandler*> handlers,
           const Options& options);

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
  // A stream that was welcomed, at the first gate that takes it; the one of
  // `former`, which it is to replace, is asked last. nullptr: none took it.
  std::unique_ptr<Stream> Open(const Stream* former);
  bool IsWelcomed(Stream& stream);
  // Returns when the stream has ended, with nullptr, or was asked to leave,
  // with the one to follow now.
  std::unique_ptr<Stream> Follow(std::unique_ptr<Stream> stream);
  // The next one if another gate takes it; else the same for a while longer,
  // and nullptr shortly before it would be cut.
  std::unique_ptr<Stream> Replace(std::unique_ptr<Stream> stream);
  // Returns when the stream has ended, cancelled if need be.
  void End(Stream& stream);
  bool HasEnded(Stream& stream) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits until something changes, the next heartbeat is due, or then.
  void WaitUntil(absl::Duration uptime) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Called by a stream: a message, false if it ends the stream; the end.
  bool Take(Stream& stream, const gateway::v1::MeshMessage& message);
  void TakeWelcome(Stream& stream, const gateway::v1::Welcome& welcome)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeDrain(const gateway::v1::Drain& drain)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsOverloaded() const;
  void Handle(const gateway::v1::MeshMessage& message)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(handling_);
  void Ended(Stream& stream, const grpc::Status& status);
  // False if it was stopped meanwhile.
  bool Wait(absl::Duration duration);

  Gates& gates_;
  const Clock& clock_;
  const MakeHello make_hello_;
  std::vector<MeshHandler*> handlers_;  // Fixed after Start().
  const Options options_;
  Backoff backoff_;
  // Held while a message is handled: one at a time, also of two streams.
  Mutex handling_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  State state_ ABSL_GUARDED_BY(mutex_);
  // The stream that was welcomed, and the one that is waiting for it.
  Stream* open_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Stream* opening_ ABSL_GUARDED_BY(mutex_) = nullptr;
  // How streams ended that the thread still has.
  std::map<Stream*, grpc::Status> ended_ ABSL_GUARDED_BY(mutex_);
  absl::Duration heartbeat_ ABSL_GUARDED_BY(mutex_);
  // Uptimes: the next heartbeat, and when the open stream is to be replaced
  // because of Drain.
  absl::Duration next_beat_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteDuration();
  absl::Duration leave_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteDuration();
  // After Drain: when the stream is left in any case.
  absl::Duration leave_by_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteDuration();
  grpc::Status last_status_ ABSL_GUARDED_BY(mutex_);
  std::thread connecting_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_MESH_LINK_H_
