#include "services/common/proof/words.h"

#include <set>

#include "gtest/gtest.h"

namespace u2fi::proof {
namespace {

constexpr char kRequestId[] = "00112233445566778899aabbccddeeff";
const WordsItem kUnlock{"lock-1", "door.unlock", "{}"};

TEST(WordsTest, TheListHas2048DifferentWords) {
  EXPECT_EQ(std::set<std::string>(kWordList.begin(), kWordList.end()).size(),
            2048u);
}

// Computed with Python's hashlib and mnemonic's list.
TEST(WordsTest, FourWordsAreThe44FirstBits) {
  EXPECT_EQ(ComparisonWords(kRequestId, {kUnlock}),
            "fluid believe chuckle old");
  EXPECT_EQ(ComparisonWords(kRequestId, {kUnlock, {"cam-2", "camera.on", ""}}),
            "card spot short cage");
}

TEST(WordsTest, EveryPartOfTheRequestChangesThem) {
  const std::string words = ComparisonWords(kRequestId, {kUnlock});
  EXPECT_NE(words, ComparisonWords("0", {kUnlock}));
  EXPECT_NE(words, ComparisonWords(kRequestId, {}));
  EXPECT_NE(words,
            ComparisonWords(kRequestId, {{"lock-2", "door.unlock", "{}"}}));
  EXPECT_NE(words,
            ComparisonWords(kRequestId, {{"lock-1", "door.lock", "{}"}}));
  EXPECT_NE(words,
            ComparisonWords(kRequestId, {{"lock-1", "door.unlock", "[]"}}));
}

TEST(WordsTest, BytesDoNotMoveBetweenNeighbours) {
  EXPECT_NE(ComparisonWords(kRequestId, {{"ab", "c", ""}}),
            ComparisonWords(kRequestId, {{"a", "bc", ""}}));
}

TEST(WordsTest, ArgumentsOfAnEnrolmentDoNotCount) {
  EXPECT_EQ(ComparisonWords(kRequestId, {{"account:a", "u2fi.enrol", "x"}}),
            ComparisonWords(kRequestId, {{"account:a", "u2fi.enrol", ""}}));
}

}  // namespace
}  // namespace u2fi::proof
