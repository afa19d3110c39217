#ifndef U2FI_SERVICES_COMMON_FIDO_REGISTRATION_H_
#define U2FI_SERVICES_COMMON_FIDO_REGISTRATION_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "services/common/fido/ceremony.h"
#include "services/common/fido/cose_key.h"
#include "services/common/fido/model_policy.h"
#include "services/common/fido/trust.h"

// What the registration verifiers of both protocols share.
namespace u2fi::fido {

struct RegistrationPolicy {
  TrustPolicy trust;
  ModelPolicy models;
  // COSE numbers that were offered. WebAuthn only; U2F is ES256.
  std::vector<int64_t> algorithms = {-7, -8, -35, -257};
  // Credentials that can be copied to other devices (BE = 1).
  bool allow_backup_eligible = false;
  // Formats that are taken; empty: all that are supported.
  std::vector<std::string> formats;
};

// What is on record, looked up by the parts of the screened registration.
struct RegistrationFacts {
  // The credential id, or the public key, belongs to an account already, this
  // one or another, revoked ones included.
  bool credential_exists = true;
  bool public_key_exists = true;
  // Of the account: credentials that count, and how many it may have.
  size_t credentials = 0;
  size_t credential_limit = 0;
};

// A credential as it shall be stored.
struct RegistrationRecord {
  RegistrationRecord(std::string id, CredentialKey public_key)
      : credential_id(std::move(id)), key(std::move(public_key)) {}

  std::string credential_id;
  CredentialKey key;
  // Absent: U2F registrations carry none.
  absl::optional<uint32_t> counter;
  Protocol protocol = Protocol::kU2f;
  // The token speaks U2F: a raw registration, or the format fido-u2f.
  bool is_u2f = false;
  bool user_verified = false;
  bool backup_eligible = false;
  bool backup_state = false;
  AttestationEvidence evidence;
  TrustVerdict trust;
  // AttestationKeyId() of the leaf, or empty.
  std::string attestation_key_id;
  // SHA-256 of each certificate, leaf first: to find the tokens of an issuer
  // that turns bad.
  std::vector<std::string> certificate_fingerprints;
  // Absent: not known.
  absl::optional<std::vector<std::string>> transports;
  // U2F: certificate and signature as in the message; WebAuthn: the
  // attestation object.
  std::string attestation;
};

// A registration that passed every step: to hold one is to have checked. Only
// the verifiers make one.
class VerifiedRegistration {
 public:
  const RegistrationRecord& record() const { return record_; }

 private:
  friend class U2fRegistrationCheck;
  friend class WebAuthnRegistrationCheck;
  explicit VerifiedRegistration(RegistrationRecord record)
      : record_(std::move(record)) {}

  RegistrationRecord record_;
};

// CREDENTIAL_EXISTS and CREDENTIAL_LIMIT, last of all steps.
absl::Status CheckCredentialIsNew(const RegistrationFacts& facts);
absl::Status CheckCredentialLimit(const RegistrationFacts& facts);

// Fills what follows from `evidence` and `trust`.
void DescribeEvidence(RegistrationRecord& record);
// Adds those of a further statement's certificates.
void AddFingerprints(const std::vector<crypto::Certificate>& chain,
                     RegistrationRecord& record);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_REGISTRATION_H_
