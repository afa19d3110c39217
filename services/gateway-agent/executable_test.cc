#include "services/gateway-agent/executable.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

// Runs real scripts: what the operating system does is what is tested.
class ExecutableTest : public testing::Test {
 protected:
  ExecutableTest() {
    std::string folder = testing::TempDir() + "/executable_XXXXXX";
    folder_ = mkdtemp(folder.data());
  }
  std::string Script(const std::string& text) {
    std::string path = folder_ + "/script";
    EXPECT_OK(WriteFileDurably(path, absl::StrCat("#!/bin/sh\n", text), 0700));
    return path;
  }
  absl::Status Run(const std::string& text,
                   absl::Duration timeout = absl::Seconds(30)) {
    return RunExecutable(Script(text), {{"A", "1 $(false) 'x'"}}, timeout,
                         SystemClock(), cancel_);
  }
  std::string Out() const {
    return ReadFile(folder_ + "/out", 1 << 16).value_or("");
  }

  std::string folder_;
  u2fhid::CancelFlag cancel_;
};

TEST_F(ExecutableTest, ItsEnvironmentIsFixed) {
  setenv("SECRET_OF_THE_AGENT", "x", 1);
  EXPECT_OK(Run(absl::StrCat("/usr/bin/env >", folder_, "/out")));
  EXPECT_THAT(Out(), testing::HasSubstr("A=1 $(false) 'x'\n"));
  EXPECT_THAT(Out(), testing::HasSubstr("PATH=/usr/bin:/bin\n"));
  EXPECT_THAT(Out(), testing::Not(testing::HasSubstr("SECRET_OF_THE_AGENT")));
}

TEST_F(ExecutableTest, ItHasNoneOfOurFilesAndNoInput) {
  std::ofstream open_file(folder_ + "/secret");
  EXPECT_OK(Run(absl::StrCat("ls -l /proc/self/fd >", folder_, "/out; cat")));
  EXPECT_THAT(Out(), testing::Not(testing::HasSubstr("secret")));
}

TEST_F(ExecutableTest, AFailureIsSaid) {
  EXPECT_EQ(Run("exit 3").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ExecutableTest, AFileThatCannotBeRunIsSaid) {
  EXPECT_EQ(RunExecutable(folder_ + "/none", {}, absl::Seconds(1),
                          SystemClock(), cancel_)
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ExecutableTest, ItIsKilledWhenItTakesTooLong) {
  EXPECT_EQ(Run("tail -f /dev/null", absl::Milliseconds(50)).code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ExecutableTest, ItsChildrenAreKilledToo) {
  EXPECT_EQ(
      Run(absl::StrCat("tail -f /dev/null & echo $! >", folder_, "/out; wait"),
          absl::Milliseconds(500))
          .code(),
      absl::StatusCode::kDeadlineExceeded);
  const std::string child = absl::StrCat("/proc/", atoi(Out().c_str()), "/fd");
  ASSERT_NE(atoi(Out().c_str()), 0);
  // A dead child that nobody waited for yet has no files any more.
  EXPECT_NE(Run(absl::StrCat("test -n \"$(ls ", child, ")\"")),
            absl::OkStatus());
}

TEST_F(ExecutableTest, ItIsKilledWhenTheAgentStops) {
  std::thread stop([this] { cancel_.Cancel(); });
  EXPECT_EQ(Run("tail -f /dev/null").code(), absl::StatusCode::kCancelled);
  stop.join();
}

}  // namespace
}  // namespace u2fi::gateway_agent
