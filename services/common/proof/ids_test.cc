#include "services/common/proof/ids.h"

#include "gtest/gtest.h"

namespace u2fi::proof {
namespace {

constexpr char kRequestId[] = "00112233445566778899aabbccddeeff";
constexpr char kRequester[] = "spiffe://demo/client/acme/app alice";

TEST(IdsTest, IdsAreLowerCaseDigitsAndInnerHyphens) {
  for (const char* id : {"a", "7", "a-b", "lamp-1", "0--0"}) {
    EXPECT_TRUE(IsId(id)) << id;
  }
  EXPECT_TRUE(IsId(std::string(64, 'a')));
}

TEST(IdsTest, OtherIdsAreRefused) {
  for (const char* id : {"", "-", "-a", "a-", "A", "a_b", "a.b", "a b", "ä"}) {
    EXPECT_FALSE(IsId(id)) << id;
  }
  EXPECT_FALSE(IsId(std::string(65, 'a')));
  EXPECT_FALSE(IsId(absl::string_view("a\0b", 3)));
}

TEST(IdsTest, OperationsHaveDotsAndAtMost64Characters) {
  EXPECT_TRUE(IsOperation("door.unlock_2-x"));
  EXPECT_TRUE(IsOperation(std::string(64, '.')));
  EXPECT_FALSE(IsOperation(std::string(65, 'a')));
  EXPECT_FALSE(IsOperation(""));
  EXPECT_FALSE(IsOperation("Door"));
  EXPECT_FALSE(IsOperation("a b"));
}

TEST(IdsTest, RequestIdsAre32LowerCaseHexDigits) {
  EXPECT_TRUE(IsRequestId(kRequestId));
  EXPECT_FALSE(IsRequestId("00112233445566778899AABBCCDDEEFF"));
  EXPECT_FALSE(IsRequestId("00112233445566778899aabbccddeef"));
  EXPECT_FALSE(IsRequestId("00112233445566778899aabbccddeeffa"));
  EXPECT_FALSE(IsRequestId("00112233445566778899aabbccddeefg"));
}

TEST(IdsTest, StoreEpochsAre1To64LowerCaseLettersAndDigits) {
  EXPECT_TRUE(IsStoreEpoch("0a"));
  EXPECT_FALSE(IsStoreEpoch(""));
  EXPECT_FALSE(IsStoreEpoch("0A"));
  EXPECT_FALSE(IsStoreEpoch(std::string(65, 'a')));
}

TEST(IdsTest, ARequesterIsUriSpaceAccount) {
  EXPECT_TRUE(IsRequester(kRequester));
  EXPECT_EQ(Requester("spiffe://demo/client/acme/app", "alice"), kRequester);
}

TEST(IdsTest, OtherRequestersAreRefused) {
  for (const char* text : {"", " alice", "uri", "uri ", "uri  alice",
                           "uri alice bob", "uri Alice", "u\tri alice"}) {
    EXPECT_FALSE(IsRequester(text)) << text;
  }
  EXPECT_FALSE(IsRequester(std::string(507, 'u') + " alice"));
  EXPECT_TRUE(IsRequester(std::string(506, 'u') + " alice"));
}

TEST(IdsTest, AnAccountTargetRoundTrips) {
  EXPECT_EQ(AccountTarget("alice"), "account:alice");
  EXPECT_EQ(AccountOfTarget("account:alice"), "alice");
}

TEST(IdsTest, OtherTargetsAreNotAccounts) {
  for (const char* target : {"lamp", "account:", "account:-", "Account:a"}) {
    EXPECT_EQ(AccountOfTarget(target), absl::nullopt) << target;
  }
}

// Computed with Python's hashlib and base64.
TEST(IdsTest, CommandIdIsThatOfTheFormat) {
  EXPECT_EQ(CommandId("acme", kRequester, kRequestId, 3),
            "6xgkczku27lkdbqzng37rtnqxq");
}

TEST(IdsTest, EveryPartChangesTheCommandId) {
  const std::string id = CommandId("acme", kRequester, kRequestId, 0);
  EXPECT_TRUE(IsCommandId(id));
  EXPECT_NE(id, CommandId("acme2", kRequester, kRequestId, 0));
  EXPECT_NE(id, CommandId("acme", "uri bob", kRequestId, 0));
  EXPECT_NE(id, CommandId("acme", kRequester, std::string(32, '0'), 0));
  EXPECT_NE(id, CommandId("acme", kRequester, kRequestId, 1));
}

TEST(IdsTest, CommandIdsAre26CharactersOf16Bytes) {
  EXPECT_TRUE(IsCommandId("aaaaaaaaaaaaaaaaaaaaaaaaaa"));
  EXPECT_FALSE(IsCommandId("aaaaaaaaaaaaaaaaaaaaaaaaab")) << "stray bits";
  EXPECT_FALSE(IsCommandId("aaaaaaaaaaaaaaaaaaaaaaaaa"));
  EXPECT_FALSE(IsCommandId("AAAAAAAAAAAAAAAAAAAAAAAAAA"));
  EXPECT_FALSE(IsCommandId("1aaaaaaaaaaaaaaaaaaaaaaaaa"));
}

}  // namespace
}  // namespace u2fi::proof
