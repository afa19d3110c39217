#ifndef U2FI_SERVICES_COMMON_MQTT_CONNECTION_H_
#define U2FI_SERVICES_COMMON_MQTT_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/common/mqtt/mqtt_client.h"

namespace u2fi::mqtt {

// What a client subscribes to.
struct Subscription {
  std::string filter;
  Qos qos;
};

// What a connection tells. Called on any thread, also from inside Connect();
// must return at once and must not call the connection.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  // The broker has accepted the client and all its subscriptions.
  virtual void OnConnected() = 0;
  // The connection failed or ended; nothing else comes from it. Exactly once,
  // unless the connection is destroyed first.
  virtual void OnClosed(const absl::Status& cause) = 0;
  virtual void OnMessage(Message message) = 0;
  // Message `id` of Send() is done. Once for each, unless OnClosed comes first.
  virtual void OnPublished(uint64_t id, const absl::Status& status) = 0;
};

// One network connection, from the attempt to its end. A new one is made for
// each attempt, so that nothing of an old one is ever sent again.
class Connection {
 public:
  // Disconnects; blocks up to about a second. No event is running when it
  // returns, and none comes after.
  virtual ~Connection() = default;

  // Hands `message` to the broker. Only after OnConnected. Thread-safe.
  // BROKER_UNAVAILABLE: refused, OnPublished(id) does not come.
  virtual absl::Status Send(uint64_t id, const Message& message) = 0;
};

// Makes connections to one broker.
class Connector {
 public:
  virtual ~Connector() = default;

  // Begins to connect and returns at once. `events` must outlive the result.
  virtual std::unique_ptr<Connection> Connect(
      const std::vector<Subscription>& subscriptions,
      ConnectionEvents& events) = 0;
};

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_CONNECTION_H_
