#ifndef U2FI_SERVICES_COMMON_FIDO_FAKE_WEBAUTHN_TOKEN_H_
#define U2FI_SERVICES_COMMON_FIDO_FAKE_WEBAUTHN_TOKEN_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/key_test_util.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/cose_key_test_util.h"

namespace u2fi::fido {

// The pieces of a WebAuthn registration of any format, for tests that change
// one and have the rest signed again. Unlike a token it has no counter of its
// own, no user, and makes whatever it is told to.
struct FakeWebAuthnToken {
  explicit FakeWebAuthnToken(
      absl::string_view format_name,
      const AlgorithmCase& algorithm_case = kAlgorithmCases[0]);

  crypto::Certificate Root() const;
  // The attestation certificate as the format wants it, for `leaf_spki`.
  std::string Leaf(absl::string_view client_data) const;

  std::string AuthenticatorData() const;
  // attStmt and the whole attestation object, encoded.
  std::string Statement(absl::string_view client_data) const;
  std::string AttestationObject(absl::string_view client_data) const;

  // TPMT_PUBLIC of `tpm.key`, and TPMS_ATTEST.
  std::string PublicArea() const;
  std::string CertInfo(absl::string_view client_data) const;

  // KeyDescription for format android-key.
  std::string KeyDescription(absl::string_view client_data) const;

  // Authenticator data.
  AlgorithmCase kind;
  const crypto::TestKey* key;
  CosePairs cose;
  std::string rp_id = "u2fi.example";
  uint8_t flags = flag::kUserPresent | flag::kAttestedData;
  uint32_t counter = 1;
  std::string aaguid = std::string(16, 'a');
  std::string credential_id = std::string(32, 'i');
  std::string extensions;

  // The statement. `members` come last and replace; an empty value removes.
  std::string format;
  bool is_self = false;
  int64_t alg = -7;
  std::map<std::string, std::string> members;
  std::vector<std::string> intermediates;

  // The attestation key: of the credential for android-key and apple.
  crypto::TestKey attestation_key;
  crypto::SignatureAlgorithm attestation_algorithm =
      crypto::SignatureAlgorithm::kEcdsaSha256;
  std::string leaf_spki;
  crypto::CertificateSpec leaf_spec, root_spec;
  crypto::P256PrivateKey root_key = crypto::P256PrivateKey::Generate();
  // Replaces the extension that the format computes (apple, android-key).
  std::function<void(crypto::Extension&)> edit_extension;

  struct Tpm {
    const crypto::TestKey* key = nullptr;
    uint32_t magic = 0xff544347;
    uint16_t type = 0x8017;
    uint16_t name_algorithm = 0x000b;
    std::function<void(std::string&)> edit_public_area, edit_cert_info,
        edit_name, edit_extra_data;
  } tpm;

  struct Android {
    std::string challenge;
    std::string software_enforced, hardware_enforced;
  } android;

 private:
  std::vector<crypto::Extension> FormatExtensions(
      absl::string_view client_data) const;
  std::string SignedBytes(absl::string_view client_data) const;
  std::string SignatureOver(absl::string_view client_data) const;
};

// The authorization list entry [tag] EXPLICIT `value`, and those a good key
// has.
std::string AndroidEntry(uint32_t tag, absl::string_view value);
std::string GoodAndroidList();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_FAKE_WEBAUTHN_TOKEN_H_
