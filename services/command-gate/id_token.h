#ifndef U2FI_SERVICES_COMMAND_GATE_ID_TOKEN_H_
#define U2FI_SERVICES_COMMAND_GATE_ID_TOKEN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/command-gate/json_web_keys.h"

namespace u2fi::command_gate {

// Longest token that is read, in bytes.
inline constexpr size_t kMaxIdToken = size_t{8} << 10;
// How far the issuer's clock may be from ours.
inline constexpr absl::Duration kIdTokenSkew = absl::Seconds(30);

// What a token must say. The references must outlive it.
struct IdTokenRules {
  const std::string& issuer;
  const std::string& audience;
  // The claim that holds the account's id.
  const std::string& account_claim;
  const std::vector<JsonWebKey>& keys;
  // The account on whose behalf something is asked.
  absl::string_view account;
  absl::Time now;
};

// The login of an account, as its issuer signed it: to hold one is to have
// verified it.
class VerifiedIdToken {
 public:
  const std::string& subject() const { return subject_; }
  absl::Time expire_time() const { return expire_time_; }

 private:
  friend class IdTokenVerification;
  VerifiedIdToken() = default;

  std::string subject_;
  absl::Time expire_time_;
};

// Verifies an OIDC id token (OpenID Connect Core, 3.1.3.7), a JWT in compact
// form (RFC 7519). The first step that fails is the answer, ID_TOKEN_INVALID
// with the step in its metadata:
//   size        1 byte to 8 KiB
//   form        three parts of base64url
//   header      strict JSON; alg is ES256, RS256 or EdDSA; typ, if any, is JWT;
//               nothing in crit
//   key         the set has its kid, or without one a single key, and that key
//               is for exactly this alg; keys inside the header are ignored
//   signature   by that key over header and claims
//   claims      strict JSON, at most 6 levels and 128 members
//   issuer      iss is ours, byte for byte
//   audience    aud is ours or has it; azp, which several need, is ours
//   expiry      exp is there and not more than 30 s ago
//   not_before  nbf and iat, if there, are at most 30 s ahead
//   subject     sub has 1 to 255 characters
//   account     the account's claim is the account that asks
// Memory: under 256 KiB.
absl::StatusOr<VerifiedIdToken> VerifyIdToken(absl::string_view token,
                                              const IdTokenRules& rules);

// The steps by name, in order.
std::vector<std::string> IdTokenStepNames();

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_ID_TOKEN_H_
