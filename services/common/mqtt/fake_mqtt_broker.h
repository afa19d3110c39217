#ifndef U2FI_SERVICES_COMMON_MQTT_FAKE_MQTT_BROKER_H_
#define U2FI_SERVICES_COMMON_MQTT_FAKE_MQTT_BROKER_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::mqtt {

// A broker and its clients in memory, for tests. Nothing happens until
// Settle(): then connections are made, messages arrive and handlers run, all
// on the calling thread and in order. Keeps the promises of MqttClient, and
// those of the broker on sessions, retained messages, expiry and wills.
// Simplifications: a lost client connects again at the next Settle(); one
// client per user at a time; no limit of unfinished messages. Thread-safe.
class FakeMqttBroker {
 public:
  // May `user` write to (else: read from) `topic`?
  using Access = std::function<bool(const std::string& user,
                                    const std::string& topic, bool write)>;

  // `clock` must outlive the broker, and the broker its clients.
  explicit FakeMqttBroker(const Clock& clock) : clock_(clock) {}

  // A client of `user`. With `keep_session` the broker keeps its subscriptions
  // and messages (at least once) while it is away.
  std::unique_ptr<MqttClient> MakeClient(
      const std::string& user, bool keep_session = true,
      absl::optional<Message> will = absl::nullopt);

  // Without it everybody may do everything.
  void SetAccess(Access access);

  // Lets everything that is under way happen, and what follows from it.
  void Settle();

  // The broker goes away: connections are lost, sessions and retained messages
  // are kept.
  void Stop();
  void Restart();

  // The network loses `user`'s connection: its will is published.
  void Disconnect(const std::string& user);

  // Every message that the broker took, oldest first.
  std::vector<Message> published() const;

 private:
  class Client;
  struct Stored {
    Message message;
    absl::Time arrived;
  };
  struct Subscriber {
    std::string filter;
    Qos qos;
    MqttClient::MessageHandler handler;
  };
  // What the broker knows of a user; outlives its client.
  struct Session {
    Client* client = nullptr;
    bool started = false;
    bool connected = false;
    bool keep = true;
    std::vector<Subscriber> subscribers;
    MqttClient::ConnectionHandler on_connection;
    absl::optional<Message> will;
    std::deque<Stored> waiting;
  };

  void Publish(const std::string& user, const Message& message,
               const MqttClient::PublishDone& done);
  void Accept(const Message& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Offer(Session& session, const Message& message, bool retained)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Lose(Session& session, bool with_will)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ConnectAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayAccess(const std::string& user, const std::string& topic,
                 bool write) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next handler to run, or nothing.
  std::function<void()> NextTask();
  std::function<void()> NextMessage(Session& session)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  bool up_ ABSL_GUARDED_BY(mutex_) = true;
  Access access_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Session> sessions_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Stored> retained_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  std::vector<Message> published_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_FAKE_MQTT_BROKER_H_
