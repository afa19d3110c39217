#include "services/gateway-agent/pin_dialogue.h"

#include <unistd.h>

#include <sstream>
#include <string>

#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

using testing::HasSubstr;
using testing::Not;

class PinDialogueTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(pipe_), 0); }
  void TearDown() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }
  absl::StatusOr<GivenPin> Ask(int tries_left, const std::string& typed,
                               bool was_wrong = false) {
    EXPECT_EQ(write(pipe_[1], typed.data(), typed.size()),
              static_cast<ssize_t>(typed.size()));
    CueText text;
    text.approval_id = "q1";
    return PinDialogue(pipe_[0], shown_).Ask({text, tries_left, was_wrong}, [] {
      return false;
    });
  }

  int pipe_[2];
  std::ostringstream shown_;
};

TEST_F(PinDialogueTest, ThePinThatIsTypedIsForTheQuestion) {
  ASSERT_OK_AND_ASSIGN(const GivenPin given, Ask(8, "tulip-7\n"));
  EXPECT_EQ(given.approval_id, "q1");
  EXPECT_EQ(given.pin, "tulip-7");
  EXPECT_EQ(given.tries_left, 8);
  EXPECT_FALSE(given.last_try);
  EXPECT_THAT(shown_.str(), HasSubstr("tries left: 8"));
  EXPECT_THAT(shown_.str(), Not(HasSubstr("wrong")));
  EXPECT_THAT(shown_.str(), Not(HasSubstr("tulip")));
}

TEST_F(PinDialogueTest, AWrongOneIsCalledWrong) {
  ASSERT_OK(Ask(7, "tulip-7\n", true));
  EXPECT_THAT(shown_.str(), HasSubstr("wrong"));
}

TEST_F(PinDialogueTest, AnEmptyLineLeaves) {
  EXPECT_THAT(Ask(8, "\n").status(), HasReason(reason::kTokenCancelled));
}

TEST_F(PinDialogueTest, TheLastTryMustBeConfirmed) {
  EXPECT_THAT(Ask(1, "tulip-7\n").status(), HasReason(reason::kTokenCancelled));
  ASSERT_OK_AND_ASSIGN(const GivenPin given, Ask(1, "use it\ntulip-7\n"));
  EXPECT_TRUE(given.last_try);
  EXPECT_EQ(given.pin, "tulip-7");
  EXPECT_THAT(shown_.str(), HasSubstr("useless"));
}

}  // namespace
}  // namespace u2fi::gateway_agent
