#include "services/common/mqtt/reconnecting_client.h"

#include <algorithm>
#include <utility>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::mqtt {
namespace {

absl::Status Away(absl::string_view why) {
  return Error(reason::kBrokerUnavailable, why);
}

}  // namespace

ReconnectingClient::ReconnectingClient(Connector& connector, const Clock& clock,
                                       RandomSource& random,
                                       const BrokerOptions& options,
                                       std::function<void()> wake)
    : connector_(connector),
      clock_(clock),
      publish_timeout_(options.publish_timeout),
      connect_timeout_(options.connect_timeout),
      max_unfinished_(options.max_unfinished),
      wake_(std::move(wake)),
      delay_(random, options.reconnect_base, options.reconnect_cap),
      cause_(Away("not connected yet")) {}

ReconnectingClient::~ReconnectingClient() {
  connection_handler_ = nullptr;
  Close(Away("the client ends"));
  FinishRefused();
}

absl::Status ReconnectingClient::Subscribe(const std::string& filter, Qos qos,
                                           MessageHandler handler) {
  RETURN_IF_ERROR(CheckFilter(filter));
  subscriptions_.push_back({filter, qos});
  handlers_.push_back(std::move(handler));
  return absl::OkStatus();
}

void ReconnectingClient::SetConnectionHandler(ConnectionHandler handler) {
  connection_handler_ = std::move(handler);
}

void ReconnectingClient::Start() {
  {
    MutexLock lock(mutex_);
    started_ = true;
  }
  wake_();
}

absl::Status ReconnectingClient::state() const {
  MutexLock lock(mutex_);
  return connected_ ? absl::OkStatus() : cause_;
}

void ReconnectingClient::Publish(Message message, PublishDone done) {
  absl::Status refused = CheckMessage(message);
  if (refused.ok()) refused = TrySend(message, done);
  if (refused.ok() || !done) return;
  {
    MutexLock lock(events_mutex_);
    refused_.emplace_back(std::move(done), std::move(refused));
  }
  wake_();
}

absl::Status ReconnectingClient::TrySend(const Message& message,
                                         PublishDone& done) {
  MutexLock lock(mutex_);
  if (!connected_) return cause_;
  if (unfinished_.size() >= max_unfinished_) {
    return Error(reason::kBrokerQueueFull, "too many unfinished messages");
  }
  const uint64_t id = next_id_++;
  RETURN_IF_ERROR(connection_->Send(id, message));
  unfinished_[id] = {std::move(done), clock_.Uptime() + publish_timeout_};
  return absl::OkStatus();
}

void ReconnectingClient::OnConnected() {
  Push({Event::kConnected, absl::OkStatus(), {}, 0});
}
void ReconnectingClient::OnClosed(const absl::Status& cause) {
  Push({Event::kClosed, cause, {}, 0});
}
void ReconnectingClient::OnPublished(uint64_t id, const absl::Status& status) {
  Push({Event::kPublished, status, {}, id});
}

void ReconnectingClient::OnMessage(Message message) {
  {
    MutexLock lock(events_mutex_);
    if (overflowed_) return;
    overflowed_ = ++queued_messages_ > kMaxQueued;
    if (overflowed_) {
      events_.push_back({Event::kClosed, Away("handlers are too slow"), {}, 0});
      return;
    }
  }
  Push({Event::kMessage, absl::OkStatus(), std::move(message), 0});
}

void ReconnectingClient::Push(Event event) {
  {
    MutexLock lock(events_mutex_);
    events_.push_back(std::move(event));
  }
  wake_();
}

std::vector<ReconnectingClient::Event> ReconnectingClient::TakeEvents() {
  MutexLock lock(events_mutex_);
  queued_messages_ = 0;
  return std::exchange(events_, {});
}

absl::Duration ReconnectingClient::Turn() {
  for (const Event& event : TakeEvents()) {
    Handle(event);
    if (event.kind == Event::kClosed) break;  // The rest is of the same one.
  }
  FinishRefused();
  ExpireUnfinished();
  ConnectIfDue();
  return UntilDue();
}

void ReconnectingClient::Handle(const Event& event) {
  switch (event.kind) {
    case Event::kMessage:
      return Deliver(event.message);
    case Event::kPublished:
      return Finish(event.id, event.status);
    case Event::kClosed:
      return Close(event.status);
    case Event::kConnected:
      break;
  }
  delay_.Reset();
  attempt_deadline_ = absl::InfiniteDuration();
  {
    MutexLock lock(mutex_);
    connected_ = true;
  }
  if (connection_handler_) connection_handler_(true);
}

void ReconnectingClient::Deliver(const Message& message) const {
  for (size_t i = 0; i < subscriptions_.size(); ++i) {
    if (!Matches(subscriptions_[i].filter, message.topic)) continue;
    handlers_[i](message);
    return;
  }
}

void ReconnectingClient::Finish(uint64_t id, const absl::Status& status) {
  PublishDone done;
  {
    MutexLock lock(mutex_);
    auto found = unfinished_.find(id);
    if (found == unfinished_.end()) return;
    done = std::move(found->second.done);
    unfinished_.erase(found);
  }
  if (done) done(status);
}

void ReconnectingClient::FinishRefused() {
  std::vector<std::pair<PublishDone, absl::Status>> refused;
  {
    MutexLock lock(events_mutex_);
    refused.swap(refused_);
  }
  for (const auto& [done, status] : refused) done(status);
}

void ReconnectingClient::Close(const absl::Status& cause) {
  std::unique_ptr<Connection> old;
  std::map<uint64_t, Unfinished> lost;
  bool was_connected = false;
  {
    MutexLock lock(mutex_);
    old = std::move(connection_);
    lost.swap(unfinished_);
    was_connected = std::exchange(connected_, false);
    cause_ = cause;
  }
  old.reset();
  {
    MutexLock lock(events_mutex_);
    events_.clear();
    queued_messages_ = 0;
    overflowed_ = false;
  }
  attempt_deadline_ = absl::InfiniteDuration();
  next_attempt_ = clock_.Uptime() + std::max(kLeastDelay, delay_.Next());
  for (auto& [id, one] : lost) {
    if (one.done) one.done(Away("the connection was lost"));
  }
  if (was_connected && connection_handler_) connection_handler_(false);
}

void ReconnectingClient::ExpireUnfinished() {
  const absl::Duration now = clock_.Uptime();
  std::vector<PublishDone> late;
  {
    MutexLock lock(mutex_);
    while (!unfinished_.empty() &&
           unfinished_.begin()->second.deadline <= now) {
      late.push_back(std::move(unfinished_.begin()->second.done));
      unfinished_.erase(unfinished_.begin());
    }
  }
  for (const PublishDone& done : late) {
    if (done) done(Away("the broker did not acknowledge in time"));
  }
}

void ReconnectingClient::ConnectIfDue() {
  const absl::Duration now = clock_.Uptime();
  if (attempt_deadline_ <= now) Close(Away("connecting took too long"));
  MutexLock lock(mutex_);
  if (!started_ || connection_ != nullptr || next_attempt_ > now) return;
  attempt_deadline_ = now + connect_timeout_;
  connection_ = connector_.Connect(subscriptions_, *this);
}

absl::Duration ReconnectingClient::UntilDue() const {
  MutexLock lock(mutex_);
  {
    MutexLock events_lock(events_mutex_);
    if (!events_.empty() || !refused_.empty()) return absl::ZeroDuration();
  }
  absl::Duration due = attempt_deadline_;
  if (started_ && connection_ == nullptr) due = next_attempt_;
  if (!unfinished_.empty()) {
    due = std::min(due, unfinished_.begin()->second.deadline);
  }
  return std::max(absl::ZeroDuration(), due - clock_.Uptime());
}

}  // namespace u2fi::mqtt
