#include "services/common/proof/merkle.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

using crypto::Digest;

std::vector<Digest> Leaves(uint32_t count) {
  std::vector<Digest> leaves;
  for (uint32_t i = 0; i < count; ++i) {
    leaves.push_back(Leaf(absl::StrCat("command ", i)));
  }
  return leaves;
}

// MTH of RFC 6962, 2.1, as it is written there.
Digest Mth(const std::vector<Digest>& leaves) {
  if (leaves.size() == 1) return leaves[0];
  size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  return Node(Mth({leaves.begin(), leaves.begin() + k}),
              Mth({leaves.begin() + k, leaves.end()}));
}

// PATH of RFC 6962, 2.1.1, as it is written there.
std::vector<std::string> RfcPath(uint32_t m, const std::vector<Digest>& d) {
  if (d.size() == 1) return {};
  size_t k = 1;
  while (2 * k < d.size()) k *= 2;
  const std::vector<Digest> left(d.begin(), d.begin() + k);
  const std::vector<Digest> right(d.begin() + k, d.end());
  auto path = m < k ? RfcPath(m, left) : RfcPath(m - k, right);
  path.push_back(crypto::ToString(Mth(m < k ? right : left)));
  return path;
}

class MerkleTest : public testing::Test {
 protected:
  // The verdict on leaf `index` of a tree of 7 with one thing changed.
  absl::Status Verify(uint32_t index, uint32_t size) {
    return VerifyPath(leaves_[index_], index, size, path_,
                      crypto::View(tree_.root()));
  }

  const std::vector<Digest> leaves_ = Leaves(7);
  const MerkleTree tree_ = *MerkleTree::Of(leaves_);
  const uint32_t index_ = 4;
  std::vector<std::string> path_ = tree_.Path(index_);
};

// Computed with Python's hashlib.
TEST(MerkleLeafTest, LeafAndNodeHaveTheirPrefixes) {
  EXPECT_EQ(crypto::Hex(crypto::View(Leaf("x"))),
            "241cb0932564b6554a4e5a6a7bec58a932147f7b99b518bf11ca1cb00b5a83ab");
  EXPECT_EQ(crypto::Hex(crypto::View(Node(Leaf("x"), Leaf("y")))),
            "dd54fad01e8ac69dd2f0a9f7835e0d7d9b5a645a3b7e71926fb6651680a4daf4");
}

TEST(MerkleTreeTest, RootsHaveTheShapeOfRfc6962UpTo1000) {
  const std::vector<Digest> all = Leaves(1000);
  for (uint32_t n :
       {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 100, 511, 512, 513, 999, 1000}) {
    const std::vector<Digest> leaves(all.begin(), all.begin() + n);
    ASSERT_OK_AND_ASSIGN(const MerkleTree tree, MerkleTree::Of(leaves));
    EXPECT_EQ(tree.root(), Mth(leaves)) << n;
    EXPECT_EQ(tree.size(), n);
  }
}

TEST(MerkleTreeTest, PathsAreThoseOfRfc6962) {
  for (uint32_t n = 1; n <= 20; ++n) {
    const std::vector<Digest> leaves = Leaves(n);
    const MerkleTree tree = *MerkleTree::Of(leaves);
    for (uint32_t i = 0; i < n; ++i) {
      EXPECT_EQ(tree.Path(i), RfcPath(i, leaves)) << i << " of " << n;
    }
  }
}

TEST(MerkleTreeTest, EveryLeafVerifiesInEverySize) {
  const std::vector<Digest> all = Leaves(1000);
  for (uint32_t n = 1; n <= 1000; n = n < 34 ? n + 1 : n * 2 - 33) {
    const MerkleTree tree = *MerkleTree::Of({all.begin(), all.begin() + n});
    for (uint32_t i = 0; i < n; ++i) {
      ASSERT_OK(
          VerifyPath(all[i], i, n, tree.Path(i), crypto::View(tree.root())));
      ASSERT_EQ(tree.Path(i).size(), PathLength(i, n));
      ASSERT_LE(PathLength(i, n), kMaxPath);
    }
  }
}

TEST(MerkleTreeTest, EmptyAndLargerBatchesAreRefused) {
  EXPECT_THAT(MerkleTree::Of({}), HasReason(reason::kInvalidField));
  EXPECT_THAT(MerkleTree::Of(Leaves(1001)), HasReason(reason::kInvalidField));
  EXPECT_OK(MerkleTree::Of(Leaves(1000)));
}

TEST(MerkleTreeTest, TheRootOfOneCommandIsItsLeaf) {
  EXPECT_EQ(MerkleTree::Of(Leaves(1))->root(), Leaf("command 0"));
}

TEST_F(MerkleTest, TheRightPlaceVerifies) { EXPECT_OK(Verify(4, 7)); }

TEST_F(MerkleTest, AnotherIndexIsRefused) {
  EXPECT_THAT(Verify(5, 7), HasReason(reason::kCommandMismatch));
  EXPECT_THAT(Verify(6, 7), HasReason(reason::kPathInvalid)) << "shorter";
  EXPECT_THAT(Verify(7, 7), HasReason(reason::kPathInvalid)) << "outside";
}

TEST_F(MerkleTest, AnotherSizeIsRefused) {
  EXPECT_THAT(Verify(4, 5), HasReason(reason::kPathInvalid));
  EXPECT_THAT(Verify(4, 0), HasReason(reason::kPathInvalid));
  EXPECT_THAT(Verify(4, 1001), HasReason(reason::kPathInvalid));
  // Sizes 7 and 8 give leaf 4 a path of the same length and shape: only the
  // signed batch_size keeps them apart, and nothing is gained by the other.
  EXPECT_OK(Verify(4, 8));
}

TEST_F(MerkleTest, ALongerOrShorterPathIsRefused) {
  path_.push_back(path_.back());
  EXPECT_THAT(Verify(4, 7), HasReason(reason::kPathInvalid));
  path_.resize(2);
  EXPECT_THAT(Verify(4, 7), HasReason(reason::kPathInvalid));
}

TEST_F(MerkleTest, HashesOfOtherSizesAreRefused) {
  path_[1].pop_back();
  EXPECT_THAT(Verify(4, 7), HasReason(reason::kPathInvalid));
}

TEST_F(MerkleTest, AChangedHashOrOrderIsRefused) {
  std::swap(path_[0], path_[1]);
  EXPECT_THAT(Verify(4, 7), HasReason(reason::kCommandMismatch));
  std::swap(path_[0], path_[1]);
  path_[2][0] ^= 1;
  EXPECT_THAT(Verify(4, 7), HasReason(reason::kCommandMismatch));
}

// An inner node offered as the leaf of a smaller tree: its preimage would have
// to start with 0x00.
TEST_F(MerkleTest, ANodeIsNoLeaf) {
  const Digest node = Node(leaves_[0], leaves_[1]);
  const std::string bytes =
      absl::StrCat(crypto::View(leaves_[0]), crypto::View(leaves_[1]));
  EXPECT_NE(Leaf(bytes), node);
  const MerkleTree two = *MerkleTree::Of({leaves_[0], leaves_[1]});
  EXPECT_THAT(VerifyPath(Leaf(bytes), 0, 1, std::vector<std::string>(),
                         crypto::View(two.root())),
              HasReason(reason::kCommandMismatch));
}

}  // namespace
}  // namespace u2fi::proof
