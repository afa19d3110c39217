#ifndef U2FI_SERVICES_COMMON_MQTT_PAHO_CONNECTOR_H_
#define U2FI_SERVICES_COMMON_MQTT_PAHO_CONNECTOR_H_

#include <memory>
#include <vector>

#include "services/common/mqtt/broker_options.h"
#include "services/common/mqtt/connection.h"

namespace u2fi::mqtt {

// Connections by Eclipse Paho's asynchronous library: MQTT 5, TLS by the
// machine's OpenSSL with the broker's name checked, one authority only. A
// client's subscriptions outlive a connection by `session_expiry`.
class PahoConnector : public Connector {
 public:
  // `options` have passed CheckBrokerOptions().
  explicit PahoConnector(BrokerOptions options)
      : options_(std::move(options)) {}

  std::unique_ptr<Connection> Connect(
      const std::vector<Subscription>& subscriptions,
      ConnectionEvents& events) override;

 private:
  const BrokerOptions options_;
};

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_PAHO_CONNECTOR_H_
