// Configuration files: whatever is accepted can be printed, is accepted again
// in that form, and means the same.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/common/config/document.h"
#include "u2fi/config/v1/config.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using Config = u2fi::config::v1::CommandGateConfig;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  u2fi::config::Document document(*Config::descriptor());
  Config config;
  if (!document.AddJson(text).ok() || !document.To(config).ok()) return 0;
  u2fi::config::Document again(*Config::descriptor());
  Config copy;
  if (!again.AddJson(u2fi::config::ToMaskedJson(config)).ok() ||
      !again.To(copy).ok()) {
    std::abort();
  }
  if (u2fi::config::ToMaskedJson(copy) != u2fi::config::ToMaskedJson(config)) {
    std::abort();
  }
  return 0;
}
