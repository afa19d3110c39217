// An AuthorizationStatement: what parses is the only encoding of what it says.
#include <cstdlib>

#include "services/common/proof/statement.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto statement = u2fi::proof::ParseStatement(bytes);
  if (!statement.ok()) return 0;
  (void)u2fi::proof::CheckDeadlineBounds(*statement);
  (void)u2fi::proof::CheckApprovable(*statement, 1'700'000'000'000, 0);
  if (*u2fi::proof::EncodeStatement(*statement) != bytes) std::abort();
  return 0;
}
