#ifndef U2FI_SERVICES_COMMON_FIDO_STATEMENT_H_
#define U2FI_SERVICES_COMMON_FIDO_STATEMENT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/cbor.h"
#include "services/common/fido/cose_key.h"
#include "services/common/fido/trust.h"

// What the verifiers of all attestation statement formats share (WebAuthn L3,
// 8). Each has its steps in its own header, and its own names for them.
namespace u2fi::fido {

struct StatementInputs {
  // attStmt, a map.
  const CborValue& statement;
  // authData: the bytes and what they say. It has a credential.
  absl::string_view authenticator_data_bytes;
  const AuthenticatorData& authenticator_data;
  const CredentialKey& key;
  const crypto::Digest& client_data_hash;
  // For ParseAttestationCertificate() only: the path is judged later.
  const std::vector<TrustAnchor>& anchors;

  // What most formats sign: authenticator data and client data hash.
  std::string SignedBytes() const;
};

// What a statement that verified is worth, for JudgeTrust().
struct StatementResult {
  // x5c, leaf first; empty without certificates.
  std::vector<crypto::Certificate> chain;
  bool is_self = false;
};

// What the steps of one format pass on to each other.
struct StatementState {
  explicit StatementState(const StatementInputs& inputs) : in(inputs) {}

  const crypto::Certificate& leaf() const { return result.chain[0]; }

  const StatementInputs& in;
  StatementResult result;
  CoseAlgorithm algorithm = CoseAlgorithm::kEs256;
  absl::string_view signature;
};

// ATTESTATION_STATEMENT_INVALID and ATTESTATION_CERT_INVALID.
absl::Status BadStatement(absl::string_view problem);
absl::Status BadCertificate(absl::string_view problem);

// True if the statement has exactly these members.
bool HasExactly(const CborValue& statement,
                std::initializer_list<absl::string_view> members);

// Read a member into the state. BadStatement() if it is missing or of another
// kind; x5c has 1 to 6 certificates, BadCertificate() if one is malformed; for
// `alg` the error of SupportedAlgorithm().
absl::Status ReadAlgorithm(StatementState& state);
absl::Status ReadSignatureMember(StatementState& state);
absl::Status ReadCertificates(StatementState& state);

// The leaf's key made `signature` with `algorithm` over `message`.
absl::Status CheckLeafSignature(const StatementState& state,
                                absl::string_view message);

// If the leaf has extension 1.3.6.1.4.1.45724.1.1.4, it is not critical and
// holds the AAGUID in an OCTET STRING · ATTESTATION_AAGUID_MISMATCH.
absl::Status CheckAaguidExtension(StatementState& state);

// The leaf's key is the credential's · ATTESTATION_STATEMENT_INVALID.
absl::Status CheckLeafKeyIsCredential(StatementState& state);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STATEMENT_H_
