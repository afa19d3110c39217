// An attestation object from an untrusted browser: its layout and the
// statement of every format.
#include "absl/strings/string_view.h"
#include "services/common/fido/attestation_object.h"
#include "services/common/fido/formats.h"
#include "services/common/fido/statement_compound.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using u2fi::fido::CredentialKey;
  const auto object = u2fi::fido::ParseAttestationObject(
      absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!object.ok()) return 0;
  const auto parsed =
      u2fi::fido::ParseAuthenticatorData(object->authenticator_data);
  if (!parsed.ok() || !parsed->credential.has_value()) return 0;
  const auto key = CredentialKey::FromCose(parsed->credential->key);
  if (!key.ok()) return 0;
  const u2fi::crypto::Digest hash{};
  (void)u2fi::fido::VerifyStatements(
      object->format,
      {object->statement, object->authenticator_data, *parsed, *key, hash, {}});
  for (const char* format : {"none", "packed", "fido-u2f", "tpm", "android-key",
                             "apple", "unknown"}) {
    (void)u2fi::fido::VerifyStatement(format, {object->statement,
                                               object->authenticator_data,
                                               *parsed,
                                               *key,
                                               hash,
                                               {}});
  }
  return 0;
}
