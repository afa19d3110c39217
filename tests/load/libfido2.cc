#include "tests/load/libfido2.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/es384.h>
#include <fido/rs256.h>

namespace u2fi::load {
namespace {

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void InitOnce() {
  static const bool once = (fido_init(0), true);
  (void)once;
}

// A key from its numbers side by side.
template <typename Key>
std::shared_ptr<void> MakeKey(Key* (*make)(), void (*free_key)(Key**),
                              int (*parse)(Key*, const void*, size_t),
                              const std::string& numbers) {
  std::shared_ptr<void> key(make(), [free_key](void* owned) {
    Key* typed = static_cast<Key*>(owned);
    free_key(&typed);
  });
  if (parse(static_cast<Key*>(key.get()), numbers.data(), numbers.size()) !=
      FIDO_OK) {
    key.reset();
  }
  return key;
}

std::shared_ptr<void> KeyOf(const fido::AlgorithmCase& kind,
                            const std::string& numbers) {
  switch (kind.type) {
    case crypto::KeyType::kP384:
      return MakeKey(es384_pk_new, es384_pk_free, es384_pk_from_ptr, numbers);
    case crypto::KeyType::kRsa:
      return MakeKey(rs256_pk_new, rs256_pk_free, rs256_pk_from_ptr, numbers);
    case crypto::KeyType::kEd25519:
      return MakeKey(eddsa_pk_new, eddsa_pk_free, eddsa_pk_from_ptr, numbers);
    default:
      return MakeKey(es256_pk_new, es256_pk_free, es256_pk_from_ptr, numbers);
  }
}

}  // namespace

Libfido2Assertion::Libfido2Assertion(const fido::AlgorithmCase& kind,
                                     const std::string& numbers)
    : algorithm_(static_cast<int>(kind.algorithm)), key_(KeyOf(kind, numbers)) {
  InitOnce();
}

bool Libfido2Assertion::Verify(const std::string& rp_id,
                               const std::string& client_data,
                               const std::string& authenticator_data,
                               const std::string& signature) const {
  fido_assert_t* assertion = fido_assert_new();
  const bool verified =
      fido_assert_set_count(assertion, 1) == FIDO_OK &&
      fido_assert_set_clientdata(assertion, Bytes(client_data),
                                 client_data.size()) == FIDO_OK &&
      fido_assert_set_rp(assertion, rp_id.c_str()) == FIDO_OK &&
      fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
      fido_assert_set_authdata_raw(assertion, 0, Bytes(authenticator_data),
                                   authenticator_data.size()) == FIDO_OK &&
      fido_assert_set_sig(assertion, 0, Bytes(signature), signature.size()) ==
          FIDO_OK &&
      fido_assert_verify(assertion, 0, algorithm_, key_.get()) == FIDO_OK;
  fido_assert_free(&assertion);
  return verified;
}

bool Libfido2VerifyCredential(const fido::AlgorithmCase& kind,
                              const std::string& format,
                              const std::string& rp_id,
                              const std::string& client_data,
                              const std::string& authenticator_data,
                              const std::string& statement) {
  InitOnce();
  fido_cred_t* credential = fido_cred_new();
  const bool verified =
      fido_cred_set_type(credential, static_cast<int>(kind.algorithm)) ==
          FIDO_OK &&
      fido_cred_set_clientdata(credential, Bytes(client_data),
                               client_data.size()) == FIDO_OK &&
      fido_cred_set_rp(credential, rp_id.c_str(), nullptr) == FIDO_OK &&
      fido_cred_set_fmt(credential, format.c_str()) == FIDO_OK &&
      fido_cred_set_authdata_raw(credential, Bytes(authenticator_data),
                                 authenticator_data.size()) == FIDO_OK &&
      fido_cred_set_attstmt(credential, Bytes(statement), statement.size()) ==
          FIDO_OK &&
      fido_cred_verify(credential) == FIDO_OK;
  fido_cred_free(&credential);
  return verified;
}

}  // namespace u2fi::load
