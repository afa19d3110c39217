#ifndef U2FI_SERVICES_COMMON_MQTT_PASSWORD_FILE_H_
#define U2FI_SERVICES_COMMON_MQTT_PASSWORD_FILE_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/random/random_source.h"

namespace u2fi::mqtt {

// mosquitto's password file: the users, salted and hashed (PBKDF2 with
// HMAC-SHA-512), mode 0600. The broker reads it at start and when it is told
// to. Not thread-safe; one writer per file.
class PasswordFile {
 public:
  // Reads the users that are there; none if there is no file yet. `random`
  // must outlive the object. FILE_UNAVAILABLE.
  static absl::StatusOr<PasswordFile> Open(std::string path,
                                           RandomSource& random);

  // Writes the file as it was read, if only to make it.
  absl::Status Write() const;

  bool Has(absl::string_view user) const {
    return users_.count(std::string(user)) != 0;
  }

  // A password for SetPassword(): 43 characters of base64url, 256 bits. A
  // secret.
  std::string NewPassword() const;

  // Makes `user` (topics.h: AgentUser, DeviceUser) or gives it another
  // password. INVALID_FIELD for a user that is none; FILE_UNAVAILABLE.
  absl::Status SetPassword(absl::string_view user, absl::string_view password);

  // Removes `user`; OK if it was not there.
  absl::Status Remove(absl::string_view user);

 private:
  PasswordFile(std::string path, RandomSource& random)
      : path_(std::move(path)), random_(&random) {}

  std::string path_;
  RandomSource* random_;
  std::map<std::string, std::string> users_;  // User → hash.
};

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_PASSWORD_FILE_H_
