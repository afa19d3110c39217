#ifndef U2FI_SERVICES_COMMON_PROOF_MERKLE_H_
#define U2FI_SERVICES_COMMON_PROOF_MERKLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"

namespace u2fi::proof {

// The batch tree: the shape of RFC 6962, 2.1, for 1 to 1,000 leaves, with our
// leaf. The root of one command is its leaf.

// Most hashes in a path: a batch of 1,000 has a tree of that height.
inline constexpr size_t kMaxPath = 10;

// SHA-256(0x00 ‖ "u2fi/cmd/v1" ‖ command bytes).
crypto::Digest Leaf(absl::string_view command_bytes);

// SHA-256(0x01 ‖ left ‖ right).
crypto::Digest Node(const crypto::Digest& left, const crypto::Digest& right);

// All hashes of a batch's tree. Immutable, thread-safe.
class MerkleTree {
 public:
  // INVALID_FIELD unless there are 1 to 1,000 leaves.
  static absl::StatusOr<MerkleTree> Of(std::vector<crypto::Digest> leaves);

  const crypto::Digest& root() const { return levels_.back()[0]; }
  uint32_t size() const { return static_cast<uint32_t>(levels_[0].size()); }

  // The hashes beside the way from leaf `index` (< size()) to the root, lowest
  // first, as in Proof.path.
  std::vector<std::string> Path(uint32_t index) const;

 private:
  explicit MerkleTree(std::vector<std::vector<crypto::Digest>> levels)
      : levels_(std::move(levels)) {}

  // levels_[0] are the leaves; an odd last node moves up unchanged.
  std::vector<std::vector<crypto::Digest>> levels_;
};

// The length that the path of leaf `index` has in a tree of `size` leaves.
size_t PathLength(uint32_t index, uint32_t size);

// OK if `leaf` is leaf `index` of the tree with `size` leaves and `root`.
// PATH_INVALID if index, size, number or sizes of the hashes do not fit,
// COMMAND_MISMATCH if the hashes lead to another root.
absl::Status VerifyPath(const crypto::Digest& leaf, uint32_t index,
                        uint32_t size,
                        const std::vector<absl::string_view>& path,
                        absl::string_view root);

// The same for any container of strings.
template <typename Hashes>
absl::Status VerifyPath(const crypto::Digest& leaf, uint32_t index,
                        uint32_t size, const Hashes& path,
                        absl::string_view root) {
  const std::vector<absl::string_view> views(path.begin(), path.end());
  return VerifyPath(leaf, index, size, views, root);
}

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_MERKLE_H_
