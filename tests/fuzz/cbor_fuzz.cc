// CBOR from an untrusted token or browser, and the COSE keys it may hold.
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/common/fido/cbor.h"
#include "services/common/fido/cose_key.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using u2fi::fido::CredentialKey;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  absl::string_view rest = bytes;
  const auto value = u2fi::fido::ReadCbor(rest);
  if (!value.ok() && rest.size() != size) std::abort();
  if (value.ok() && rest.size() >= size) std::abort();
  const auto whole = u2fi::fido::ParseCbor(bytes);
  if (whole.ok() != (value.ok() && rest.empty())) std::abort();
  if (whole.ok() && !(*whole == *value)) std::abort();
  // A key that is taken comes back the same from the store.
  const auto key = CredentialKey::FromStored(bytes);
  if (!key.ok()) return 0;
  const auto again = CredentialKey::FromStored(key->Stored());
  if (!again.ok() || again->key() != key->key()) std::abort();
  return 0;
}
