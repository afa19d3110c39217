// Authenticator data from an untrusted token or browser.
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/cose_key.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using u2fi::fido::AuthenticatorData;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto parsed = u2fi::fido::ParseAuthenticatorData(bytes);
  if (!parsed.ok()) return 0;
  if (parsed->Has(u2fi::fido::flag::kAttestedData) !=
          parsed->credential.has_value() ||
      parsed->Has(u2fi::fido::flag::kExtensionData) !=
          parsed->extensions.has_value()) {
    std::abort();
  }
  if (!parsed->credential.has_value()) return 0;
  const AuthenticatorData::AttestedCredential& credential = *parsed->credential;
  if (!parsed->extensions.has_value() &&
      37 + 16 + 2 + credential.id.size() + credential.key_bytes.size() !=
          size) {
    std::abort();
  }
  (void)u2fi::fido::CredentialKey::FromCose(credential.key);
  return 0;
}
