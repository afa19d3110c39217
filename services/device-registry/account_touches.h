#ifndef U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_TOUCHES_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_TOUCHES_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "services/common/proof/account_proof.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"
#include "u2fi/device_registry/v1/resources.pb.h"

namespace u2fi::device_registry {

// A key as the verifier of proofs takes it: with `point`, 65 bytes, or without
// one by its COSE_Key.
proof::AccountKey BelievedKey(const std::string& token,
                              const std::string& point,
                              const std::string& cose);

// Whether the gateway with that id, under that key, is one of the account's
// own.
bool IsListed(const v1::Account& account, const std::string& id,
              const std::string& channel_key);

// Where the touches for an act on an account were taken, and what the registry
// believes when it verifies them.
class AccountTouches {
 public:
  // The gateways exist, are ACTIVE and have the key that the statements name:
  // RESOURCE_UNKNOWN, GATEWAY_NOT_ACTIVE, CHANNEL_KEY_MISMATCH. Browsers are
  // passed over: the proof names the portal.
  static absl::StatusOr<AccountTouches> Read(Change& change,
                                             const ApplyCase& in);

  // PLACE_NOT_ALLOWED unless each gateway is one of the account's own.
  absl::Status CheckOwn(const v1::Account& account) const;

  // By id.
  const std::map<std::string, v1::Gateway>& gateways() const {
    return gateways_;
  }

  // The active keys of `account`, without those for leases and for recovery,
  // and those of the gateways that are its own; all of them are while it has
  // no key. NO_CREDENTIALS if it has keys of which none may approve.
  absl::StatusOr<proof::AccountInputs> InputsFor(
      const ApplyCase& in, const std::string& account_id,
      const v1::Account& account, const std::string& rp_id_hash) const;

 private:
  std::map<std::string, v1::Gateway> gateways_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_TOUCHES_H_
