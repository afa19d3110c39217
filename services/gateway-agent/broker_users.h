#ifndef U2FI_SERVICES_GATEWAY_AGENT_BROKER_USERS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_BROKER_USERS_H_

#include <string>
#include <utility>

#include "services/common/mqtt/link_file.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/cancel_flag.h"
#include "services/gateway-agent/device_credentials.h"

namespace u2fi::gateway_agent {

// Makes a user of its own for each device in the password file of the site's
// mosquitto, and a link file with its password for whoever brings it to the
// device. The device id is its user and client id; the broker's access list
// lets it see nothing but its own topics (services/common/mqtt/README.md).
class BrokerUsers : public DeviceCredentials {
 public:
  struct Options {
    // The broker's password file.
    std::string password_file;
    // Executable that makes the broker read it again; empty: none.
    std::string reload_hook;
    absl::Duration hook_timeout = absl::Seconds(5);
    // Folder of the link files, `<device>.json`, mode 0700; made if missing.
    std::string link_folder;
    // How devices reach the broker; `device` and `password` are filled in.
    mqtt::DeviceLinkSettings link;
  };

  // `random` and `clock`, the machine's, must outlive this object.
  BrokerUsers(Options options, RandomSource& random, const Clock& clock)
      : options_(std::move(options)), random_(random), clock_(clock) {}

  // Nothing if the device is a user already. Otherwise the link file is written
  // first, so that after a crash at any point either the device is no user yet
  // or its password is there. INVALID_FIELD, FILE_UNAVAILABLE; the hook's
  // error.
  absl::Status Ensure(const std::string& device) override;

 private:
  const Options options_;
  RandomSource& random_;
  const Clock& clock_;
  u2fhid::CancelFlag never_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_BROKER_USERS_H_
