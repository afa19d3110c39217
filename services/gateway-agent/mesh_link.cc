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

// Of the time until a draining gate cuts the stream: then it is left, also if
// no other gate has taken the next one.
constexpr double kStayFor = 0.7;

// Whether another gate may take a stream that ended like this: it could not be
// reached or stops, said nothing in time, or has too many.
bool MayBeTakenElsewhere(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::CANCELLED ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
}

}  // namespace

// One stream. Whatever comes is given to the link, in order; what goes waits
// here while the one before it is written.
class MeshLink::Stream
    : public grpc::ClientBidiReactor<GatewayMessage, MeshMessage> {
 public:
  Stream(MeshLink& link, std::string address)
      : link_(link),
        address_(std::move(address)),
        stub_(link.gates_.Connect(address_)) {}

  const std::string& address() const { return address_; }

  void Start(gateway::v1::Hello hello) {
    stub_->async()->Connect(&context_, this);
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
    if (queue_.size() == 1) WriteNext();
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (ok && link_.Take(*this, incoming_)) {
      StartRead(&incoming_);
      return;
    }
    // A mesh that does not welcome is left, and a stream that was replaced. One
    // that ended says why itself.
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
    if (!queue_.empty()) WriteNext();
  }

  void OnDone(const grpc::Status& status) override {
    link_.Ended(*this, status);
  }

 private:
  // What follows at once goes in one packet.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    grpc::WriteOptions options;
    if (queue_.size() > 1) options.set_buffer_hint();
    StartWrite(&queue_.front(), options);
  }

  MeshLink& link_;
  const std::string address_;
  const std::unique_ptr<gateway::v1::GatewayLink::StubInterface> stub_;
  grpc::ClientContext context_;
  MeshMessage incoming_;
  Mutex mutex_;
  // Nothing is written any more.
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  // The first one is being written.
  std::deque<GatewayMessage> queue_ ABSL_GUARDED_BY(mutex_);
};

MeshLink::MeshLink(Gates& gates, const Clock& clock, RandomSource& random,
                   MakeHello make_hello, std::vector<MeshHandler*> handlers,
                   const Options& options)
    : gates_(gates),
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
  if (open_ != nullptr) open_->Send(std::move(message));
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
    std::unique_ptr<Stream> stream = Open(nullptr);
    while (stream != nullptr) stream = Follow(std::move(stream));
    if (clock_.Uptime() - begun > options_.healthy_after) backoff_.Reset();
    const grpc::Status status = last_status();
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

std::unique_ptr<MeshLink::Stream> MeshLink::Open(const Stream* former) {
  const std::vector<std::string> addresses =
      gates_.Addresses(former == nullptr ? "" : former->address());
  for (const std::string& address : addresses) {
    auto stream = std::make_unique<Stream>(*this, address);
    if (IsWelcomed(*stream)) return stream;
    End(*stream);
    MutexLock lock(mutex_);
    // Another gate would say the same.
    if (stop_ || !MayBeTakenElsewhere(last_status_)) break;
  }
  return nullptr;
}

bool MeshLink::IsWelcomed(Stream& stream) {
  const absl::Duration end = clock_.Uptime() + options_.welcome_within;
  {
    MutexLock lock(mutex_);
    opening_ = &stream;
  }
  stream.Start(make_hello_());
  MutexLock lock(mutex_);
  while (opening_ == &stream && !HasEnded(stream) && !stop_ &&
         clock_.Uptime() < end) {
    WaitUntil(end);
  }
  opening_ = nullptr;
  return open_ == &stream;
}

std::unique_ptr<MeshLink::Stream> MeshLink::Follow(
    std::unique_ptr<Stream> stream) {
  bool leave = false;
  {
    MutexLock lock(mutex_);
    while (!HasEnded(*stream) && !stop_ && clock_.Uptime() < leave_at_) {
      WaitUntil(leave_at_);
    }
    leave = !HasEnded(*stream) && !stop_;
  }
  if (leave) return Replace(std::move(stream));
  End(*stream);
  return nullptr;
}

std::unique_ptr<MeshLink::Stream> MeshLink::Replace(
    std::unique_ptr<Stream> stream) {
  std::unique_ptr<Stream> next = Open(stream.get());
  if (next != nullptr) {
    End(*stream);
    return next;
  }
  bool late = false;
  {
    MutexLock lock(mutex_);
    const absl::Duration now = clock_.Uptime();
    late = now >= leave_by_;
    leave_at_ = std::min(now + backoff_.Next(), leave_by_);
  }
  if (!late) return stream;
  End(*stream);
  return nullptr;
}

void MeshLink::End(Stream& stream) {
  MutexLock lock(mutex_);
  if (!HasEnded(stream)) stream.Cancel();
  while (!HasEnded(stream)) changed_.Wait(mutex_);
  last_status_ = ended_[&stream];
  ended_.erase(&stream);
}

bool MeshLink::HasEnded(Stream& stream) const {
  return ended_.count(&stream) > 0;
}

void MeshLink::WaitUntil(absl::Duration uptime) {
  const absl::Duration now = clock_.Uptime();
  if (open_ != nullptr && now >= next_beat_) {
    next_beat_ = now + heartbeat_;
    GatewayMessage message;
    gateway::v1::Heartbeat& beat = *message.mutable_heartbeat();
    beat.set_time_ms(static_cast<uint64_t>(UnixMillis(clock_)));
    if (options_.backlog) {
      beat.set_audit_backlog(static_cast<uint32_t>(options_.backlog()));
    }
    open_->Send(std::move(message));
  }
  changed_.WaitFor(mutex_, std::min(uptime, next_beat_) - now);
}

void MeshLink::Ended(Stream& stream, const grpc::Status& status) {
  MutexLock lock(mutex_);
  if (open_ == &stream) {
    open_ = nullptr;
    state_.connected = false;
    next_beat_ = absl::InfiniteDuration();
  }
  ended_[&stream] = status;
  changed_.NotifyAll();
}

bool MeshLink::Take(Stream& stream, const MeshMessage& message) {
  MutexLock handling(handling_);
  bool welcome = false;
  {
    MutexLock lock(mutex_);
    if (opening_ == &stream) {
      if (!message.has_welcome()) return false;
      TakeWelcome(stream, message.welcome());
      welcome = true;
    } else if (open_ != &stream) {
      // What it said is said again on the stream that replaced it.
      return false;
    }
    state_.last_message = clock_.Now();
    if (message.has_drain()) {
      TakeDrain(message.drain());
      return true;
    }
  }
  if (!welcome) {
    Handle(message);
    return !IsOverloaded();
  }
  for (MeshHandler* handler : handlers_) {
    handler->OnConnected(message.welcome());
  }
  return true;
}

void MeshLink::TakeDrain(const gateway::v1::Drain& drain) {
  const absl::Duration now = clock_.Uptime();
  leave_at_ = now + DurationOf(drain.reconnect_after());
  leave_by_ = drain.has_closes_after()
                  ? now + DurationOf(drain.closes_after()) * kStayFor
                  : absl::InfiniteDuration();
  changed_.NotifyAll();
}

void MeshLink::TakeWelcome(Stream& stream,
                           const gateway::v1::Welcome& welcome) {
  open_ = &stream;
  opening_ = nullptr;
  state_ = {true, welcome.generation(), clock_.Now()};
  leave_at_ = absl::InfiniteDuration();
  heartbeat_ = std::clamp(DurationOf(welcome.heartbeat_interval()),
                          options_.least_heartbeat, options_.most_heartbeat);
  next_beat_ = clock_.Uptime() + heartbeat_;
  changed_.NotifyAll();
}

bool MeshLink::IsOverloaded() const {
  const bool overloaded = std::any_of(
      handlers_.begin(), handlers_.end(),
      [](const MeshHandler* handler) { return handler->Overloaded(); });
  if (overloaded) {
    logging::Warning("the mesh sends more than this gateway gets done: left");
  }
  return overloaded;
}

void MeshLink::Handle(const MeshMessage& message) {
  for (MeshHandler* handler : handlers_) {
    if (handler->OnMessage(message)) return;
  }
  logging::Warning("a message of the mesh is not understood here",
                   {{"body", static_cast<int>(message.body_case())}});
}

}  // namespace u2fi::gateway_agent
