#include "services/gateway-agent/typed_line.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

bool Never() { return false; }

class TypedLineTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(pipe_), 0); }
  void TearDown() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }
  void Type(const std::string& text) {
    ASSERT_EQ(write(pipe_[1], text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  auto Read() { return ReadTypedLine(pipe_[0], Never); }

  int pipe_[2];
};

TEST_F(TypedLineTest, OneLineIsReadAndNoMore) {
  Type("tulip-7\nnext\n");
  EXPECT_THAT(Read(), IsOkAndHolds("tulip-7"));
  EXPECT_THAT(Read(), IsOkAndHolds("next"));
}

TEST_F(TypedLineTest, ALineHas255Bytes) {
  Type(std::string(255, 'x') + "\n");
  EXPECT_THAT(Read(), IsOkAndHolds(std::string(255, 'x')));
  Type(std::string(256, 'x') + "\n");
  EXPECT_THAT(Read(), HasReason(reason::kInvalidField));
}

TEST_F(TypedLineTest, TheEndOfTheFileIsNoLine) {
  Type("tulip");
  close(pipe_[1]);
  EXPECT_THAT(Read(), HasReason(reason::kTokenCancelled));
  pipe_[1] = -1;
}

TEST_F(TypedLineTest, WhoeverReadsMayGiveUp) {
  int asked = 0;
  EXPECT_THAT(ReadTypedLine(pipe_[0], [&asked] { return ++asked == 2; }),
              HasReason(reason::kTokenCancelled));
}

TEST_F(TypedLineTest, APipeIsNoTerminal) {
  EXPECT_FALSE(IsOurTerminal(pipe_[0]));
}

// A terminal of our own.
class TerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    person_ = posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_EQ(grantpt(person_), 0);
    ASSERT_EQ(unlockpt(person_), 0);
    terminal_ = open(ptsname(person_), O_RDWR | O_NOCTTY);
    ASSERT_GE(terminal_, 0);
  }
  void TearDown() override {
    close(terminal_);
    close(person_);
  }
  bool Echoes() {
    termios now;
    EXPECT_EQ(tcgetattr(terminal_, &now), 0);
    return (now.c_lflag & ECHO) != 0;
  }
  // What the terminal shows.
  std::string Shown() {
    std::string shown;
    pollfd waits = {person_, POLLIN, 0};
    char byte = 0;
    while (poll(&waits, 1, 0) == 1 && read(person_, &byte, 1) == 1) {
      shown += byte;
    }
    return shown;
  }

  int person_ = -1;
  int terminal_ = -1;
};

TEST_F(TerminalTest, WhatIsTypedIsNotShown) {
  ASSERT_TRUE(Echoes());
  std::thread person([this] {
    while (Echoes()) std::this_thread::yield();
    EXPECT_EQ(write(person_, "tulip-7\n", 8), 8);
  });
  EXPECT_THAT(ReadTypedLine(terminal_, Never), IsOkAndHolds("tulip-7"));
  person.join();
  EXPECT_EQ(Shown(), "\r\n");
  EXPECT_TRUE(Echoes());
}

TEST_F(TerminalTest, CtrlCLeavesAndTheTerminalShowsAgain) {
  std::thread person([this] {
    while (Echoes()) std::this_thread::yield();
    EXPECT_EQ(write(person_, "tulip\x03", 6), 6);
  });
  EXPECT_THAT(ReadTypedLine(terminal_, Never),
              HasReason(reason::kTokenCancelled));
  person.join();
  EXPECT_TRUE(Echoes());
}

TEST_F(TerminalTest, AfterGivingUpItShowsAgain) {
  EXPECT_THAT(ReadTypedLine(terminal_, [] { return true; }),
              HasReason(reason::kTokenCancelled));
  EXPECT_TRUE(Echoes());
}

TEST_F(TerminalTest, ATerminalOfOthersIsNotOurs) {
  EXPECT_FALSE(IsOurTerminal(terminal_));
}

}  // namespace
}  // namespace u2fi::gateway_agent
