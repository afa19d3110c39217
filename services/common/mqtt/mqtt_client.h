#ifndef U2FI_SERVICES_COMMON_MQTT_MQTT_CLIENT_H_
#define U2FI_SERVICES_COMMON_MQTT_MQTT_CLIENT_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace u2fi::mqtt {

// How often a message may arrive (MQTT 5, 4.3).
enum class Qos {
  kAtMostOnce = 0,   // Once or never.
  kAtLeastOnce = 1,  // Once or more.
};

// Largest payload that a client sends or hands to a handler, in bytes.
inline constexpr size_t kMaxPayload = 384 << 10;
// Longest topic or filter, in bytes.
inline constexpr size_t kMaxTopic = 512;
// Longest correlation data, in bytes.
inline constexpr size_t kMaxCorrelation = 128;

// One MQTT message.
struct Message {
  std::string topic;
  std::string payload;
  Qos qos = Qos::kAtMostOnce;
  // The broker keeps it for later subscribers. Never set for a command: it
  // would act again at every reconnect.
  bool retain = false;
  // The broker drops it if it could not deliver it for so long. Sent in whole
  // seconds, rounded up; zero means never. Receivers still check deadlines.
  absl::Duration expiry = absl::ZeroDuration();
  // Where the answer goes, and what comes back with it. May be empty.
  std::string response_topic;
  std::string correlation;
};

// INVALID_FIELD unless `message` may be published: topic of 1 to kMaxTopic
// bytes without wildcards and control characters, sizes within the bounds
// above, expiry from zero to 30 days, a retained message without response
// topic.
absl::Status CheckMessage(const Message& message);

// INVALID_FIELD unless `filter` is a topic filter of MQTT 5, 4.7: `+` and `#`
// stand for whole levels, `#` only for the last.
absl::Status CheckFilter(absl::string_view filter);

// True if `topic` is one that `filter` stands for.
bool Matches(absl::string_view filter, absl::string_view topic);

// One connection to a broker that is made again whenever it is lost. All
// handlers of a client run one after the other on a thread of its own, never
// inside a call of this interface; they may call Publish() and should return
// soon. Thread-safe.
class MqttClient {
 public:
  using MessageHandler = std::function<void(const Message&)>;
  // True after each connection with all subscriptions in force, false after
  // each loss of such a connection.
  using ConnectionHandler = std::function<void(bool connected)>;
  // How publishing ended. OK: the broker has taken the message (at least
  // once), or it has been written to the socket (at most once).
  using PublishDone = std::function<void(const absl::Status&)>;

  virtual ~MqttClient() = default;

  // Messages that match `filter` go to `handler`. Only before Start().
  // INVALID_FIELD for a filter that is not one.
  virtual absl::Status Subscribe(const std::string& filter, Qos qos,
                                 MessageHandler handler) = 0;

  // Replaces the handler. Only before Start().
  virtual void SetConnectionHandler(ConnectionHandler handler) = 0;

  // Begins to connect, and returns at once.
  virtual void Start() = 0;

  // Sends `message`, and calls `done` exactly once (it may be empty). Without
  // a connection the message is refused, never kept for later. Errors:
  // INVALID_FIELD (CheckMessage), BROKER_UNAVAILABLE (not connected; or, at
  // least once, lost before the acknowledgement or not acknowledged in time:
  // it may have arrived), BROKER_REFUSED (the broker's access list),
  // BROKER_QUEUE_FULL (too many unfinished ones).
  virtual void Publish(Message message, PublishDone done) = 0;

  // OK while connected, otherwise BROKER_UNAVAILABLE or BROKER_REFUSED with
  // the last cause.
  virtual absl::Status state() const = 0;
};

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_MQTT_CLIENT_H_
