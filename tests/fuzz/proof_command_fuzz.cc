// A Command: what parses is the only encoding of what it says.
#include <cstdlib>

#include "services/common/proof/command.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto command = u2fi::proof::ParseCommand(bytes);
  if (!command.ok()) return 0;
  (void)u2fi::proof::CheckArguments(*command);
  if (*u2fi::proof::EncodeCommand(*command) != bytes) std::abort();
  return 0;
}
