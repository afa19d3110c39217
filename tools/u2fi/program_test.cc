#include "tools/u2fi/program.h"

#include <fstream>
#include <sstream>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ProgramTest : public testing::Test {
 protected:
  // Runs u2fi with these words.
  int Run(std::vector<const char*> words) {
    words.insert(words.begin(), "u2fi");
    return RunCommandLine(
        static_cast<int>(words.size()), words.data(),
        {in_, out_, err_, random_,
         [this](const Settings& settings) -> absl::StatusOr<Mesh*> {
           settings_ = settings;
           return &mesh_;
         }});
  }

  // What a device of ann's at home believes.
  static proof::v1::PinSet PinsOfAnn(const char* device) {
    proof::v1::PinSet pins;
    pins.set_device(device);
    pins.set_account("ann");
    pins.set_site("home");
    pins.add_gateways()->set_id("g1");
    pins.add_keys()->set_token_id("t-1");
    pins.mutable_keys(0)->set_account("ann");
    return pins;
  }

  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
  FakeRandomSource random_;
  FakeMesh mesh_;
  Settings settings_;
};

TEST_F(ProgramTest, HelpHasExamplesAndIsNoError) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("u2fi run cam-1 camera.on"));
}

TEST_F(ProgramTest, WithoutACommandItIsAUsageError) {
  EXPECT_EQ(Run({}), kExitUsage);
}

TEST_F(ProgramTest, ApprovalsSayWhatWaitsWhereAndForHowLong) {
  gate::PendingApproval& waiting = mesh_.approvals.emplace_back();
  waiting.set_name("commands/x");
  waiting.set_state(gate::APPROVAL_STATE_ASKED);
  waiting.set_gateway("g1");
  waiting.set_requester("app bob");
  EXPECT_EQ(Run({"approvals", "--account", "ann", "--for", "1m"}), 0);
  EXPECT_THAT(mesh_.calls(), ElementsAre("GetAccount name: \"accounts/ann\"",
                                         "WatchApprovals account: \"ann\""));
  EXPECT_THAT(out_.str(), HasSubstr("ASKED commands/x"));
  EXPECT_THAT(out_.str(), HasSubstr("touch the key at gateway g1 before"));
  EXPECT_THAT(out_.str(), HasSubstr("asked by app bob"));
}

TEST_F(ProgramTest, ApprovalsAreAnAccounts) {
  EXPECT_EQ(Run({"approvals"}), kExitUsage);
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(ProgramTest, WhatKeepsApprovalsFromBeingReadIsAnError) {
  mesh_.error = Error(reason::kPeerUnavailable, "away");
  EXPECT_EQ(Run({"approvals", "--account", "ann"}), kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("PEER_UNAVAILABLE"));
}

TEST_F(ProgramTest, BreakGlassComesWithItsReason) {
  Run({"run", "cam-1", "camera.on", "--account", "ann", "--break-glass",
       "fire"});
  EXPECT_EQ(mesh_.submitted.options().purpose(),
            proof::v1::PURPOSE_BREAK_GLASS);
  EXPECT_EQ(mesh_.submitted.options().break_glass_reason(), "fire");
}

TEST_F(ProgramTest, SubmitIsRunAndNeedNotWait) {
  mesh_.states = {gate::COMMAND_STATE_AWAITING_APPROVAL,
                  gate::COMMAND_STATE_DENIED};
  EXPECT_EQ(Run({"submit", "cam-1", "camera.on", "--account", "ann",
                 "--no-wait", "-o", "json"}),
            0);
  EXPECT_THAT(out_.str(), StartsWith("{\"request_id\":\""));
  EXPECT_EQ(Run({"wait", "c1"}), kExitRefused);
}

TEST_F(ProgramTest, PolicyIsShownWithoutAndChangedWithFlags) {
  EXPECT_EQ(Run({"policy", "--json"}), 0);
  EXPECT_EQ(Run({"policy", "--rule", "door.open=quorum", "--forbid-break-glass",
                 "true"}),
            0);
  ASSERT_EQ(mesh_.calls().size(), 3);
  EXPECT_THAT(mesh_.calls()[2], StartsWith("UpdatePolicy policy { rules {"));
  EXPECT_THAT(mesh_.calls()[2], HasSubstr("forbid_break_glass: true"));
}

TEST_F(ProgramTest, TheDoctorLooksAtEverything) {
  EXPECT_EQ(Run({"doctor", "--account", "ann"}), kExitRefused);
  EXPECT_THAT(out_.str(), HasSubstr("FAIL  keys: NO_CREDENTIALS"));
}

TEST_F(ProgramTest, CompletionKnowsTheProgramsOwnWords) {
  EXPECT_EQ(Run({"completion", "bash"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("'audit export') words='"));
  EXPECT_EQ(settings_.gate, "");
}

TEST_F(ProgramTest, AFormThatIsNoneIsAUsageError) {
  EXPECT_EQ(Run({"devices", "-o", "xml"}), kExitUsage);
}

TEST_F(ProgramTest, AnUnknownFlagIsAUsageError) {
  EXPECT_EQ(Run({"devices", "--colour"}), kExitUsage);
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(ProgramTest, SettingsMayStandBehindTheCommand) {
  EXPECT_EQ(Run({"devices", "--gate", "g:1", "--account", "ann", "--registry",
                 "r:1", "--identity", "/c"}),
            0);
  EXPECT_EQ(settings_.gate, "g:1");
  EXPECT_EQ(settings_.registry, "r:1");
  EXPECT_EQ(settings_.identity, "/c");
  EXPECT_EQ(mesh_.calls()[0], "ListDevices account: \"ann\"");
}

TEST_F(ProgramTest, WhoWaitsForNobodysApprovalsIsTold) {
  mesh_.account_error = Error(reason::kResourceUnknown, "there is none");
  EXPECT_EQ(Run({"approvals", "--account", "an"}), kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("RESOURCE_UNKNOWN"));
}

TEST_F(ProgramTest, RunAsksForADeviceOperation) {
  EXPECT_EQ(Run({"run", "cam-1", "camera.on", "{\"room\":2}", "--account",
                 "ann", "--approve-within", "5s"}),
            0);
  EXPECT_EQ(mesh_.submitted.item().device(), "cam-1");
  EXPECT_EQ(mesh_.submitted.item().json(), "{\"room\":2}");
  EXPECT_EQ(mesh_.submitted.options().approve_within().seconds(), 5);
}

TEST_F(ProgramTest, SeveralDevicesAreOneBatch) {
  gate::BatchRecord& batch =
      *mesh_.batch_changes.emplace_back().mutable_batch();
  batch.set_name("batches/c1");
  batch.set_size(2);
  batch.add_counts()->set_state(gate::COMMAND_STATE_SUCCEEDED);
  batch.mutable_counts(0)->set_count(2);
  EXPECT_EQ(Run({"run", "cam-1,cam-2", "camera.on", "--account", "ann"}), 0);
  EXPECT_EQ(mesh_.submitted_batch.items(0).device(), "cam-1");
  EXPECT_EQ(mesh_.submitted_batch.items(1).device(), "cam-2");
  for (const char* command : {"wait", "get", "watch", "cancel"}) {
    EXPECT_EQ(Run({command, "batches/c1"}), 0) << command;
    EXPECT_THAT(mesh_.calls().back(), HasSubstr("name: \"batches/c1\""));
  }
}

TEST_F(ProgramTest, RunNeedsAnAccount) {
  EXPECT_EQ(Run({"run", "cam-1", "camera.on"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--account"));
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(ProgramTest, ATimeThatIsNoneIsRefused) {
  EXPECT_EQ(Run({"run", "cam-1", "camera.on", "--account", "ann",
                 "--approve-within", "soon"}),
            kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--approve-within"));
}

TEST_F(ProgramTest, ARefusalIsOneLineWithReasonAndAdvice) {
  mesh_.error = Error(reason::kGatewayOffline, "the gateway\nhas no stream",
                      {{"gateway", "g1"}});
  EXPECT_EQ(Run({"run", "cam-1", "camera.on", "--account", "ann"}),
            kExitRefused);
  EXPECT_EQ(err_.str(),
            "u2fi: GATEWAY_OFFLINE: the gateway has no stream (gateway g1). "
            "Retry after the delay, or repair its link.\n");
}

TEST_F(ProgramTest, InJsonARefusalIsAnObject) {
  mesh_.error = Error(reason::kGatewayOffline, "away");
  EXPECT_EQ(Run({"devices", "--json"}), kExitRefused);
  EXPECT_THAT(err_.str(), StartsWith("{\"error\":{"));
  EXPECT_THAT(err_.str(), HasSubstr("\"reason\":\"GATEWAY_OFFLINE\""));
}

TEST_F(ProgramTest, InJsonEachStateIsALine) {
  EXPECT_EQ(Run({"--json", "run", "cam-1", "camera.on", "--account", "ann"}),
            0);
  EXPECT_THAT(out_.str(), StartsWith("{\"request_id\":\""));
  EXPECT_THAT(out_.str(),
              HasSubstr("\n{\"command\":{\"name\":\"commands/c1\","));
}

TEST_F(ProgramTest, AKeyOfTheAccountIsRevokedWithTheTouchOfAnother) {
  mesh_.tokens.emplace_back().add_tokens()->set_name("tokens/tok-1");
  EXPECT_EQ(Run({"token", "revoke", "tokens/tok-1", "--gateway", "g1",
                 "--account", "ann"}),
            0)
      << err_.str();
  EXPECT_EQ(mesh_.submitted.item().operation(), "u2fi.token.revoke");
  EXPECT_EQ(mesh_.submitted.item().device(), "account:ann");
  EXPECT_EQ(mesh_.submitted.options().purpose(), proof::v1::PURPOSE_TOKEN);
  proof::v1::TokenArguments arguments;
  ASSERT_TRUE(arguments.ParseFromString(mesh_.submitted.item().message()));
  EXPECT_EQ(arguments.token_id(), "tok-1");
}

TEST_F(ProgramTest, AnAccountIsShown) {
  mesh_.account.set_name("accounts/ann");
  EXPECT_EQ(Run({"account", "--account", "ann"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("accounts/ann"));
  EXPECT_EQ(mesh_.submitted.request_id(), "");
}

TEST_F(ProgramTest, AChangeOfTheAccountIsAnActOnIt) {
  EXPECT_EQ(Run({"account", "--account", "ann", "--rule", "lamp.on=touch",
                 "--gateway", "g1"}),
            0);
  EXPECT_EQ(mesh_.submitted.options().purpose(), proof::v1::PURPOSE_TOKEN);
  EXPECT_EQ(mesh_.submitted.item().device(), "account:ann");
  EXPECT_EQ(mesh_.submitted.item().operation(), "u2fi.account.policy");
  EXPECT_EQ(mesh_.submitted.options().place().gateway(), "g1");
}

TEST_F(ProgramTest, OnlyKnownActsOnKeysAreTaken) {
  EXPECT_EQ(
      Run({"token", "explode", "tok-1", "--gateway", "g1", "--account", "ann"}),
      kExitUsage);
}

TEST_F(ProgramTest, ARecoveryKeyIsEnrolledAsOne) {
  EXPECT_EQ(Run({"enrol", "--gateway", "g1", "--account", "ann", "--recovery"}),
            0);
  EXPECT_TRUE(mesh_.submitted.options().enrol().recovery());
}

TEST_F(ProgramTest, TheSignInComesFromAFile) {
  const std::string file = testing::TempDir() + "/sign-in.jwt";
  std::ofstream(file) << "a.b.c\n";
  EXPECT_EQ(Run({"enrol", "--gateway", "g1", "--account", "ann",
                 "--id-token-file", file.c_str()}),
            0);
  EXPECT_EQ(mesh_.submitted.options().id_token(), "a.b.c");
}

TEST_F(ProgramTest, EnrolIsAnActOnTheAccountAtAGateway) {
  EXPECT_EQ(Run({"enrol", "--gateway", "g1", "--account", "ann", "--label",
                 "blue key"}),
            0);
  EXPECT_EQ(mesh_.submitted.item().device(), "account:ann");
  EXPECT_EQ(mesh_.submitted.item().operation(), "u2fi.enrol");
  EXPECT_EQ(mesh_.submitted.options().purpose(), proof::v1::PURPOSE_ENROL);
  EXPECT_EQ(mesh_.submitted.options().enrol().label(), "blue key");
}

TEST_F(ProgramTest, ProvisionSubmitsExactlyThePlannedPinSet) {
  const proof::v1::PinSet pins = PinsOfAnn("cam-1");
  mesh_.plan.add_plans()->set_pin_set(pins.SerializeAsString());
  EXPECT_EQ(Run({"provision", "cam-1", "--site", "home", "--gateway", "g1",
                 "--account", "ann"}),
            0);
  EXPECT_EQ(mesh_.submitted.item().message(), pins.SerializeAsString());
  EXPECT_EQ(mesh_.submitted.options().purpose(), proof::v1::PURPOSE_PROVISION);
  EXPECT_THAT(out_.str(), HasSubstr("cam-1 will believe key t-1"));
}

TEST_F(ProgramTest, TheOwnerIsAskedWhichOperationsAreImportant) {
  proof::v1::PinSet pins = PinsOfAnn("lamp-1");
  for (const char* operation : {"lamp.on", "lamp.off"}) {
    proof::v1::OperationRule& rule = *pins.add_rules();
    rule.set_operation(operation);
    rule.mutable_rule()->set_kind(proof::v1::RULE_KIND_FREE);
  }
  mesh_.plan.add_plans()->set_pin_set(pins.SerializeAsString());
  in_.str("lamp.off\n");
  EXPECT_EQ(Run({"provision", "lamp-1", "--site", "home", "--gateway", "g1",
                 "--account", "ann", "--ask", "--rule", "lamp.dim=touch"}),
            kExitRefused);
  // The registry of the tests heeds no wish.
  EXPECT_THAT(err_.str(), HasSubstr("a looser rule for lamp.off"));
  EXPECT_THAT(out_.str(), HasSubstr("free     lamp.on lamp.off\n"));
  EXPECT_THAT(mesh_.calls()[0], HasSubstr("operation: \"lamp.dim\""));
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("operation: \"lamp.off\""));
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("operation: \"lamp.dim\""));
}

TEST_F(ProgramTest, ProvisionWantsOnePlanForOneDevice) {
  EXPECT_EQ(Run({"provision", "cam-1", "--site", "home", "--gateway", "g1",
                 "--account", "ann"}),
            kExitRefused);
}

TEST_F(ProgramTest, PinsAreChangedFromWhatTheDeviceBelieves) {
  proof::v1::PinSet pins = PinsOfAnn("cam-1");
  proof::v1::OperationRule& rule = *pins.add_rules();
  rule.set_operation("camera.on");
  rule.mutable_rule()->set_kind(proof::v1::RULE_KIND_FORBIDDEN);
  mesh_.plan.add_plans()->set_pin_set(pins.SerializeAsString());
  EXPECT_EQ(Run({"pins", "cam-1", "--rule", "camera.on=forbidden", "--account",
                 "ann"}),
            0)
      << err_.str();
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("replace_rules: true"));
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("operation: \"camera.on\""));
  EXPECT_EQ(mesh_.submitted.item().operation(), "u2fi.pins");
  EXPECT_EQ(mesh_.submitted.item().message(), pins.SerializeAsString());
  EXPECT_EQ(mesh_.submitted.options().purpose(), proof::v1::PURPOSE_PINS);
}

TEST_F(ProgramTest, UnbindNamesThePinSetThatEnds) {
  proof::v1::PinSet pins = PinsOfAnn("cam-1");
  pins.set_previous(std::string(32, 'p'));
  mesh_.plan.add_plans()->set_pin_set(pins.SerializeAsString());
  EXPECT_EQ(Run({"unbind", "cam-1", "--account", "ann"}), 0) << err_.str();
  EXPECT_EQ(mesh_.submitted.item().operation(), "u2fi.unbind");
  EXPECT_EQ(mesh_.submitted.options().purpose(), proof::v1::PURPOSE_UNBIND);
  proof::v1::UnbindArguments arguments;
  ASSERT_TRUE(arguments.ParseFromString(mesh_.submitted.item().message()));
  EXPECT_EQ(arguments.pins_hash(), std::string(32, 'p'));
}

TEST_F(ProgramTest, TransferAsksForThePinSetOfTheNewOwner) {
  proof::v1::PinSet pins;
  pins.set_device("cam-1");
  pins.set_account("bob");
  mesh_.plan.add_plans()->set_pin_set(pins.SerializeAsString());
  mesh_.plan.set_evidence("enrolments");
  EXPECT_EQ(Run({"transfer", "cam-1", "--to", "bob", "--token", "tokens/t2",
                 "--account", "ann"}),
            0)
      << err_.str();
  EXPECT_THAT(mesh_.calls()[0], AllOf(HasSubstr("PURPOSE_TRANSFER"),
                                      HasSubstr("account: \"bob\""),
                                      HasSubstr("token_id: \"t2\"")));
  EXPECT_EQ(mesh_.submitted.item().operation(), "u2fi.pins");
  EXPECT_EQ(mesh_.submitted.item().message(), pins.SerializeAsString());
  EXPECT_EQ(mesh_.submitted.options().purpose(), proof::v1::PURPOSE_TRANSFER);
  EXPECT_EQ(mesh_.submitted.options().on_behalf_of(), "ann");
  EXPECT_THAT(out_.str(), HasSubstr("gives    cam-1 to bob"));
}

TEST_F(ProgramTest, ATransferToSomebodyElseIsNotAskedFor) {
  mesh_.plan.add_plans()->set_pin_set(PinsOfAnn("cam-1").SerializeAsString());
  EXPECT_EQ(Run({"transfer", "cam-1", "--to", "bob", "--account", "ann"}),
            kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("COMMAND_MISMATCH"));
  EXPECT_FALSE(mesh_.submitted.has_item());
}

TEST_F(ProgramTest, PinsThatAreNoneAskNobody) {
  mesh_.plan.add_plans()->set_pin_set(PinsOfAnn("cam-1").SerializeAsString());
  EXPECT_EQ(
      Run({"pins", "cam-1", "--rule", "camera.on=loud", "--account", "ann"}),
      kExitUsage);
  EXPECT_FALSE(mesh_.submitted.has_item());
}

TEST_F(ProgramTest, CommandsAreNamedWithOrWithoutTheirCollection) {
  EXPECT_EQ(Run({"get", "c1"}), 0);
  EXPECT_EQ(Run({"cancel", "commands/c1", "--account", "ann"}), 0);
  EXPECT_THAT(
      mesh_.calls(),
      ElementsAre("GetCommand name: \"commands/c1\" view: COMMAND_VIEW_BASIC",
                  "CancelCommand name: \"commands/c1\" on_behalf_of: \"ann\""));
}

TEST_F(ProgramTest, ASignInGoesWithACancellation) {
  const std::string file = testing::TempDir() + "/cancel.jwt";
  std::ofstream(file) << "a.b.c\n";
  EXPECT_EQ(Run({"cancel", "c1", "--id-token-file", file.c_str()}), 0);
  EXPECT_THAT(mesh_.calls(),
              ElementsAre("CancelCommand name: \"commands/c1\" id_token: "
                          "\"a.b.c\""));
}

TEST_F(ProgramTest, DevicesComeFromTheStandardInput) {
  in_.str(
      "{\"device\":\"cam-1\",\"model\":\"camera\",\"kit\":true,"
      "\"factory_key\":\"BAEC\"}\n");
  EXPECT_EQ(Run({"import-devices", "-"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("devices/cam-1"));
}

TEST_F(ProgramTest, AnAuditIsVerifiedWithoutTheMesh) {
  const std::string path = testing::TempDir() + "/none.jsonl";
  EXPECT_EQ(Run({"audit", "verify", path.c_str()}), kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("FILE_NOT_FOUND"));
  EXPECT_EQ(settings_.gate, "");
}

TEST_F(ProgramTest, AnAuditIsExportedToAFile) {
  mesh_.records.emplace_back().mutable_header()->set_format(1);
  const std::string path = testing::TempDir() + "/export.jsonl";
  EXPECT_EQ(Run({"audit", "export", "--out", path.c_str()}), 0);
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "{\"type\":\"start\",\"format\":\"u2fi-audit/1\"}");
}

TEST_F(ProgramTest, ABackupOfRedisIsAskedForByItsUrl) {
  EXPECT_EQ(Run({"backup", "redis://ops:secret@h:6379", "file"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--password-file"));
  EXPECT_THAT(err_.str(), Not(HasSubstr("secret")));
}

TEST_F(ProgramTest, ARestoreToRedisNeedsABackup) {
  EXPECT_EQ(Run({"restore", "/no-such-file", "redis://127.0.0.1:1"}),
            kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("there is no /no-such-file"));
}

}  // namespace
}  // namespace u2fi::cli
