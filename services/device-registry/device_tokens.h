#ifndef U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_TOKENS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_TOKENS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/crypto/p256.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "u2fi/device_registry/records/v1/records.pb.h"
#include "u2fi/gateway/v1/binding.pb.h"

namespace u2fi::device_registry {

// Access tokens of devices: JWTs (RFC 7519) signed with ES256, and the key set
// that verifies them. Immutable, thread-safe.
class DeviceTokens {
 public:
  struct Options {
    // The first signs, all are published: so keys rotate with overlap. At
    // least one.
    std::vector<crypto::P256PrivateKey> keys;
    // Published as well: keys of audit checkpoints.
    std::vector<crypto::P256PublicKey> other_keys;
    // `iss` and `aud`.
    std::string issuer;
    std::string audience;
    // Of a token, 1 min to 24 h.
    absl::Duration lifetime = absl::Hours(1);
  };

  // The references must outlive this object.
  DeviceTokens(Options options, const Clock& clock, RandomSource& random);

  // A fresh id and its times, from now on.
  records::v1::DeviceTokenRow Make() const;

  // The token that `row` has, for its device: the same claims each time. The
  // device's public key is in `cnf` by its thumbprint.
  absl::StatusOr<gateway::v1::AccessToken> Sign(
      absl::string_view tenant, const records::v1::DeviceRow& row) const;

  // A JSON Web Key Set (RFC 7517).
  const std::string& jwks() const { return jwks_; }

 private:
  const Options options_;
  const Clock& clock_;
  RandomSource& random_;
  std::string kid_;
  std::string jwks_;
};

// The JWK thumbprint of a key in base64url (RFC 7638): its `kid` here.
std::string Thumbprint(const crypto::P256PublicKey& key);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_TOKENS_H_
