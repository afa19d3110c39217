#include "services/gateway-agent/hook_cue.h"

#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

// A real script writes down what it is told.
class HookCueTest : public testing::Test {
 protected:
  HookCueTest() {
    std::string folder = testing::TempDir() + "/hook_XXXXXX";
    folder_ = mkdtemp(folder.data());
    text_.approval_id = "q1";
    text_.lines = {"camera.on on cam-1", "it's $(evil) `evil`"};
    text_.words = "one two three four";
    text_.requester = "somebody";
    text_.approve_by_ms = 17;
  }
  std::unique_ptr<HookCue> Hook(const std::string& script,
                                absl::Duration timeout = absl::Seconds(30)) {
    EXPECT_OK(WriteFileDurably(folder_ + "/hook",
                               absl::StrCat("#!/bin/sh\n", script), 0700));
    return std::make_unique<HookCue>(folder_ + "/hook", timeout, SystemClock());
  }
  std::string Told() const {
    return ReadFile(folder_ + "/told", 1 << 16).value_or("");
  }

  std::string folder_;
  CueText text_;
};

TEST_F(HookCueTest, ItIsToldEverything) {
  const auto hook =
      Hook(absl::StrCat("/usr/bin/env | sort >", folder_, "/told"));
  hook->On(text_);
  hook->Flush();
  for (const char* line :
       {"U2FI_EVENT=on\n", "U2FI_APPROVAL_ID=q1\n",
        "U2FI_TEXT=camera.on on cam-1\n", "it's $(evil) `evil`\n",
        "U2FI_WORDS=one two three four\n", "U2FI_REQUESTER=somebody\n",
        "U2FI_APPROVE_BY_MS=17\n"}) {
    EXPECT_THAT(Told(), testing::HasSubstr(line));
  }
}

TEST_F(HookCueTest, ChangesComeInOrderWithTheEndsReason) {
  const auto hook =
      Hook(absl::StrCat("echo $U2FI_EVENT $U2FI_WHY >>", folder_, "/told"));
  hook->On(text_);
  hook->Off(text_, "declined");
  hook->Flush();
  EXPECT_EQ(Told(), "on\noff declined\n");
}

TEST_F(HookCueTest, ItIsToldThatAPinIsWanted) {
  const auto hook = Hook(absl::StrCat(
      "echo $U2FI_EVENT $U2FI_APPROVAL_ID $U2FI_PIN_TRIES $U2FI_PIN_WAS_WRONG "
      ">>",
      folder_, "/told"));
  hook->WantPin({text_, 8, false});
  hook->WantPin({text_, 7, true});
  hook->Flush();
  EXPECT_EQ(Told(), "pin q1 8 no\npin q1 7 yes\n");
}

TEST_F(HookCueTest, AHookThatHangsIsKilledAndTheNextChangeIsTold) {
  const auto hook = Hook(absl::StrCat("echo $U2FI_EVENT >>", folder_,
                                      "/told; test $U2FI_EVENT = off || "
                                      "tail -f /dev/null"),
                         absl::Milliseconds(300));
  hook->On(text_);
  hook->Off(text_, "done");
  hook->Flush();
  EXPECT_THAT(Told(), testing::HasSubstr("off"));
}

TEST_F(HookCueTest, AHookThatFailsChangesNothing) {
  const auto hook = Hook("exit 1");
  hook->On(text_);
  hook->Flush();
}

TEST_F(HookCueTest, TheAgentEndsWhileAHookHangs) {
  auto hook = Hook("tail -f /dev/null");
  hook->On(text_);
  hook.reset();
}

}  // namespace
}  // namespace u2fi::gateway_agent
