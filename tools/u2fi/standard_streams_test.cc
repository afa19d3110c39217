#include "tools/u2fi/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace u2fi::cli {
namespace {

// Each in a process of its own, whose streams may be closed.
TEST(StandardStreamsTest, AFileThatIsOpenedBecomesNoClosedStream) {
  const auto open_one = [] {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    FillClosedStreams();
    _exit(open("/dev/null", O_RDWR) > STDERR_FILENO ? 0 : 1);
  };
  EXPECT_EXIT(open_one(), testing::ExitedWithCode(0), "");
}

TEST(StandardStreamsTest, PrintingToAClosedStreamFails) {
  const auto print = [] {
    close(STDOUT_FILENO);
    FillClosedStreams();
    _exit(write(STDOUT_FILENO, "x", 1) < 0 ? 0 : 1);
  };
  EXPECT_EXIT(print(), testing::ExitedWithCode(0), "");
}

TEST(StandardStreamsTest, OpenStreamsStay) {
  const auto print = [] {
    FillClosedStreams();
    _exit(write(STDERR_FILENO, "x", 1) == 1 ? 0 : 1);
  };
  EXPECT_EXIT(print(), testing::ExitedWithCode(0), "x");
}

}  // namespace
}  // namespace u2fi::cli
