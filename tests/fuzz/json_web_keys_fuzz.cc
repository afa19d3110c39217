// An OIDC issuer's keys: a file that an operator fetched from elsewhere.
#include <cstdlib>

#include "services/command-gate/json_web_keys.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto keys = u2fi::command_gate::ParseJsonWebKeys(
      absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!keys.ok()) return 0;
  if (keys->empty() || size > u2fi::command_gate::kMaxJsonWebKeys) std::abort();
  for (const auto& key : *keys) {
    if (key.alg != "ES256" && key.alg != "RS256" && key.alg != "EdDSA") {
      std::abort();
    }
  }
  return 0;
}
