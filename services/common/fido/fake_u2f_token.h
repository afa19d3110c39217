#ifndef U2FI_SERVICES_COMMON_FIDO_FAKE_U2F_TOKEN_H_
#define U2FI_SERVICES_COMMON_FIDO_FAKE_U2F_TOKEN_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/fido/u2f_messages.h"

namespace u2fi::fido {

// The pieces of a U2F token with one credential, for tests that change one and
// have the rest signed again. Unlike a token it has no counter of its own, no
// touch, and makes whatever it is told to.
struct FakeU2fToken {
  FakeU2fToken() {
    root_spec.subject = crypto::CommonName("Test Root");
    root_spec.is_ca = true;
    leaf_spec.subject = crypto::CommonName("Test Token");
    for (crypto::CertificateSpec* spec : {&root_spec, &leaf_spec}) {
      spec->serial = "\x01";
      spec->not_before = absl::FromUnixSeconds(1500000000);
      spec->not_after = absl::FromUnixSeconds(2500000000);
    }
  }

  crypto::Certificate Root() const {
    return crypto::SelfSigned(root_spec, root_key);
  }
  std::string Leaf() const {
    return crypto::BuildCertificate(leaf_spec, leaf_spki, Root().subject(),
                                    crypto::SignerFor(root_key));
  }

  // A registration response without status word.
  std::string Register(absl::string_view app_id,
                       absl::string_view client_data) const {
    const std::string signature =
        attestation_key.Sign(crypto::Sha256(RegistrationSignedBytes(
            crypto::Sha256(app_id), crypto::Sha256(client_data), key_handle,
            public_key)));
    return absl::StrCat(reserved_byte, public_key,
                        std::string(1, static_cast<char>(key_handle.size())),
                        key_handle, Leaf(), signature);
  }

  // Authenticator data and signature of an authentication.
  std::string AuthenticatorData(absl::string_view app_id, uint8_t presence,
                                uint32_t counter) const {
    return U2fAuthentication{presence, counter, {}}.AuthenticatorData(
        crypto::Sha256(app_id));
  }
  std::string Sign(absl::string_view authenticator_data,
                   absl::string_view client_data) const {
    return key.Sign(crypto::Sha256(
        {authenticator_data, crypto::View(crypto::Sha256(client_data))}));
  }

  crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  crypto::P256PrivateKey attestation_key = crypto::P256PrivateKey::Generate();
  crypto::P256PrivateKey root_key = crypto::P256PrivateKey::Generate();
  crypto::CertificateSpec root_spec, leaf_spec;
  std::string leaf_spki = attestation_key.public_key().Spki();
  std::string reserved_byte = "\x05";
  std::string public_key = key.public_key().point();
  std::string key_handle = std::string(64, 'h');
};

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_FAKE_U2F_TOKEN_H_
