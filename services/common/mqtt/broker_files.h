#ifndef U2FI_SERVICES_COMMON_MQTT_BROKER_FILES_H_
#define U2FI_SERVICES_COMMON_MQTT_BROKER_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/mqtt/password_file.h"
#include "services/common/mqtt/topics.h"
#include "services/common/random/random_source.h"

namespace u2fi::mqtt {

// Where and how a site's mosquitto runs.
struct BrokerSetup {
  // Ids of wire.md.
  std::string tenant;
  std::string site;
  std::string gateway;
  // Folder of the files below; made if missing. Absolute.
  std::string folder;
  // Address and port of the one listener.
  std::string address = "127.0.0.1";
  int port = 8883;
  // The broker's certificate chain and key in PEM, absolute paths. Both empty:
  // no TLS, for tests on 127.0.0.1 only.
  std::string certificate_file;
  std::string key_file;
  // Account that mosquitto runs as: the one that writes these files, since
  // mosquitto reads them again later. (It leaves root unless told to stay.)
  std::string run_as;
};

// The files that a site's mosquitto (2.0) is run with:
//   mosquitto.conf  one listener, nobody anonymous, client id = user
//   acl             only the agent publishes to devices, and a device reads
//                   and writes nothing but its own topics (by its user, %u)
//   passwords       the users, salted and hashed (mode 0600)
// A password is made here, from randomness, and given out once. Not
// thread-safe; one instance per folder.
class BrokerFiles {
 public:
  // Reads the users that are there. `random` must outlive the object.
  // INVALID_FIELD for a bad setup; FILE_UNAVAILABLE.
  static absl::StatusOr<BrokerFiles> Open(BrokerSetup setup,
                                          RandomSource& random);

  // Writes mosquitto.conf, acl and passwords.
  absl::Status Write() const;

  // Makes `user` (topics.h: AgentUser, DeviceUser) or gives it another
  // password, and returns it: 43 characters of base64url, 256 bits, a secret.
  // The broker takes it with its next Reload().
  absl::StatusOr<std::string> SetPassword(absl::string_view user);

  // Removes `user`; OK if it was not there.
  absl::Status Remove(absl::string_view user);

  // Makes the running mosquitto read users and access list again (SIGHUP);
  // those whose password changed or who are gone are disconnected.
  // BROKER_UNAVAILABLE if its pid file names no process. Only once the broker
  // has answered somebody: until its main loop runs, SIGHUP ends mosquitto.
  absl::Status Reload() const;

  const GatewayTopics& topics() const { return topics_; }
  // For `mosquitto -c`.
  std::string config_path() const { return Path("mosquitto.conf"); }

 private:
  BrokerFiles(BrokerSetup setup, GatewayTopics topics, PasswordFile passwords)
      : setup_(std::move(setup)),
        topics_(std::move(topics)),
        passwords_(std::move(passwords)) {}

  std::string Path(absl::string_view name) const;
  std::string Config() const;
  std::string AccessList() const;

  BrokerSetup setup_;
  GatewayTopics topics_;
  PasswordFile passwords_;
};

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_BROKER_FILES_H_
