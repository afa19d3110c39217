#include "services/common/logging/context.h"

#include <thread>

#include "gtest/gtest.h"

namespace u2fi::logging {
namespace {

TEST(ContextTest, ThereIsNoneAtFirst) { EXPECT_EQ(CurrentContext(), nullptr); }

TEST(ContextTest, IsThatOfTheInnermostScope) {
  const Context outer{"t1", "", "", ""};
  const Context inner{"t2", "", "", ""};
  const ContextScope first(outer);
  {
    const ContextScope second(inner);
    EXPECT_EQ(CurrentContext(), &inner);
  }
  EXPECT_EQ(CurrentContext(), &outer);
}

TEST(ContextTest, IsGoneAfterItsScope) {
  const Context context{"t1", "", "", ""};
  { const ContextScope scope(context); }
  EXPECT_EQ(CurrentContext(), nullptr);
}

TEST(ContextTest, OtherThreadsHaveTheirOwn) {
  const Context context{"t1", "", "", ""};
  const ContextScope scope(context);
  const Context* seen = &context;
  std::thread([&seen] { seen = CurrentContext(); }).join();
  EXPECT_EQ(seen, nullptr);
  EXPECT_EQ(CurrentContext(), &context);
}

}  // namespace
}  // namespace u2fi::logging
