#ifndef U2FI_TESTS_LOAD_LIBFIDO2_H_
#define U2FI_TESTS_LOAD_LIBFIDO2_H_

#include <memory>
#include <string>

#include "services/common/fido/cose_key_test_util.h"

namespace u2fi::load {

// Yubico's libfido2 (over OpenSSL), with the calls that its manual pages show
// for a relying party: what measurements compare with.

// fido_assert_verify(), from the bytes that arrive to the verdict, with the
// public key parsed before.
class Libfido2Assertion {
 public:
  // `numbers` are those of a key of that kind, side by side.
  Libfido2Assertion(const fido::AlgorithmCase& kind,
                    const std::string& numbers);

  bool Verify(const std::string& rp_id, const std::string& client_data,
              const std::string& authenticator_data,
              const std::string& signature) const;

 private:
  const int algorithm_;
  // es256_pk_t, es384_pk_t, eddsa_pk_t or rs256_pk_t; null: not taken.
  std::shared_ptr<void> key_;
};

// fido_cred_verify(), from the parts of an attestation object in CBOR to the
// verdict. It checks the attestation's signature; it follows no chain.
bool Libfido2VerifyCredential(const fido::AlgorithmCase& kind,
                              const std::string& format,
                              const std::string& rp_id,
                              const std::string& client_data,
                              const std::string& authenticator_data,
                              const std::string& statement);

}  // namespace u2fi::load

#endif  // U2FI_TESTS_LOAD_LIBFIDO2_H_
