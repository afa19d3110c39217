#ifndef U2FI_SERVICES_COMMON_MQTT_RECONNECTING_CLIENT_H_
#define U2FI_SERVICES_COMMON_MQTT_RECONNECTING_CLIENT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/common/mqtt/broker_options.h"
#include "services/common/mqtt/connection.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/random/random_source.h"
#include "services/common/sync/sync.h"
#include "services/common/time/backoff.h"
#include "services/common/time/clock.h"

namespace u2fi::mqtt {

// MqttClient on top of single connections: makes a new one with full jitter
// when one ends, fails what was unfinished, counts deadlines, and runs the
// handlers. It has no thread: its owner calls Turn() from one thread.
class ReconnectingClient : public MqttClient, private ConnectionEvents {
 public:
  // Received messages that no handler has seen yet; with more the connection
  // is given up, so that the broker keeps the rest.
  static constexpr size_t kMaxQueued = 8192;
  // A new connection is made no earlier than this after the loss of one.
  static constexpr absl::Duration kLeastDelay = absl::Milliseconds(100);

  // Uses the timeouts, reconnect bounds and max_unfinished of `options`.
  // `connector`, `clock` and `random` must outlive this object. `wake` is
  // called on any thread when Turn() has something to do.
  ReconnectingClient(Connector& connector, const Clock& clock,
                     RandomSource& random, const BrokerOptions& options,
                     std::function<void()> wake);
  // Turn() is not running. Unfinished messages are done with
  // BROKER_UNAVAILABLE.
  ~ReconnectingClient() override;

  absl::Status Subscribe(const std::string& filter, Qos qos,
                         MessageHandler handler) override;
  void SetConnectionHandler(ConnectionHandler handler) override;
  void Start() override;
  void Publish(Message message, PublishDone done) override;
  absl::Status state() const override;

  // Does what is due: events, deadlines, the next attempt. Returns how long
  // nothing will be due unless `wake` is called.
  absl::Duration Turn();

 private:
  struct Unfinished {
    PublishDone done;
    absl::Duration deadline;  // By Clock::Uptime().
  };
  struct Event {
    enum Kind { kConnected, kClosed, kMessage, kPublished } kind;
    absl::Status status;
    Message message;
    uint64_t id = 0;
  };

  void OnConnected() override;
  void OnClosed(const absl::Status& cause) override;
  void OnMessage(Message message) override;
  void OnPublished(uint64_t id, const absl::Status& status) override;

  void Push(Event event);
  std::vector<Event> TakeEvents();
  // OK with the message's id, or why it was not sent.
  absl::Status TrySend(const Message& message, PublishDone& done);
  void Handle(const Event& event);
  void Deliver(const Message& message) const;
  void Finish(uint64_t id, const absl::Status& status);
  void FinishRefused();
  void Close(const absl::Status& cause);
  void ExpireUnfinished();
  void ConnectIfDue();
  absl::Duration UntilDue() const;

  Connector& connector_;
  const Clock& clock_;
  const absl::Duration publish_timeout_;
  const absl::Duration connect_timeout_;
  const size_t max_unfinished_;
  const std::function<void()> wake_;
  // Fixed after Start().
  std::vector<Subscription> subscriptions_;
  std::vector<MessageHandler> handlers_;
  ConnectionHandler connection_handler_;
  // Used by Turn() only.
  Backoff delay_;
  absl::Duration next_attempt_ = absl::ZeroDuration();
  absl::Duration attempt_deadline_ = absl::InfiniteDuration();

  // Locked before events_mutex_; held while a connection sends.
  mutable Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool connected_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status cause_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Connection> connection_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  // Ascending ids have ascending deadlines.
  std::map<uint64_t, Unfinished> unfinished_ ABSL_GUARDED_BY(mutex_);

  // Nothing else is locked while this is held.
  mutable Mutex events_mutex_;
  std::vector<Event> events_ ABSL_GUARDED_BY(events_mutex_);
  size_t queued_messages_ ABSL_GUARDED_BY(events_mutex_) = 0;
  bool overflowed_ ABSL_GUARDED_BY(events_mutex_) = false;
  // Publications that were refused before a connection saw them.
  std::vector<std::pair<PublishDone, absl::Status>> refused_
      ABSL_GUARDED_BY(events_mutex_);
};

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_RECONNECTING_CLIENT_H_
