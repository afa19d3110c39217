// HID report descriptors of whatever somebody plugs in.
#include <cstdint>
#include <cstdlib>

#include "services/common/status/error.h"
#include "services/common/u2fhid/report_descriptor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view descriptor(reinterpret_cast<const char*>(data), size);
  const absl::Status status = u2fi::u2fhid::CheckFidoDescriptor(descriptor);
  // A verdict is one of two; and what is a token's has the FIDO usage page.
  if (status.ok() && size < 4) std::abort();
  if (!status.ok() && !u2fi::IsReason(status, u2fi::reason::kInvalidField)) {
    std::abort();
  }
  return 0;
}
