#include "services/common/store/waker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "gtest/gtest.h"

namespace u2fi::store {
namespace {

// Each of these would last for ever if the wait did not end as it should.
class WakerTest : public testing::Test {
 protected:
  WakerTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0); }
  ~WakerTest() override {
    close(ends_[0]);
    close(ends_[1]);
  }
  Waker waker_;
  int ends_[2];
};

TEST_F(WakerTest, AnEarlierWakeEndsTheNextWait) {
  waker_.Wake();
  waker_.Wait(ends_[0], false, absl::InfiniteDuration());
}

TEST_F(WakerTest, AnotherThreadEndsTheWait) {
  std::thread other([this] { waker_.Wake(); });
  waker_.Wait(ends_[0], false, absl::InfiniteDuration());
  other.join();
}

TEST_F(WakerTest, BytesEndTheWait) {
  ASSERT_EQ(write(ends_[1], "x", 1), 1);
  waker_.Wait(ends_[0], false, absl::InfiniteDuration());
}

TEST_F(WakerTest, RoomToWriteEndsAWaitForWriting) {
  waker_.Wait(ends_[0], true, absl::InfiniteDuration());
}

TEST_F(WakerTest, TheTimeoutEndsTheWait) {
  waker_.Wait(ends_[0], false, absl::Microseconds(1));
  waker_.Wait(ends_[0], false, -absl::Seconds(1));
}

TEST_F(WakerTest, ManyWakesAreOne) {
  for (int i = 0; i < 3; ++i) waker_.Wake();
  waker_.Wait(ends_[0], false, absl::InfiniteDuration());
  waker_.Wait(ends_[0], false, absl::Microseconds(1));
}

}  // namespace
}  // namespace u2fi::store
