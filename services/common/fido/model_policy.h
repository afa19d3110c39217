#ifndef U2FI_SERVICES_COMMON_FIDO_MODEL_POLICY_H_
#define U2FI_SERVICES_COMMON_FIDO_MODEL_POLICY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/common/fido/trust.h"

namespace u2fi::fido {

// Names one or several models of tokens.
struct ModelRule {
  enum class Kind {
    kAaguid,     // 16 bytes.
    kKeyId,      // Attestation key id, lower-case hex.
    kIssuer,     // The leaf's issuer name in DER.
    kVendorOid,  // Dotted, as Yubico's 1.3.6.1.4.1.41482.1.x: an extension of
                 // that name, or the text of extension 1.3.6.1.4.1.41482.2.
  };
  Kind kind;
  std::string value;
};

struct ModelPolicy {
  // Empty: all. Otherwise a token is let in only if its origin is proved to an
  // anchor and one of these names it; an AAGUID counts only if the anchor
  // proves it.
  std::vector<ModelRule> allowed;
  // A token that says it is one of these is refused, proved or not.
  std::vector<ModelRule> denied;
};

// MODEL_NOT_ALLOWED unless the policy lets the model in.
absl::Status CheckModelPolicy(const AttestationEvidence& evidence,
                              const TrustVerdict& verdict,
                              const ModelPolicy& policy);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_MODEL_POLICY_H_
