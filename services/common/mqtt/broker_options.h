#ifndef U2FI_SERVICES_COMMON_MQTT_BROKER_OPTIONS_H_
#define U2FI_SERVICES_COMMON_MQTT_BROKER_OPTIONS_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/common/mqtt/mqtt_client.h"

namespace u2fi::mqtt {

// How to reach a broker, and how patient to be.
struct BrokerOptions {
  // Name or address; the broker's certificate must be for it.
  std::string host;
  int port = 8883;
  // PEM file with the certificates that may have signed the broker's.
  std::string ca_file;
  // No TLS. For tests and demos on one machine: only to a loopback address.
  bool plaintext = false;
  // Also the client id: the broker ties the two together (BrokerFiles).
  std::string user;
  // A secret.
  std::string password;
  // How long the broker keeps subscriptions and messages (at least once) for
  // a client that is away. Zero: not at all. At most 30 days.
  absl::Duration session_expiry = absl::Hours(1);
  // The broker is away if it is silent for 1.5 of these. 1 s to 1 h.
  absl::Duration keep_alive = absl::Seconds(20);
  // An attempt to connect may take so long. 1 s to 5 min.
  absl::Duration connect_timeout = absl::Seconds(10);
  // A message (at least once) may wait so long for its acknowledgement. 1 s
  // to 5 min.
  absl::Duration publish_timeout = absl::Seconds(10);
  // Bounds of the delay before a new attempt, see
  // services/common/time/backoff.h.
  absl::Duration reconnect_base = absl::Milliseconds(500);
  absl::Duration reconnect_cap = absl::Seconds(30);
  // Messages given to Publish() that are not done; more are refused. At least
  // 1,000, the size of a batch, and at most 65,535.
  size_t max_unfinished = 1024;
  // What the broker publishes when this client is lost.
  absl::optional<Message> will;
};

// INVALID_FIELD naming the first option that is out of its bounds.
absl::Status CheckBrokerOptions(const BrokerOptions& options);

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_BROKER_OPTIONS_H_
