#include "services/common/store/local_hints.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::store {
namespace {

using testing::ElementsAre;

// What one subscriber heard; "*" stands for "read again".
class Ear {
 public:
  HintBoard::Callback Callback() {
    return [this](const Hint& hint) {
      MutexLock lock(mutex_);
      heard_.push_back(hint.read_again ? "*" : hint.payload);
    };
  }
  std::vector<std::string> Heard() {
    MutexLock lock(mutex_);
    return heard_;
  }

 private:
  Mutex mutex_;
  std::vector<std::string> heard_ ABSL_GUARDED_BY(mutex_);
};

class LocalHintsTest : public testing::Test {
 protected:
  const Partition partition_ = Partition::Make("gate", "acme").value();
  LocalHints hints_;
  Ear ear_;
};

TEST_F(LocalHintsTest, DeliversInOrder) {
  const auto subscription = hints_.Subscribe(partition_, "t", ear_.Callback());
  hints_.Publish(partition_, "t", "1");
  hints_.Publish(partition_, "t", "2");
  hints_.Flush();
  EXPECT_THAT(ear_.Heard(), ElementsAre("1", "2"));
}

TEST_F(LocalHintsTest, KeepsTopicsAndPartitionsApart) {
  const auto subscription = hints_.Subscribe(partition_, "t", ear_.Callback());
  hints_.Publish(partition_, "u", "other topic");
  hints_.Publish(Partition::Make("gate", "other").value(), "t", "other tenant");
  hints_.Flush();
  EXPECT_THAT(ear_.Heard(), ElementsAre());
}

TEST_F(LocalHintsTest, AnEndedSubscriptionHearsNothing) {
  hints_.Subscribe(partition_, "t", ear_.Callback()).reset();
  hints_.Publish(partition_, "t", "1");
  hints_.Flush();
  EXPECT_THAT(ear_.Heard(), ElementsAre());
}

TEST_F(LocalHintsTest, EverybodyHearsReadAgain) {
  const auto one = hints_.Subscribe(partition_, "t", ear_.Callback());
  const auto two = hints_.Subscribe(partition_, "u", ear_.Callback());
  hints_.TellAllToReadAgain();
  hints_.Flush();
  EXPECT_THAT(ear_.Heard(), ElementsAre("*", "*"));
}

TEST_F(LocalHintsTest, ACallbackMayPublish) {
  Ear other;
  const auto relay = hints_.Subscribe(partition_, "t", [&](const Hint&) {
    hints_.Publish(partition_, "u", "x");
  });
  const auto heard = hints_.Subscribe(partition_, "u", other.Callback());
  hints_.Publish(partition_, "t", "1");
  hints_.Flush();
  EXPECT_THAT(other.Heard(), ElementsAre("x"));
}

TEST_F(LocalHintsTest, AFullQueueBecomesReadAgain) {
  Mutex gate;
  gate.Lock();
  const auto slow = hints_.Subscribe(partition_, "t", [&](const Hint& hint) {
    MutexLock lock(gate);
    ear_.Callback()(hint);
  });
  for (size_t i = 0; i < LocalHints::kMaxQueued + 2; ++i) {
    hints_.Publish(partition_, "t", "h");
  }
  gate.Unlock();
  hints_.Flush();
  EXPECT_THAT(ear_.Heard(), testing::Contains("*"));
  EXPECT_LE(ear_.Heard().size(), 4u);
}

}  // namespace
}  // namespace u2fi::store
