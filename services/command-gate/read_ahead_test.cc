#include "services/command-gate/read_ahead.h"

#include "gtest/gtest.h"

namespace u2fi::command_gate {
namespace {

TEST(ReadAheadTest, AtFirstThereIsRoom) { EXPECT_FALSE(ReadAhead().full()); }

TEST(ReadAheadTest, ManySmallMessagesFillIt) {
  ReadAhead ahead;
  for (size_t i = 1; i < ReadAhead::kMaxMessages; ++i) ahead.Add(1);
  EXPECT_FALSE(ahead.full());
  ahead.Add(0);
  EXPECT_TRUE(ahead.full());
  ahead.Remove(1);
  EXPECT_FALSE(ahead.full());
}

TEST(ReadAheadTest, OneThatIsLargeFillsItAlone) {
  ReadAhead ahead;
  ahead.Add(1);
  ahead.Add(ReadAhead::kMaxBytes);
  EXPECT_TRUE(ahead.full());
  ahead.Remove(1);
  EXPECT_TRUE(ahead.full());
  ahead.Remove(ReadAhead::kMaxBytes);
  EXPECT_FALSE(ahead.full());
}

}  // namespace
}  // namespace u2fi::command_gate
