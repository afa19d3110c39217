// TPM structures from an untrusted attestation statement.
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/common/fido/tpm_structures.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto area = u2fi::fido::ParseTpmPublic(bytes);
  if (area.ok()) {
    const std::string name = u2fi::fido::TpmName(area->name_algorithm, bytes);
    if (name.empty() == u2fi::fido::TpmHash(area->name_algorithm).has_value()) {
      std::abort();
    }
  }
  const auto attest = u2fi::fido::ParseTpmAttest(bytes);
  if (attest.ok() && attest->name.size() + attest->extra_data.size() > size) {
    std::abort();
  }
  return 0;
}
