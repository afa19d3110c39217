#ifndef U2FI_TESTS_INTEGRATION_MQTT_MOSQUITTO_H_
#define U2FI_TESTS_INTEGRATION_MQTT_MOSQUITTO_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/mqtt/broker_files.h"
#include "services/common/mqtt/broker_options.h"

namespace u2fi::mqtt {

// The gateway whose broker it is.
struct BrokerPlace {
  std::string tenant = "t-1";
  std::string site = "s-1";
  std::string gateway = "g-1";
};

// A real mosquitto for tests: on a free loopback port, in a folder of its own,
// with TLS, the files of BrokerFiles, and a throw-away authority. Its
// certificate is for 127.0.0.1 only. A machine without mosquitto or openssl
// fails the test.
class Mosquitto {
 public:
  // Starts it and waits until it answers.
  static absl::StatusOr<std::unique_ptr<Mosquitto>> Start(
      const BrokerPlace& place = {});
  // Kills it and removes the folder.
  ~Mosquitto();
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  // Options with which `user` connects; makes the user if it is new.
  absl::StatusOr<BrokerOptions> OptionsFor(const std::string& user);

  // Ends the process; on the same port again with Launch().
  void Stop();
  // Starts the process and waits until it answers.
  absl::Status Launch();

  BrokerFiles& files() { return *files_; }
  const std::string& folder() const { return folder_; }
  int port() const { return port_; }
  // The authority that signed the broker's certificate, and another one.
  std::string ca_file() const { return folder_ + "/ca.pem"; }
  std::string other_ca_file() const { return folder_ + "/other-ca.pem"; }

 private:
  Mosquitto() = default;
  absl::Status MakeCertificates() const;
  bool Answers() const;

  std::string folder_;
  int port_ = 0;
  pid_t pid_ = 0;
  std::string probe_password_;
  std::unique_ptr<BrokerFiles> files_;
};

// Starts a program with its output thrown away; the pid, or -1.
pid_t Spawn(const std::vector<std::string>& command);

// Runs it to its end; its exit status, or -1.
int RunProgram(const std::vector<std::string>& command);

}  // namespace u2fi::mqtt

#endif  // U2FI_TESTS_INTEGRATION_MQTT_MOSQUITTO_H_
