#include "services/common/config/program.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "services/common/logging/logging.h"
#include "services/common/status/status_matchers.h"
#include "u2fi/config/v1/agent.pb.h"

namespace u2fi::config {
namespace {

using testing::HasSubstr;
using testing::Not;

// A program that is started with flags, and what it did.
class ProgramTest : public testing::Test {
 protected:
  int Start(std::vector<const char*> flags) {
    flags.insert(flags.begin(), "agent");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = RunProgram(
        about_, config_, [this] { return valid_; },
        [this] {
          ran_ = true;
          return result_;
        },
        static_cast<int>(flags.size()), flags.data(), environment_);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }
  // A file with this text.
  std::string File(const std::string& text) {
    std::string path = testing::TempDir() + "/program_test.json";
    std::ofstream(path) << text;
    return path;
  }

  About about_{"agent", "Waits for touches.", "  agent --config a.json"};
  v1::GatewayAgentConfig config_;
  std::map<std::string, std::string> environment_;
  absl::Status valid_;
  absl::Status result_;
  bool ran_ = false;
  std::string out_;
  std::string err_;
};

TEST_F(ProgramTest, RunsWithWhatTheFileSays) {
  const std::string file = File(R"({"tenant":"t1","cue":{"terminal":true}})");
  EXPECT_EQ(Start({"--config", file.c_str()}), 0);
  EXPECT_TRUE(ran_);
  EXPECT_EQ(config_.tenant(), "t1");
  EXPECT_TRUE(config_.cue().terminal());
}

TEST_F(ProgramTest, TheEnvironmentIsStrongerThanTheFile) {
  const std::string file = File(R"({"tenant":"file","site":"file"})");
  environment_ = {{"U2FI__SITE", "env"}, {"U2FI__CUE__HOOK", "h"}};
  EXPECT_EQ(Start({"--config", file.c_str()}), 0);
  EXPECT_EQ(config_.tenant(), "file");
  EXPECT_EQ(config_.site(), "env");
  EXPECT_EQ(config_.cue().hook(), "h");
}

TEST_F(ProgramTest, FlagsAreStrongerThanTheEnvironment) {
  environment_ = {{"U2FI__SITE", "env"}, {"U2FI__CUE__HOOK", "env"}};
  EXPECT_EQ(Start({"--site", "flag", "--set", "cue.hook=flag"}), 0);
  EXPECT_EQ(config_.site(), "flag");
  EXPECT_EQ(config_.cue().hook(), "flag");
}

TEST_F(ProgramTest, AFlagsValueMayHaveAnEqualsSign) {
  EXPECT_EQ(Start({"--set", "cue.hook=a=b"}), 0);
  EXPECT_EQ(config_.cue().hook(), "a=b");
}

TEST_F(ProgramTest, AnUnknownKeyOfTheEnvironmentIsRefused) {
  environment_ = {{"U2FI__SIET", "x"}};
  EXPECT_EQ(Start({}), kExitUsage);
  EXPECT_EQ(err_, "agent: siet: unknown key\n");
  EXPECT_FALSE(ran_);
}

TEST_F(ProgramTest, OtherVariablesAreNoneOfItsBusiness) {
  environment_ = {{"U2FI_PORT", "tcp://10.0.0.1:1"}, {"HOME", "/"}};
  EXPECT_EQ(Start({}), 0);
}

TEST_F(ProgramTest, AnUnknownKeyOfTheFileIsRefusedWithFileAndKey) {
  const std::string file = File(R"({"cue":{"hok":"x"}})");
  EXPECT_EQ(Start({"--config", file.c_str()}), kExitUsage);
  EXPECT_EQ(err_, "agent: " + file + ": cue.hok: unknown key\n");
}

TEST_F(ProgramTest, AMissingFileIsRefused) {
  EXPECT_EQ(Start({"--config", "/nonexistent"}), kExitUsage);
  EXPECT_EQ(err_, "agent: /nonexistent: cannot be read\n");
}

TEST_F(ProgramTest, AFolderIsNoConfiguration) {
  EXPECT_EQ(Start({"--config", testing::TempDir().c_str()}), kExitUsage);
  EXPECT_EQ(err_, "agent: " + testing::TempDir() + ": cannot be read\n");
}

TEST_F(ProgramTest, AnUnknownFlagIsRefused) {
  EXPECT_EQ(Start({"--nonsense"}), kExitUsage);
  EXPECT_FALSE(ran_);
}

TEST_F(ProgramTest, ABadConfigurationIsRefusedWithEveryProblem) {
  valid_ = absl::InvalidArgumentError("a: is required\nb: is odd");
  EXPECT_EQ(Start({}), kExitUsage);
  EXPECT_EQ(err_, "agent: a: is required\nagent: b: is odd\n");
  EXPECT_FALSE(ran_);
}

TEST_F(ProgramTest, CheckConfigDoesNotRun) {
  EXPECT_EQ(Start({"--check_config"}), 0);
  EXPECT_FALSE(ran_);
  valid_ = absl::InvalidArgumentError("a: is required");
  EXPECT_EQ(Start({"--check_config"}), kExitUsage);
}

TEST_F(ProgramTest, PrintConfigMasksSecretsAndDoesNotRun) {
  EXPECT_EQ(Start({"--print_config", "--set", "devices.password=s3cret",
                   "--tenant", "t1"}),
            0);
  EXPECT_THAT(out_, HasSubstr(R"("tenant": "t1")"));
  EXPECT_THAT(out_, Not(HasSubstr("s3cret")));
  EXPECT_FALSE(ran_);
}

TEST_F(ProgramTest, HelpShowsTheExamplesAndTheFlags) {
  EXPECT_EQ(Start({"--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("agent --config a.json"));
  EXPECT_THAT(out_, HasSubstr("--check_config"));
  EXPECT_THAT(out_, HasSubstr("--site"));
  EXPECT_FALSE(ran_);
}

TEST_F(ProgramTest, VersionIsThatOfTheRelease) {
  EXPECT_EQ(Start({"--version"}), 0);
  EXPECT_THAT(out_, testing::StartsWith("agent 0."));
  EXPECT_FALSE(ran_);
}

TEST_F(ProgramTest, AFailedRunIsLoggedAndIsTheExitCode) {
  result_ = absl::UnavailableError("no port");
  EXPECT_EQ(Start({"--set", "log.format=LOG_FORMAT_JSON"}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("no port"));
  EXPECT_THAT(err_, HasSubstr(R"("service":"agent")"));
}

TEST_F(ProgramTest, WhoWaitsForItsEndReadsWhyItFailed) {
  result_ = absl::UnavailableError("no agent answers");
  about_.interactive = true;
  EXPECT_EQ(Start({}), kExitFailed);
  EXPECT_EQ(err_, "agent: no agent answers\n");
}

TEST_F(ProgramTest, TheLogIsSetUpFromTheConfiguration) {
  EXPECT_EQ(Start({"--set", "log.level=LOG_LEVEL_WARNING"}), 0);
  EXPECT_EQ(logging::Level(), logging::Severity::kWarning);
}

TEST(EnvironmentTest, IsThatOfTheProcess) {
  setenv("PROGRAM_TEST_X", "a=b", 1);
  EXPECT_EQ(Environment()["PROGRAM_TEST_X"], "a=b");
}

}  // namespace
}  // namespace u2fi::config
