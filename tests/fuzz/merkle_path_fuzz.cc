// A Merkle path: index, size and hashes of any kind. What verifies has exactly
// the length that index and size demand.
#include <cstdlib>

#include "services/common/proof/merkle.h"
#include "tests/fuzz/proof_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 8) return 0;
  const auto number = [&](size_t at) {
    return static_cast<uint32_t>(data[at]) << 24 | data[at + 1] << 16 |
           data[at + 2] << 8 | data[at + 3];
  };
  const uint32_t index = number(0), count = number(4);
  u2fi::fuzz::Parts parts(data + 8, size - 8);
  const std::string root = parts.Next();
  std::vector<std::string> path;
  for (std::string hash = parts.Next(); !hash.empty(); hash = parts.Next()) {
    path.push_back(std::move(hash));
  }
  const auto leaf = u2fi::proof::Leaf("command");
  const bool valid =
      u2fi::proof::VerifyPath(leaf, index, count, path, root).ok();
  if (valid && path.size() != u2fi::proof::PathLength(index, count)) {
    std::abort();
  }
  return 0;
}
