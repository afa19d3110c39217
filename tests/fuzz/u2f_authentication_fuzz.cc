// An authentication response from an untrusted token.
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/common/fido/u2f_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view response(reinterpret_cast<const char*>(data), size);
  (void)u2fi::fido::IsEcdsaSignature(response);
  const auto parsed = u2fi::fido::ParseU2fAuthentication(response);
  if (!parsed.ok()) return 0;
  if (parsed->signature.size() + 5 != size) std::abort();
  if (parsed->AuthenticatorData({}).size() != 37) std::abort();
  return 0;
}
