// Client data from an untrusted gateway or browser.
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/common/fido/client_data.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = u2fi::fido::ParseClientData(text);
  if (parsed.ok() && parsed->hash != u2fi::crypto::Sha256(text)) std::abort();
  return 0;
}
