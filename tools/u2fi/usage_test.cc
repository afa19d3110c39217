// What u2fi says about command lines that are wrong, and that what was there
// before stays.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/file/file.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"
#include "tools/u2fi/program.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class UsageTest : public testing::Test {
 protected:
  int Run(std::vector<const char*> words) {
    words.insert(words.begin(), "u2fi");
    return RunCommandLine(static_cast<int>(words.size()), words.data(),
                          {in_, out_, err_, random_,
                           [this](const Settings&) -> absl::StatusOr<Mesh*> {
                             if (!connect_error_.ok()) return connect_error_;
                             return &mesh_;
                           }});
  }

  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
  FakeRandomSource random_;
  FakeMesh mesh_;
  absl::Status connect_error_;
};

TEST_F(UsageTest, AWordThatIsNoCommandIsNamed) {
  EXPECT_EQ(Run({"devises"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("u2fi: there is no command 'devises'"));
  EXPECT_EQ(Run({"completion", "fish"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("there is no command 'fish'"));
}

TEST_F(UsageTest, AFlagThatIsNoneIsNamed) {
  EXPECT_EQ(Run({"devices", "--nope"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--nope"));
}

TEST_F(UsageTest, InJsonItIsJsonToo) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{"--json", "devises"},
                                             {"-o", "json", "devises"},
                                             {"devices", "--nope", "--json"},
                                             {"--output=json"}}) {
    err_.str("");
    EXPECT_EQ(Run(words), kExitUsage);
    const auto json = nlohmann::json::parse(err_.str(), nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << err_.str();
    EXPECT_EQ(json["error"]["code"], "INVALID_ARGUMENT");
  }
}

TEST_F(UsageTest, AValueThatCannotBeReadIsAWrongCommandLine) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{
           {"run", "cam-1", "camera.on", "--account", "ann", "--approve-within",
            "soon"},
           {"run", "cam-1", "camera.on"},
           {"set-model", "camera", "camera.on"},
           {"set-model", "camera", "camera.on=perhaps"}}) {
    EXPECT_EQ(Run(words), kExitUsage) << words[0] << err_.str();
  }
}

TEST_F(UsageTest, AnEmptyValueIsNotTakenForNone) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{
           {"run", "cam-1", "camera.on", "--break-glass", ""},
           {"run", "cam-1", "camera.on", "--request-id", ""},
           {"run", "cam-1", "camera.on", "--approve-within", ""},
           {"transfer", "cam-1", "--to", "bob", "--token", ""},
           {"audit", "verify", "file", "--rp-id", ""},
           {"audit", "export", "--out", ""}}) {
    err_.str("");
    EXPECT_EQ(Run(words), kExitUsage) << words[0];
    EXPECT_THAT(err_.str(), HasSubstr("empty")) << words[0];
  }
  EXPECT_THAT(mesh_.calls(), IsEmpty());
  EXPECT_EQ(Run({"create-account", "ann", "--name", ""}), 0);
}

TEST_F(UsageTest, ATimeThatCannotPassIsRefusedAndNothingAsked) {
  for (const char* time : {"0s", "-5s", "1ns", "inf", "-inf", "9999999h"}) {
    for (const char* flag : {"--approve-within", "--execute-within"}) {
      EXPECT_EQ(
          Run({"run", "cam-1", "camera.on", "--account", "ann", flag, time}),
          kExitUsage)
          << flag << time;
    }
    EXPECT_EQ(Run({"approvals", "--account", "ann", "--for", time}), kExitUsage)
        << time;
  }
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(UsageTest, OutputThatCannotBeWrittenIsNoSuccess) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{
           {"policy"},
           {"run", "cam-1", "camera.on", "--account", "ann"},
           {"completion", "bash"},
           {"--help"}}) {
    out_.setstate(std::ios::badbit);
    err_.str("");
    EXPECT_EQ(Run(words), kExitRefused) << words[0];
    EXPECT_THAT(err_.str(), HasSubstr("FILE_UNAVAILABLE")) << words[0];
  }
}

TEST_F(UsageTest, NobodyFollowsWhatCannotBeWritten) {
  mesh_.approvals.resize(2);
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(Run({"approvals", "--account", "ann"}), kExitRefused);
  EXPECT_EQ(Run({"watch", "commands/c1"}), kExitRefused);
}

TEST_F(UsageTest, WhatIsNoUtf8IsSaidToBeAndNotSent) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{
           {"devices", "--account", "a\xff"},
           {"get", "\xc0\xaf"},
           {"run", "cam-1", "camera.on", "\xff", "--account", "ann"}}) {
    err_.str("");
    EXPECT_EQ(Run(words), kExitUsage);
    EXPECT_THAT(err_.str(), HasSubstr("is not UTF-8"));
  }
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(UsageTest, ASignInThatIsNoTextIsNotSent) {
  const std::string path = testing::TempDir() + "/no.jwt";
  std::ofstream(path) << "a.b.\xff";
  EXPECT_EQ(Run({"enrol", "--gateway", "g1", "--account", "ann",
                 "--id-token-file", path.c_str()}),
            kExitUsage);
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(UsageTest, EveryCommandThatNeedsAnAccountSaysSoAlike) {
  // Of a service, to a request without one.
  mesh_.error = Error(reason::kInvalidField, "field account: is required");
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{
           {"devices"},
           {"tokens"},
           {"claim", "cam-1"},
           {"provision", "cam-1", "--site", "s", "--gateway", "g1"},
           {"pins", "cam-1"},
           {"transfer", "cam-1", "--to", "bob"},
           {"unbind", "cam-1"},
           {"account"},
           {"enrol", "--gateway", "g1"}}) {
    err_.str("");
    EXPECT_EQ(Run(words), kExitUsage) << words[0];
    EXPECT_THAT(err_.str(), HasSubstr("U2FI_ACCOUNT")) << words[0];
  }
}

TEST_F(UsageTest, AnActOnTheAccountHasAPlaceToTouch) {
  EXPECT_EQ(Run({"account", "--rule", "a.b=touch", "--account", "ann"}),
            kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--gateway"));
  EXPECT_EQ(mesh_.submitted.request_id(), "");
}

TEST_F(UsageTest, AWatchThatBreaksOffIsNoEnd) {
  mesh_.states = {gate::COMMAND_STATE_AWAITING_APPROVAL};
  EXPECT_EQ(Run({"watch", "commands/c1"}), kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("commands/c1 goes on without us"));
  mesh_.states = {gate::COMMAND_STATE_DENIED};
  EXPECT_EQ(Run({"watch", "commands/c1"}), 0);
}

TEST_F(UsageTest, ARecoveryHasItsActsAndItsReason) {
  EXPECT_EQ(Run({"recovery"}), kExitUsage);
  EXPECT_EQ(Run({"recovery", "start", "ann"}), kExitUsage);
  EXPECT_THAT(mesh_.calls(), IsEmpty());
  EXPECT_EQ(Run({"recovery", "start", "ann", "--reason", "lost"}), 0);
  EXPECT_EQ(Run({"recovery", "approve", "r-1"}), 0);
  EXPECT_EQ(Run({"recovery", "cancel", "r-1"}), 0);
  EXPECT_EQ(Run({"recovery", "list"}), 0);
  EXPECT_EQ(mesh_.calls().size(), 4u);
}

TEST_F(UsageTest, MetadataComesFromAFile) {
  EXPECT_EQ(Run({"import-metadata", "/no-such-file"}), kExitRefused);
  EXPECT_THAT(mesh_.calls(), IsEmpty());
  const std::string path = testing::TempDir() + "/blob.jwt";
  std::ofstream(path) << "a.b.c\n";
  EXPECT_EQ(Run({"import-metadata", path.c_str(), "--validate-only"}), 0);
  EXPECT_EQ(mesh_.calls().back(), "ImportMetadata a.b.c validate_only");
}

TEST_F(UsageTest, ACommandsHelpHasItsOwnExamplesAlone) {
  EXPECT_EQ(Run({"provision", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("  u2fi provision cam-1 --site home"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("u2fi backup")));
  out_.str("");
  EXPECT_EQ(Run({"audit", "verify", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("u2fi audit verify audit.jsonl"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("u2fi audit export")));
}

TEST_F(UsageTest, AKeyThatTheAccountDoesNotHaveIsNotAskedFor) {
  mesh_.tokens.emplace_back().add_tokens()->set_name("tokens/tok-1");
  EXPECT_EQ(
      Run({"token", "revoke", "tok-2", "--gateway", "g1", "--account", "ann"}),
      kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("RESOURCE_UNKNOWN: ann has no tokens/"));
  EXPECT_EQ(mesh_.submitted.request_id(), "");
}

TEST_F(UsageTest, TheDoctorTellsOfACertificateThatCannotBeUsed) {
  connect_error_ = absl::InvalidArgumentError("tls.crt: has been over");
  EXPECT_EQ(Run({"doctor"}), kExitRefused);
  EXPECT_THAT(out_.str(), HasSubstr("FAIL  certificate: INVALID_ARGUMENT: "
                                    "tls.crt: has been over"));
  out_.str("");
  EXPECT_EQ(Run({"doctor", "-o", "json"}), kExitRefused);
  EXPECT_THAT(out_.str(), HasSubstr("{\"check\":\"certificate\",\"ok\":"
                                    "false,"));
}

TEST_F(UsageTest, AnEndlessInputIsNotReadToItsEnd) {
  in_.str(std::string((size_t{4} << 20) + 1, '\n'));
  EXPECT_EQ(Run({"import-devices", "-"}), kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("FILE_UNAVAILABLE"));
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(UsageTest, AnAuditThatCannotBeReadIsCalledSoAndNotBroken) {
  const std::string folder = testing::TempDir();
  for (const char* path : {folder.c_str(), "/dev/zero", "/dev/null"}) {
    err_.str("");
    EXPECT_EQ(Run({"audit", "verify", path}), kExitRefused);
    EXPECT_THAT(err_.str(), HasSubstr("FILE_UNAVAILABLE: ")) << path;
  }
}

TEST_F(UsageTest, AnExportThatFailsLeavesTheFormerOne) {
  const std::string path = testing::TempDir() + "/former.jsonl";
  std::ofstream(path) << "former";
  mesh_.error = Error(reason::kCallerNotAllowed, "no");
  EXPECT_EQ(Run({"audit", "export", "--out", path.c_str()}), kExitRefused);
  EXPECT_EQ(ReadFile(path, 100).value(), "former");
  mesh_.error = absl::OkStatus();
  EXPECT_EQ(Run({"audit", "export", "--out", path.c_str()}), 0);
  EXPECT_EQ(ReadFile(path, 100).value(), "");
}

TEST_F(UsageTest, AnExportThatFailsLeavesTheFormerOneBehindALink) {
  const std::string path = testing::TempDir() + "/linked.jsonl";
  const std::string link = testing::TempDir() + "/link.jsonl";
  std::filesystem::remove(link);
  std::filesystem::create_symlink(path, link);
  std::ofstream(path) << "former";
  mesh_.error = Error(reason::kCallerNotAllowed, "no");
  EXPECT_EQ(Run({"audit", "export", "--out", link.c_str()}), kExitRefused);
  EXPECT_EQ(ReadFile(path, 100).value(), "former");
  mesh_.error = absl::OkStatus();
  EXPECT_EQ(Run({"audit", "export", "--out", link.c_str()}), 0);
  EXPECT_EQ(ReadFile(path, 100).value(), "");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
}

TEST_F(UsageTest, AnExportToADeviceReplacesNoDevice) {
  mesh_.records.emplace_back().mutable_header()->set_format(1);
  const std::string link = testing::TempDir() + "/link";
  std::filesystem::remove(link);
  std::filesystem::create_symlink("/dev/null", link);
  EXPECT_EQ(Run({"audit", "export", "--out", link.c_str()}), 0);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_THAT(err_.str(), IsEmpty());
}

}  // namespace
}  // namespace u2fi::cli
