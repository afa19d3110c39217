#include "services/common/mqtt/fake_mqtt_broker.h"

#include <algorithm>
#include <utility>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::mqtt {

class FakeMqttBroker::Client : public MqttClient {
 public:
  Client(FakeMqttBroker& broker, std::string user)
      : broker_(broker), user_(std::move(user)) {}

  ~Client() override {
    MutexLock lock(broker_.mutex_);
    Session& session = broker_.sessions_[user_];
    session.client = nullptr;
    session.started = false;
    session.on_connection = nullptr;
    broker_.Lose(session, /*with_will=*/false);
  }

  absl::Status Subscribe(const std::string& filter, Qos qos,
                         MessageHandler handler) override {
    RETURN_IF_ERROR(CheckFilter(filter));
    MutexLock lock(broker_.mutex_);
    broker_.sessions_[user_].subscribers.push_back(
        {filter, qos, std::move(handler)});
    return absl::OkStatus();
  }
  void SetConnectionHandler(ConnectionHandler handler) override {
    MutexLock lock(broker_.mutex_);
    broker_.sessions_[user_].on_connection = std::move(handler);
  }
  void Start() override {
    MutexLock lock(broker_.mutex_);
    broker_.sessions_[user_].started = true;
  }
  void Publish(Message message, PublishDone done) override {
    broker_.Publish(user_, message, done);
  }
  absl::Status state() const override {
    MutexLock lock(broker_.mutex_);
    if (broker_.sessions_.at(user_).connected) return absl::OkStatus();
    return Error(reason::kBrokerUnavailable, "not connected");
  }

 private:
  FakeMqttBroker& broker_;
  const std::string user_;
};

std::unique_ptr<MqttClient> FakeMqttBroker::MakeClient(
    const std::string& user, bool keep_session, absl::optional<Message> will) {
  auto client = std::make_unique<Client>(*this, user);
  MutexLock lock(mutex_);
  Session& session = sessions_[user];
  session.client = client.get();
  session.keep = keep_session;
  session.subscribers.clear();
  session.will = std::move(will);
  if (!keep_session) session.waiting.clear();
  return client;
}

void FakeMqttBroker::SetAccess(Access access) {
  MutexLock lock(mutex_);
  access_ = std::move(access);
}

bool FakeMqttBroker::MayAccess(const std::string& user,
                               const std::string& topic, bool write) const {
  return !access_ || access_(user, topic, write);
}

void FakeMqttBroker::Publish(const std::string& user, const Message& message,
                             const MqttClient::PublishDone& done) {
  MutexLock lock(mutex_);
  absl::Status status = CheckMessage(message);
  const bool allowed = MayAccess(user, message.topic, /*write=*/true);
  if (status.ok() && !sessions_[user].connected) {
    status = Error(reason::kBrokerUnavailable, "not connected");
  }
  // MQTT acknowledges nothing at most once, so a refusal stays unnoticed.
  if (status.ok() && !allowed && message.qos == Qos::kAtLeastOnce) {
    status = Error(reason::kBrokerRefused, "not authorized");
  }
  if (status.ok() && allowed) Accept(message);
  if (done) tasks_.push_back([done, status] { done(status); });
}

void FakeMqttBroker::Accept(const Message& message) {
  published_.push_back(message);
  if (message.retain && message.payload.empty()) {
    retained_.erase(message.topic);
  } else if (message.retain) {
    retained_[message.topic] = {message, clock_.Now()};
  }
  for (auto& [user, session] : sessions_) {
    if (MayAccess(user, message.topic, /*write=*/false)) {
      Offer(session, message, /*retained=*/false);
    }
  }
}

void FakeMqttBroker::Offer(Session& session, const Message& message,
                           bool retained) {
  const auto match = std::find_if(
      session.subscribers.begin(), session.subscribers.end(),
      [&](const Subscriber& s) { return Matches(s.filter, message.topic); });
  if (match == session.subscribers.end()) return;
  Stored copy{message, clock_.Now()};
  copy.message.qos = std::min(message.qos, match->qos);
  copy.message.retain = retained;
  const bool stored = session.keep && copy.message.qos == Qos::kAtLeastOnce;
  if (session.connected || stored) session.waiting.push_back(std::move(copy));
}

void FakeMqttBroker::Lose(Session& session, bool with_will) {
  if (!std::exchange(session.connected, false)) return;
  auto& waiting = session.waiting;
  waiting.erase(std::remove_if(waiting.begin(), waiting.end(),
                               [&](const Stored& stored) {
                                 return !session.keep ||
                                        stored.message.qos == Qos::kAtMostOnce;
                               }),
                waiting.end());
  if (session.on_connection) {
    tasks_.push_back([handler = session.on_connection] { handler(false); });
  }
  if (with_will && session.will.has_value()) Accept(*session.will);
}

void FakeMqttBroker::ConnectAll() {
  if (!up_) return;
  for (auto& [user, session] : sessions_) {
    if (!session.started || session.connected) continue;
    session.connected = true;
    if (session.on_connection) {
      tasks_.push_back([handler = session.on_connection] { handler(true); });
    }
    for (const auto& [topic, stored] : retained_) {
      if (MayAccess(user, topic, /*write=*/false)) {
        Offer(session, stored.message, /*retained=*/true);
      }
    }
  }
}

std::function<void()> FakeMqttBroker::NextMessage(Session& session) {
  while (session.connected && !session.waiting.empty()) {
    Stored next = std::move(session.waiting.front());
    session.waiting.pop_front();
    Message& message = next.message;
    if (message.expiry > absl::ZeroDuration()) {
      message.expiry -= clock_.Now() - next.arrived;
      if (message.expiry <= absl::ZeroDuration()) continue;
    }
    for (const Subscriber& subscriber : session.subscribers) {
      if (!Matches(subscriber.filter, message.topic)) continue;
      return [handler = subscriber.handler, message] { handler(message); };
    }
  }
  return nullptr;
}

std::function<void()> FakeMqttBroker::NextTask() {
  MutexLock lock(mutex_);
  ConnectAll();
  if (!tasks_.empty()) {
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }
  for (auto& [user, session] : sessions_) {
    if (auto task = NextMessage(session)) return task;
  }
  return nullptr;
}

void FakeMqttBroker::Settle() {
  while (auto task = NextTask()) task();
}

void FakeMqttBroker::Stop() {
  MutexLock lock(mutex_);
  up_ = false;
  for (auto& [user, session] : sessions_) Lose(session, /*with_will=*/false);
}

void FakeMqttBroker::Restart() {
  MutexLock lock(mutex_);
  up_ = true;
}

void FakeMqttBroker::Disconnect(const std::string& user) {
  MutexLock lock(mutex_);
  Lose(sessions_[user], /*with_will=*/true);
}

std::vector<Message> FakeMqttBroker::published() const {
  MutexLock lock(mutex_);
  return published_;
}

}  // namespace u2fi::mqtt
