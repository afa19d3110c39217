#include "services/common/store/hint_board.h"

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HintBoardTest : public testing::Test {
 protected:
  std::unique_ptr<Subscription> Listen(const std::string& channel) {
    return board_.Add(channel, [this, channel](const Hint& hint) {
      heard_.push_back(channel + ":" + hint.payload);
    });
  }
  HintBoard board_;
  std::vector<std::string> heard_;
};

TEST_F(HintBoardTest, CallsTheListenersOfTheChannelInOrder) {
  const auto a = Listen("c"), b = Listen("d"), c = Listen("c");
  board_.Deliver("c", {false, "x"});
  EXPECT_THAT(heard_, ElementsAre("c:x", "c:x"));
}

TEST_F(HintBoardTest, LeavesOutWhoCameLater) {
  const auto early = Listen("c");
  const uint64_t added = board_.Added();
  const auto late = Listen("c");
  board_.Deliver("c", {false, "x"}, added);
  EXPECT_THAT(heard_, ElementsAre("c:x"));
}

TEST_F(HintBoardTest, KnowsWhichChannelsHaveListeners) {
  auto a = Listen("c");
  const auto b = Listen("d");
  EXPECT_THAT(board_.Channels(), ElementsAre("c", "d"));
  a.reset();
  EXPECT_FALSE(board_.HasListener("c"));
  EXPECT_THAT(board_.Channels(), ElementsAre("d"));
}

TEST_F(HintBoardTest, ACallbackMayEndAnotherSubscription) {
  std::unique_ptr<Subscription> second;
  const auto first = board_.Add("c", [&](const Hint&) { second.reset(); });
  second = Listen("c");
  board_.DeliverToAll({true, ""});
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(HintBoardTest, EndingASubscriptionWaitsForItsRunningCall) {
  std::atomic<bool> running{false}, ended{false};
  auto listener = board_.Add("c", [&](const Hint&) {
    running = true;
    while (!ended && board_.Channels().count("c") != 0) {
      std::this_thread::yield();
    }
    ended = true;
  });
  std::thread deliverer([&] { board_.Deliver("c", {false, ""}); });
  while (!running) std::this_thread::yield();
  listener.reset();
  EXPECT_TRUE(ended);
  deliverer.join();
}

}  // namespace
}  // namespace u2fi::store
