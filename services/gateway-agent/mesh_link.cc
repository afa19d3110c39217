#include "services/gateway-agent/mesh_link.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "services/common/logging/logging.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using ::google::protobuf::util::TimeUtil;

// What waits while there is no room on the wire; notices are dropped beyond.
constexpr size_t kMaxQueue = 4096;

absl::Duration DurationOf(const google::protobuf::Duration& duration) {
  return absl::Milliseconds(TimeUtil::DurationToMilliseconds(duration));
}

}  // namespace

// One stream. Whatever comes is given to the link, in order; what goes waits
// here while the one before it is written.
class MeshLink::Stream
    : public grpc::ClientBidiReactor<GatewayMessage, MeshMessage> {
 public:
  explicit Stream(MeshLink& link) : link_(link) {}

  void Start(gateway::v1::GatewayLink::StubInterface& stub,
             gateway::v1::Hello hello) {
    stub.async()->Connect(&context_, this);
    GatewayMessage first;
    *first.mutable_hello() = std::move(hello);
    Send(std::move(first));
    StartRead(&incoming_);
    // Others may start to write until the reads end.
    AddHold();
    StartCall();
  }

  void Send(GatewayMessage message) {
    MutexLock lock(mutex_);
    if (over_ || queue_.size() >= kMaxQueue) return;
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) StartWrite(&queue_.front());
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (ok && link_.Take(incoming_)) {
      StartRead(&incoming_);
      return;
    }
    // A mesh that does not welcome is left. One that ended says why itself.
    if (ok) Cancel();
    {
      MutexLock lock(mutex_);
      over_ = true;
    }
    RemoveHold();
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    if (!ok) over_ = true;
    if (over_) return;
    queue_.pop_front();
    if (!queue_.empty()) StartWrite(&queue_.front());
  }

  void OnDone(const grpc::Status& status) override { link_.Ended(status); }

 private:
  MeshLink& link_;
  grpc::ClientContext context_;
  MeshMessage incoming_;
  Mutex mutex_;
  // Nothing is written any more.
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  // The first one is being written.
  std::deque<GatewayMessage> queue_ ABSL_GUARDED_BY(mutex_);
};

MeshLink::MeshLink(gateway::v1::GatewayLink::StubInterface& stub,
                   const Clock& clock, RandomSource& random,
                   MakeHello make_hello, std::vector<MeshHandler*> handlers,
                   const Options& options)
    : stub_(stub),
      clock_(clock),
      make_hello_(std::move(make_hello)),
      handlers_(std::move(handlers)),
      options_(options),
      backoff_(random, options.first_backoff, options.most_backoff) {}

MeshLink::~MeshLink() { Stop(); }

void MeshLink::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.NotifyAll();
  }
  if (connecting_.joinable()) connecting_.join();
}

void MeshLink::Start() {
  connecting_ = std::thread([this] { ConnectUntilStopped(); });
}

void MeshLink::Send(GatewayMessage message) {
  MutexLock lock(mutex_);
  if (state_.connected) stream_->Send(std::move(message));
}

MeshLink::State MeshLink::state() const {
  MutexLock lock(mutex_);
  return state_;
}

grpc::Status MeshLink::last_status() const {
  MutexLock lock(mutex_);
  return last_status_;
}

void MeshLink::ConnectUntilStopped() {
  do {
    const absl::Duration begun = clock_.Uptime();
    const grpc::Status status = RunStream();
    if (clock_.Uptime() - begun > options_.healthy_after) backoff_.Reset();
    {
      MutexLock lock(mutex_);
      last_status_ = status;
      if (stop_) return;
    }
    logging::Info("the stream to the mesh ended",
                  {{"code", static_cast<int>(status.error_code())},
                   {"cause", status.error_message()}});
  } while (Wait(backoff_.Next()));
}

bool MeshLink::Wait(absl::Duration duration) {
  MutexLock lock(mutex_);
  const absl::Duration until = clock_.Uptime() + duration;
  while (!stop_ && clock_.Uptime() < until) {
    changed_.WaitFor(mutex_, until - clock_.Uptime());
  }
  return !stop_;
}

grpc::Status MeshLink::RunStream() {
  Stream stream(*this);
  {
    MutexLock lock(mutex_);
    stream_ = &stream;
    // A mesh that says nothing is left.
    leave_at_ = clock_.Uptime() + options_.welcome_within;
  }
  stream.Start(stub_, make_hello_());
  MutexLock lock(mutex_);
  while (!ended_.has_value() && !stop_ && clock_.Uptime() < leave_at_) {
    BeatIfDue();
    changed_.WaitFor(mutex_, std::min(leave_at_, next_beat_) - clock_.Uptime());
  }
  if (!ended_.has_value()) stream.Cancel();
  while (!ended_.has_value()) changed_.Wait(mutex_);
  stream_ = nullptr;
  return *std::exchange(ended_, absl::nullopt);
}

void MeshLink::BeatIfDue() {
  const absl::Duration now = clock_.Uptime();
  if (now < next_beat_) return;
  next_beat_ = now + heartbeat_;
  GatewayMessage message;
  message.mutable_heartbeat()->set_time_ms(
      static_cast<uint64_t>(UnixMillis(clock_)));
  stream_->Send(std::move(message));
}

void MeshLink::Ended(const grpc::Status& status) {
  MutexLock lock(mutex_);
  state_.connected = false;
  next_beat_ = absl::InfiniteDuration();
  ended_ = status;
  changed_.NotifyAll();
}

bool MeshLink::Take(const MeshMessage& message) {
  if (!state().connected) return TakeWelcome(message);
  {
    MutexLock lock(mutex_);
    state_.last_message = clock_.Now();
    if (message.has_drain()) {
      leave_at_ =
          clock_.Uptime() + DurationOf(message.drain().reconnect_after());
      changed_.NotifyAll();
      return true;
    }
  }
  bool taken = false;
  for (MeshHandler* handler : handlers_) {
    taken = taken || handler->OnMessage(message);
  }
  if (!taken) {
    logging::Warning("a message of the mesh is not understood here",
                     {{"body", static_cast<int>(message.body_case())}});
  }
  return true;
}

bool MeshLink::TakeWelcome(const MeshMessage& message) {
  if (!message.has_welcome()) return false;
  const gateway::v1::Welcome& welcome = message.welcome();
  {
    MutexLock lock(mutex_);
    state_ = {true, welcome.generation(), clock_.Now()};
    leave_at_ = absl::InfiniteDuration();
    heartbeat_ = std::clamp(DurationOf(welcome.heartbeat_interval()),
                            options_.least_heartbeat, options_.most_heartbeat);
    next_beat_ = clock_.Uptime() + heartbeat_;
    changed_.NotifyAll();
  }
  for (MeshHandler* handler : handlers_) handler->OnConnected(welcome);
  return true;
}

}  // namespace u2fi::gateway_agent
