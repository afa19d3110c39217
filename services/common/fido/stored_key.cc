#include "services/common/fido/stored_key.h"

#include <algorithm>

#include "services/common/crypto/hash.h"
#include "services/common/fido/cose_key.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {

absl::Status CheckStoredKey(absl::string_view stored,
                            absl::string_view signed_bytes,
                            absl::string_view signature) {
  ASSIGN_OR_RETURN(const CredentialKey key, CredentialKey::FromStored(stored));
  crypto::Digest hash;
  if (signed_bytes.size() < hash.size()) {
    return Error(reason::kSignatureInvalid, "nothing was signed");
  }
  const size_t data = signed_bytes.size() - hash.size();
  std::copy(signed_bytes.begin() + static_cast<ptrdiff_t>(data),
            signed_bytes.end(), hash.begin());
  return key.Verify(signed_bytes.substr(0, data), hash, signature);
}

}  // namespace u2fi::fido
