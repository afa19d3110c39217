#include "services/gateway-agent/token_group.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/gateway-agent/fake_tokens.h"

namespace u2fi::gateway_agent {
namespace {

class TokenGroupTest : public testing::Test {
 protected:
  TokenGroupTest() {
    for (FakeTokens** one : {&first_, &second_}) {
      auto tokens = std::make_unique<FakeTokens>();
      *one = tokens.get();
      group_.Add(std::move(tokens));
    }
    first_->Plug("a", "k1");
    second_->Plug("b", "k2");
  }

  FakeTokens* first_ = nullptr;
  FakeTokens* second_ = nullptr;
  TokenGroup group_;
};

TEST_F(TokenGroupTest, AllKeysOfAllAreFound) {
  EXPECT_EQ(group_.Ports(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(group_.Find({}).size(), 2u);
}

TEST_F(TokenGroupTest, BusyOnesAreLeftAlone) {
  const auto found = group_.Find({"a"});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->port(), "b");
}

TEST_F(TokenGroupTest, AChangeOfAnyIsTold) {
  int changes = 0;
  group_.SetOnChange([&changes] { ++changes; });
  first_->Plug("c", "k3");
  second_->Plug("d", "k4");
  EXPECT_EQ(changes, 2);
  group_.SetOnChange(nullptr);
  first_->Plug("e", "k5");
  EXPECT_EQ(changes, 2);
}

TEST(EmptyTokenGroupTest, AGroupWithoutFindersHasNoKeys) {
  TokenGroup group;
  EXPECT_TRUE(group.Ports().empty());
  EXPECT_TRUE(group.Find({}).empty());
}

}  // namespace
}  // namespace u2fi::gateway_agent
