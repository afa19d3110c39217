#include "services/common/fido/registration.h"

#include "services/common/crypto/hash.h"
#include "services/common/fido/transports.h"
#include "services/common/status/error.h"

namespace u2fi::fido {

absl::Status CheckCredentialIsNew(const RegistrationFacts& facts) {
  if (!facts.credential_exists && !facts.public_key_exists) {
    return absl::OkStatus();
  }
  return Error(reason::kCredentialExists,
               "the credential or its key is registered already");
}

absl::Status CheckCredentialLimit(const RegistrationFacts& facts) {
  if (facts.credentials < facts.credential_limit) return absl::OkStatus();
  return Error(reason::kCredentialLimit, "the account has its credentials");
}

void AddFingerprints(const std::vector<crypto::Certificate>& chain,
                     RegistrationRecord& record) {
  for (const crypto::Certificate& certificate : chain) {
    record.certificate_fingerprints.push_back(
        crypto::ToString(certificate.Fingerprint()));
  }
}

void DescribeEvidence(RegistrationRecord& record) {
  const std::vector<crypto::Certificate>& chain = record.evidence.chain;
  AddFingerprints(chain, record);
  if (chain.empty()) return;
  record.attestation_key_id = AttestationKeyId(chain[0]);
  record.transports = TransportsOf(chain[0]);
}

}  // namespace u2fi::fido
