#include "services/common/proof/merkle.h"

#include <utility>

#include "services/common/proof/domains.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"

namespace u2fi::proof {
namespace {

using crypto::Digest;

constexpr absl::string_view kLeafPrefix("\x00", 1);
constexpr absl::string_view kNodePrefix("\x01", 1);

Digest NodeOf(absl::string_view left, absl::string_view right) {
  return crypto::Sha256({kNodePrefix, left, right});
}

std::vector<Digest> LevelAbove(const std::vector<Digest>& level) {
  std::vector<Digest> above;
  above.reserve((level.size() + 1) / 2);
  for (size_t i = 0; i + 1 < level.size(); i += 2) {
    above.push_back(Node(level[i], level[i + 1]));
  }
  if (level.size() % 2 == 1) above.push_back(level.back());
  return above;
}

// In a level of `count` nodes: whether node `index` has a neighbour.
bool HasSibling(uint32_t index, uint32_t count) {
  return index % 2 == 1 || index + 1 < count;
}

absl::Status PathError() {
  return Error(reason::kPathInvalid,
               "index, batch size and path do not fit together");
}

}  // namespace

Digest Leaf(absl::string_view command_bytes) {
  return crypto::Sha256({kLeafPrefix, domain::kCommand, command_bytes});
}

Digest Node(const Digest& left, const Digest& right) {
  return NodeOf(crypto::View(left), crypto::View(right));
}

absl::StatusOr<MerkleTree> MerkleTree::Of(std::vector<Digest> leaves) {
  if (leaves.empty() || leaves.size() > kMaxBatch) {
    return FieldError("commands", "a batch has 1 to 1,000 commands");
  }
  std::vector<std::vector<Digest>> levels = {std::move(leaves)};
  while (levels.back().size() > 1) levels.push_back(LevelAbove(levels.back()));
  return MerkleTree(std::move(levels));
}

std::vector<std::string> MerkleTree::Path(uint32_t index) const {
  std::vector<std::string> path;
  for (const std::vector<Digest>& level : levels_) {
    if (HasSibling(index, static_cast<uint32_t>(level.size()))) {
      path.push_back(crypto::ToString(level[index ^ 1]));
    }
    index /= 2;
  }
  return path;
}

size_t PathLength(uint32_t index, uint32_t size) {
  size_t length = 0;
  for (; size > 1; index /= 2, size = (size + 1) / 2) {
    length += HasSibling(index, size) ? 1 : 0;
  }
  return length;
}

absl::Status VerifyPath(const Digest& leaf, uint32_t index, uint32_t size,
                        const std::vector<absl::string_view>& path,
                        absl::string_view root) {
  if (size > kMaxBatch || index >= size ||
      path.size() != PathLength(index, size)) {
    return PathError();
  }
  Digest hash = leaf;
  auto next = path.begin();
  for (; size > 1; index /= 2, size = (size + 1) / 2) {
    if (!HasSibling(index, size)) continue;
    const absl::string_view sibling = *next++;
    if (sibling.size() != hash.size()) return PathError();
    hash = index % 2 == 1 ? NodeOf(sibling, crypto::View(hash))
                          : NodeOf(crypto::View(hash), sibling);
  }
  if (crypto::View(hash) == root) return absl::OkStatus();
  return Error(reason::kCommandMismatch,
               "the approvals are for other command bytes");
}

}  // namespace u2fi::proof
