#include "services/gateway-agent/mesh_link.h"

#include <algorithm>
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
    if (context_ != nullptr) context_->TryCancel();
    changed_.NotifyAll();
  }
  if (connecting_.joinable()) connecting_.join();
}

void MeshLink::Start() {
  connecting_ = std::thread([this] { ConnectUntilStopped(); });
}

void MeshLink::Send(GatewayMessage message) {
  MutexLock lock(mutex_);
  if (!state_.connected || queue_.size() >= kMaxQueue) return;
  queue_.push_back(std::move(message));
  changed_.NotifyAll();
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
  grpc::ClientContext context;
  {
    MutexLock lock(mutex_);
    if (stop_) return grpc::Status::CANCELLED;
    context_ = &context;
    leave_at_.reset();
  }
  const std::unique_ptr<Stream> stream = stub_.Connect(&context);
  std::thread writer;
  if (Welcomed(*stream, context)) {
    writer = std::thread([&] { WriteUntilEnd(*stream, context); });
    ReadAll(*stream);
  }
  {
    MutexLock lock(mutex_);
    state_.connected = false;
    queue_.clear();
    changed_.NotifyAll();
  }
  if (writer.joinable()) writer.join();
  grpc::Status status = stream->Finish();
  MutexLock lock(mutex_);
  context_ = nullptr;
  return status;
}

bool MeshLink::Welcomed(Stream& stream, grpc::ClientContext& context) {
  GatewayMessage hello;
  *hello.mutable_hello() = make_hello_();
  if (!stream.Write(hello)) return false;
  MeshMessage first;
  const bool heard = ReadFirst(stream, context, first);
  if (!heard || !first.has_welcome()) {
    // A refusal ends by itself, and says why.
    if (heard) context.TryCancel();
    return false;
  }
  {
    MutexLock lock(mutex_);
    state_ = {true, first.welcome().generation(), clock_.Now()};
    heartbeat_ = std::clamp(DurationOf(first.welcome().heartbeat_interval()),
                            options_.least_heartbeat, options_.most_heartbeat);
  }
  for (MeshHandler* handler : handlers_) handler->OnConnected(first.welcome());
  return true;
}

bool MeshLink::ReadFirst(Stream& stream, grpc::ClientContext& context,
                         MeshMessage& first) {
  {
    MutexLock lock(mutex_);
    opening_ = true;
  }
  // A mesh that says nothing is left: the read ends when the call does.
  std::thread guard([this, &context] {
    MutexLock lock(mutex_);
    const absl::Duration until = clock_.Uptime() + options_.welcome_within;
    while (!stop_ && opening_ && clock_.Uptime() < until) {
      changed_.WaitFor(mutex_, until - clock_.Uptime());
    }
    if (opening_) context.TryCancel();
  });
  const bool heard = stream.Read(&first);
  {
    MutexLock lock(mutex_);
    opening_ = false;
    changed_.NotifyAll();
  }
  guard.join();
  return heard;
}

void MeshLink::ReadAll(Stream& stream) {
  MeshMessage message;
  while (stream.Read(&message)) {
    {
      MutexLock lock(mutex_);
      state_.last_message = clock_.Now();
    }
    if (message.has_drain()) {
      MutexLock lock(mutex_);
      leave_at_ =
          clock_.Uptime() + DurationOf(message.drain().reconnect_after());
      changed_.NotifyAll();
      continue;
    }
    bool taken = false;
    for (MeshHandler* handler : handlers_) {
      taken = taken || handler->OnMessage(message);
    }
    if (!taken) {
      logging::Warning("a message of the mesh is not understood here",
                       {{"body", static_cast<int>(message.body_case())}});
    }
  }
}

void MeshLink::WriteUntilEnd(Stream& stream, grpc::ClientContext& context) {
  absl::Duration last_beat = clock_.Uptime();
  while (true) {
    GatewayMessage message;
    {
      MutexLock lock(mutex_);
      const absl::Duration now = clock_.Uptime();
      if (stop_ || !state_.connected) return;
      if (leave_at_.has_value() && now >= *leave_at_) {
        context.TryCancel();
        return;
      }
      if (!queue_.empty()) {
        message = std::move(queue_.front());
        queue_.pop_front();
      } else if (now - last_beat >= heartbeat_) {
        last_beat = now;
        message.mutable_heartbeat()->set_time_ms(
            static_cast<uint64_t>(UnixMillis(clock_)));
      } else {
        absl::Duration wait = heartbeat_ - (now - last_beat);
        if (leave_at_.has_value()) wait = std::min(wait, *leave_at_ - now);
        changed_.WaitFor(mutex_, wait);
        continue;
      }
    }
    if (!stream.Write(message)) return;
  }
}

}  // namespace u2fi::gateway_agent
