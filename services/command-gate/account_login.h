#ifndef U2FI_SERVICES_COMMAND_GATE_ACCOUNT_LOGIN_H_
#define U2FI_SERVICES_COMMAND_GATE_ACCOUNT_LOGIN_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/command-gate/json_web_keys.h"
#include "services/common/file/file.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::command_gate {

// The login of accounts, where a tenant has an OIDC issuer: a submission needs
// its JWT for the account that asks, besides the client's certificate. Other
// tenants' clients vouch for the accounts that they name. Thread-safe.
class AccountLogin {
 public:
  // As config.proto describes.
  struct Issuer {
    std::string issuer;
    std::string audience;
    std::string jwks_file;
    std::string account_claim = "sub";
  };

  // Of each tenant that has one. `clock` must outlive the result. Fails if a
  // key file cannot be read or has no key that counts, naming the file.
  static absl::StatusOr<std::unique_ptr<AccountLogin>> Create(
      const Clock& clock, const std::map<std::string, Issuer>& issuers);

  // OK if `account` of `tenant` is signed in. ID_TOKEN_INVALID if the token is
  // missing, wrong or expired. The key file is read again after it changed;
  // PEER_UNAVAILABLE, nobody is signed in, while it cannot be read or has no
  // key that counts: what was taken out of it counts no longer.
  absl::Status Check(absl::string_view tenant, absl::string_view account,
                     absl::string_view id_token);

 private:
  using Keys = std::vector<JsonWebKey>;
  struct Entry {
    Issuer config;
    FileVersion version;
    // Never null; empty: the file is bad.
    std::shared_ptr<const Keys> keys;
  };

  AccountLogin(const Clock& clock, std::map<std::string, Entry> entries)
      : clock_(clock), entries_(std::move(entries)) {}

  static absl::StatusOr<std::shared_ptr<const Keys>> Read(
      const std::string& path);
  // The keys as they are in the file now.
  absl::StatusOr<std::shared_ptr<const Keys>> KeysOf(Entry& entry);

  const Clock& clock_;
  // The tenants never change; versions and keys do.
  std::map<std::string, Entry> entries_;
  Mutex mutex_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_ACCOUNT_LOGIN_H_
