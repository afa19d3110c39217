// A key that speaks CTAP2 and no U2F does all that another key does: it joins,
// is pinned, turns the camera on, and approves acts on the account. Real
// services, real TLS, real CTAPHID frames, a device that verifies by itself.
#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/audit/verify_export.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/one_site.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Ctap2KeyTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(enrolled_, site_.Enrol());
    ASSERT_EQ(enrolled_.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << enrolled_.ShortDebugString();
    key_ = site_.Tokens().begin()->first;
    ASSERT_OK_AND_ASSIGN(const CommandRecord provisioned, site_.Provision());
    ASSERT_EQ(provisioned.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << provisioned.ShortDebugString();
  }
  absl::StatusOr<CommandRecord> Revoke(const std::string& token) {
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(token);
    CommandItem item;
    item.set_device("account:ann");
    item.set_operation("u2fi.token.revoke");
    item.set_message(proof::Encode(arguments));
    ASSIGN_OR_RETURN(const CommandRecord submitted,
                     site_.Submit(item, proof::v1::PURPOSE_TOKEN, "g1"));
    return site_.Wait(submitted.name());
  }
  absl::StatusOr<CommandRecord> SubmitCameraOn() {
    CommandItem item;
    item.set_device("cam-1");
    item.set_operation("camera.on");
    return site_.Submit(item, proof::v1::PURPOSE_COMMAND);
  }

  OneSite site_{{}, KeyKind::kFido2Only};
  CommandRecord enrolled_;
  std::string key_;
};

TEST_F(Ctap2KeyTest, ATouchTurnsTheCameraOn) {
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString();
  EXPECT_EQ(done.result_source(), command_gate::v1::RESULT_SOURCE_DEVICE);
  ASSERT_EQ(done.proof().approvals_size(), 1);
  const std::string& data = done.proof().approvals(0).client_data();
  EXPECT_THAT(data, StartsWith("{\"type\":\"webauthn.get\",\"challenge\":\""));
  EXPECT_THAT(data, EndsWith("\"origin\":\"u2fi:t1/s1/g1\",\"crossOrigin\":"
                             "false}"));
  EXPECT_THAT(site_.camera_journal(), HasSubstr("camera.on"));
}

TEST_F(Ctap2KeyTest, ASignatureOfAnotherKeyDoesNot) {
  site_.TellToken("fault foreign");
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Run("camera.on"));
  EXPECT_NE(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(ended.reason(), "SIGNATURE_INVALID") << ended.ShortDebugString();
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.on")));
}

TEST_F(Ctap2KeyTest, SayingNoStopsTheKey) {
  site_.TellToken("auto off");
  ASSERT_OK_AND_ASSIGN(const CommandRecord submitted, SubmitCameraOn());
  while (!site_.approvals().Decline("", "button")) std::this_thread::yield();
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Wait(submitted.name()));
  EXPECT_EQ(ended.reason(), "DECLINED");
  site_.TellToken("auto on");
  ASSERT_OK_AND_ASSIGN(const CommandRecord next, site_.Run("camera.on"));
  EXPECT_EQ(next.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
}

TEST_F(Ctap2KeyTest, AU2fKeyJoinsWithItsTouchAndTakesItAway) {
  site_.PlugInSecondKey();
  ASSERT_OK_AND_ASSIGN(const CommandRecord joined, site_.Enrol());
  ASSERT_EQ(joined.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << joined.ShortDebugString();
  ASSERT_EQ(joined.proof().approvals_size(), 2);
  EXPECT_THAT(joined.proof().approvals(0).client_data(),
              StartsWith("{\"typ\":"));
  EXPECT_EQ(joined.proof().approvals(1).token_id(), key_);
  EXPECT_THAT(joined.proof().approvals(1).client_data(),
              StartsWith("{\"type\":"));
  ASSERT_OK_AND_ASSIGN(const CommandRecord revoked, Revoke(key_));
  EXPECT_EQ(revoked.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << revoked.ShortDebugString();
  EXPECT_EQ(site_.Tokens()[key_], attestation::v1::TOKEN_STATE_REVOKED);
}

TEST_F(Ctap2KeyTest, ItRevokesAU2fKey) {
  site_.PlugInSecondKey();
  ASSERT_OK_AND_ASSIGN(const CommandRecord joined, site_.Enrol());
  const std::string other = joined.proof().approvals(0).token_id();
  ASSERT_NE(other, key_);
  ASSERT_OK_AND_ASSIGN(const CommandRecord revoked, Revoke(other));
  EXPECT_EQ(revoked.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << revoked.ShortDebugString();
  EXPECT_EQ(site_.Tokens()[other], attestation::v1::TOKEN_STATE_REVOKED);
}

TEST_F(Ctap2KeyTest, ItsTouchesVerifyOffline) {
  ASSERT_OK(site_.Run("camera.on"));
  audit::Anchors anchors;
  ASSERT_OK(anchors.Add(site_.camera_pins()));
  const std::string file = site_.ExportAudit();
  std::istringstream input(file);
  audit::VerifyExportOptions options;
  options.complete = true;
  const audit::ExportReport report =
      VerifyExport(input, anchors, std::move(options));
  EXPECT_FALSE(report.fault.has_value()) << report.fault->why;
  EXPECT_GT(report.verified, 0u);
  EXPECT_EQ(report.unverifiable, 0u);
  const std::string path = testing::TempDir() + "ctap2.jsonl";
  std::ofstream(path, std::ios::binary) << file;
  EXPECT_EQ(
      system(
          absl::StrCat("python3 tests/audit/verify_audit.py ", path).c_str()),
      0);
}

}  // namespace
}  // namespace u2fi::e2e
