#ifndef U2FI_SERVICES_COMMON_MQTT_TOPICS_H_
#define U2FI_SERVICES_COMMON_MQTT_TOPICS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::mqtt {

// What a topic is for. README.md has the table with who may publish, quality
// of service and payload.
enum class TopicKind {
  kDown,        // agent → device with the kit: ToDevice
  kUp,          // device with the kit → agent: FromDevice
  kPresence,    // device: `online` or `offline`, retained
  kPlainSet,    // agent → device without the kit: JSON
  kPlainState,  // device without the kit → agent: JSON
};

// Payloads of kPresence. kOffline is the device's will.
inline constexpr absl::string_view kOnline = "online";
inline constexpr absl::string_view kOffline = "offline";

// The topics of one gateway's devices:
// u2fi/<tenant>/<site>/<gateway>/<device>/<kind>. Immutable.
class GatewayTopics {
 public:
  // What a topic says.
  struct Parsed {
    std::string device;
    TopicKind kind;
  };

  // INVALID_FIELD unless the three are ids of wire.md.
  static absl::StatusOr<GatewayTopics> Create(absl::string_view tenant,
                                              absl::string_view site,
                                              absl::string_view gateway);

  // The topic of a device. `device` must be an id, checked by the caller.
  std::string Of(absl::string_view device, TopicKind kind) const;

  // The agent's filter for `kind`, for all devices.
  std::string FilterFor(TopicKind kind) const { return Of("+", kind); }

  // INVALID_FIELD unless `topic` is one of a device of this gateway.
  absl::StatusOr<Parsed> Parse(absl::string_view topic) const;

  // User of the agent at the broker: no device id, since it has a dot.
  std::string AgentUser() const;

  // User of a device at the broker: its id.
  static std::string DeviceUser(absl::string_view device) {
    return std::string(device);
  }

 private:
  GatewayTopics(std::string prefix, std::string gateway)
      : prefix_(std::move(prefix)), gateway_(std::move(gateway)) {}

  std::string prefix_;  // With the last slash.
  std::string gateway_;
};

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_TOPICS_H_
