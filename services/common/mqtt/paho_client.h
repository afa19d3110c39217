#ifndef U2FI_SERVICES_COMMON_MQTT_PAHO_CLIENT_H_
#define U2FI_SERVICES_COMMON_MQTT_PAHO_CLIENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "services/common/mqtt/broker_options.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"

namespace u2fi::mqtt {

// A client of the broker that `options` name, with one thread of its own.
// `clock` and `random` must outlive it. Its destructor disconnects, which may
// take a second, and waits for a handler that runs; do not call it from one.
// INVALID_FIELD as CheckBrokerOptions() says.
absl::StatusOr<std::unique_ptr<MqttClient>> MakePahoClient(
    const BrokerOptions& options, const Clock& clock, RandomSource& random);

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_PAHO_CLIENT_H_
