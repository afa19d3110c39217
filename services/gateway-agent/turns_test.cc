#include "services/gateway-agent/turns.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::gateway_agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TurnsTest, NobodyAsksNothing) {
  EXPECT_THAT(Turns().Order({}), IsEmpty());
}

TEST(TurnsTest, QuestionsOfOneComeInTheirOrder) {
  EXPECT_THAT(Turns().Order({{"thief"}, {"thief"}, {"thief"}}),
              ElementsAre(0, 1, 2));
}

TEST(TurnsTest, AFirstQuestionComesBeforeAnybodysSecond) {
  EXPECT_THAT(Turns().Order({{"thief"}, {"thief"}, {"thief"}, {"ann"}}),
              ElementsAre(0, 3, 1, 2));
}

TEST(TurnsTest, TheOneThatIsAskedNowCounts) {
  EXPECT_THAT(Turns().Order({{"thief", false}, {"thief"}, {"ann"}}),
              ElementsAre(2, 1));
}

TEST(TurnsTest, WhoHadATurnComesAfterWhoHadNone) {
  Turns turns;
  turns.Took("thief");
  EXPECT_THAT(turns.Order({{"thief"}, {"thief"}, {"ann"}}),
              ElementsAre(2, 0, 1));
}

TEST(TurnsTest, WhoHadNoTurnForLongestComesFirst) {
  Turns turns;
  for (const char* who : {"ann", "thief", "bob", "ann"}) turns.Took(who);
  EXPECT_THAT(turns.Order({{"ann"}, {"bob"}, {"thief"}}), ElementsAre(2, 1, 0));
}

TEST(TurnsTest, WhoHadNoneYetComeInTheirOrder) {
  EXPECT_THAT(Turns().Order({{"bob"}, {"ann"}}), ElementsAre(0, 1));
}

TEST(TurnsTest, WhoWasLongAgoIsForgotten) {
  Turns turns;
  turns.Took("thief");
  for (size_t i = 0; i < Turns::kRemembered; ++i) turns.Took(absl::StrCat(i));
  EXPECT_THAT(turns.Order({{"thief"}, {"new"}}), ElementsAre(0, 1));
}

}  // namespace
}  // namespace u2fi::gateway_agent
