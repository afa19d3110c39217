#include "tools/device-emulator/stream_console.h"

#include <sstream>

#include "gtest/gtest.h"

namespace u2fi::device {
namespace {

TEST(StreamConsoleTest, SaysOneLineWhateverCame) {
  std::ostringstream said;
  StreamConsole(said).Say("lock-1", "\x1b[2J\nlock-2: open \u202e");
  EXPECT_EQ(said.str(), "lock-1: ?[2J?lock-2: open ?\n");
}

}  // namespace
}  // namespace u2fi::device
