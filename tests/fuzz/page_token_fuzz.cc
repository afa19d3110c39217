// Page tokens: whatever is accepted is what PageToken() would have made.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "services/common/rpc/request_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto page = u2fi::rpc::ReadPage(0, text, "list");
  if (page.ok() && u2fi::rpc::PageToken(page->after, "list") != text) {
    std::abort();
  }
  // The same bytes as a position come back.
  if (size == 0 || size > u2fi::rpc::kMaxPosition) return 0;
  const auto again =
      u2fi::rpc::ReadPage(0, u2fi::rpc::PageToken(text, "list"), "list");
  if (!again.ok() || again->after != text) std::abort();
  return 0;
}
