#include "services/common/audit/transition.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

Transition Good() {
  Transition transition;
  transition.expect = {{"command/c1", 3}};
  transition.put = {{"command/c1", "approved"}};
  transition.remove = {"timer/1"};
  transition.rows.push_back(TestRow());
  return transition;
}

TEST(CheckTransitionTest, AcceptsAGoodOne) {
  EXPECT_OK(CheckTransition(Good()));
}

TEST(CheckTransitionTest, RefusesOneWithoutARow) {
  Transition transition = Good();
  transition.rows.clear();
  EXPECT_THAT(CheckTransition(transition), HasReason(reason::kAuditFormat));
}

TEST(CheckTransitionTest, RefusesKeysThatNoStoreTakes) {
  for (const std::string& key :
       {std::string(), std::string("a b"), std::string("{a/b}:c"),
        std::string(store::kMaxKeySize + 1, 'k')}) {
    Transition transition = Good();
    transition.expect[0].key = key;
    EXPECT_THAT(CheckTransition(transition),
                HasReason(reason::kStoreKeyInvalid));
    transition = Good();
    transition.put[0].key = key;
    EXPECT_THAT(CheckTransition(transition),
                HasReason(reason::kStoreKeyInvalid));
    transition = Good();
    transition.remove[0] = key;
    EXPECT_THAT(CheckTransition(transition),
                HasReason(reason::kStoreKeyInvalid));
  }
}

TEST(CheckTransitionTest, RefusesKeysOfTheAudit) {
  Transition transition = Good();
  transition.remove[0] = "audit/row/x/1";
  EXPECT_THAT(CheckTransition(transition), HasReason(reason::kStoreKeyInvalid));
}

TEST(CheckTransitionTest, RefusesAKeyNamedTwice) {
  Transition transition = Good();
  transition.expect.push_back({"command/c1", 4});
  EXPECT_THAT(CheckTransition(transition), HasReason(reason::kStoreKeyInvalid));
  transition = Good();
  transition.remove.push_back("command/c1");
  EXPECT_THAT(CheckTransition(transition), HasReason(reason::kStoreKeyInvalid));
}

TEST(CheckTransitionTest, RefusesTooManyKeys) {
  Transition transition = Good();
  // One expectation, one put, one row are there already.
  transition.remove.clear();
  const size_t room = store::kMaxKeysPerCall - kReservedKeys - 3;
  for (size_t i = 0; i < room; ++i) {
    transition.remove.push_back("k" + std::to_string(i));
  }
  EXPECT_OK(CheckTransition(transition));
  transition.remove.push_back("one-more");
  EXPECT_THAT(CheckTransition(transition), HasReason(reason::kStoreLimit));
}

TEST(CheckTransitionTest, RefusesALargeValue) {
  Transition transition = Good();
  transition.put[0].value.assign(store::kMaxValueSize, 'v');
  EXPECT_OK(CheckTransition(transition));
  transition.put[0].value.push_back('v');
  EXPECT_THAT(CheckTransition(transition), HasReason(reason::kStoreLimit));
}

TEST(CheckTransitionTest, RefusesTooManyBytes) {
  Transition transition = Good();
  for (int i = 0; i < 32; ++i) {
    transition.put.push_back(
        {"big/" + std::to_string(i), std::string(store::kMaxValueSize, 'v')});
  }
  EXPECT_THAT(CheckTransition(transition), HasReason(reason::kStoreLimit));
}

}  // namespace
}  // namespace u2fi::audit
