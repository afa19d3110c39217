#include "tools/u2fi/records.h"

#include <sstream>

#include "gtest/gtest.h"
#include "services/common/crypto/p256.h"
#include "services/common/crypto/pem.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kCamera[] =
    R"({"device":"cam-1","model":"camera","kit":true,"factory_key":"BAEC"})";

class RecordsTest : public testing::Test {
 protected:
  static std::string PublicPem() {
    return crypto::ToPem(
        "PUBLIC KEY", crypto::P256PrivateKey::Generate().public_key().Spki());
  }

  FakeMesh mesh_;
  FakeRandomSource random_;
  std::ostringstream said_;
  Output output_{said_, false};
  Records records_{mesh_, random_, output_};
};

TEST_F(RecordsTest, AnAccountHasItsIdAndName) {
  EXPECT_OK(records_.CreateAccount("ann", "Ann"));
  EXPECT_EQ(mesh_.calls()[0],
            "CreateAccount account_id: \"ann\" account { display_name: \"Ann\" "
            "}");
  EXPECT_EQ(said_.str(), "accounts/ann\n");
}

TEST_F(RecordsTest, ASiteHasAnOwner) {
  EXPECT_OK(records_.CreateSite("home", "ann", ""));
  EXPECT_THAT(mesh_.calls()[0], HasSubstr("owner: \"ann\""));
}

TEST_F(RecordsTest, AGatewayWithoutAKeyIsNotSent) {
  EXPECT_THAT(records_.CreateGateway("g1", "home", "nothing"),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(RecordsTest, AnotherKeyOfAGatewayGoesUnderItsEtag) {
  const std::string pem = crypto::P256PrivateKey::Generate().ToPem();
  EXPECT_THAT(records_.ReplaceGatewayKey("g1", pem),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(mesh_.calls(), IsEmpty());
  EXPECT_OK(records_.ReplaceGatewayKey("g1", PublicPem()));
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("etag: \"7\""));
  EXPECT_THAT(said_.str(), HasSubstr("it holds at once"));
}

TEST_F(RecordsTest, AnotherKeyMayWaitForTheSitesOwner) {
  mesh_.pending_key = "key";
  EXPECT_OK(records_.ReplaceGatewayKey("g1", PublicPem()));
  EXPECT_THAT(said_.str(), HasSubstr("u2fi account --gateway-key g1"));
}

TEST_F(RecordsTest, ANewModelHasNoEtag) {
  EXPECT_OK(records_.SetModel("camera", {"camera.on=touch"}, false));
  EXPECT_THAT(mesh_.calls()[0], HasSubstr("operation: \"camera.on\""));
  EXPECT_THAT(mesh_.calls()[0], Not(HasSubstr("etag")));
}

TEST_F(RecordsTest, AModelThatIsThereIsReplacedUnderItsEtag) {
  mesh_.model.set_name("models/camera");
  mesh_.model.set_etag("7");
  EXPECT_OK(records_.SetModel("camera", {"camera.on=touch"}, false));
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("etag: \"7\""));
}

TEST_F(RecordsTest, AModelThatWaitsForTouchesSaysSoInJsonToo) {
  mesh_.policy.add_pending()->set_resource("models/camera");
  Output json(said_, true);
  EXPECT_OK(
      Records(mesh_, random_, json).SetModel("camera", {"a.b=free"}, false));
  EXPECT_THAT(said_.str(),
              HasSubstr("\"waits\":{\"resource\":\"models/camera\"}}"));
}

TEST_F(RecordsTest, ARuleThatIsNoneChangesNothing) {
  EXPECT_THAT(records_.SetModel("camera", {"camera.on=maybe"}, false),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(RecordsTest, ThePolicyIsShownForPeople) {
  mesh_.policy.set_forbid_break_glass(true);
  EXPECT_OK(records_.ShowPolicy());
  EXPECT_THAT(said_.str(), HasSubstr("may not approve his own"));
  EXPECT_THAT(said_.str(), HasSubstr("break-glass  forbidden"));
}

TEST_F(RecordsTest, WhatWaitsIsShownWithTheWayToAgree) {
  registry::PolicyChange& waits = *mesh_.policy.add_pending();
  waits.set_resource("policy");
  waits.add_looser("door.open=touch");
  waits.add_agreements()->set_account("ann");
  EXPECT_OK(records_.ShowPolicy());
  EXPECT_THAT(said_.str(), HasSubstr("waits    policy: door.open=touch"));
  EXPECT_THAT(said_.str(), HasSubstr("ann agreed"));
  EXPECT_THAT(said_.str(), HasSubstr("u2fi account --agree policy"));
}

TEST_F(RecordsTest, GuardiansAreTheWholeNewList) {
  mesh_.policy.add_guardians("ann");
  PolicyEdit edit;
  edit.guardians = {"bob", "eve"};
  EXPECT_FALSE(edit.Empty());
  EXPECT_OK(records_.ChangePolicy(edit));
  EXPECT_THAT(said_.str(), HasSubstr("guardians  bob eve"));
}

TEST_F(RecordsTest, WhatAPolicyEditDoesNotNameStays) {
  mesh_.policy.set_etag("3");
  mesh_.policy.set_allow_self_approval(true);
  mesh_.policy.add_rules()->set_operation("door.open");
  mesh_.policy.add_rules()->set_operation("lamp.on");
  PolicyEdit edit;
  edit.rules = {"door.open=quorum"};
  edit.drop_rules = {"lamp.on"};
  edit.forbid_break_glass = true;
  EXPECT_OK(records_.ChangePolicy(edit));
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("etag: \"3\""));
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("allow_self_approval: true"));
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("forbid_break_glass: true"));
  EXPECT_THAT(said_.str(), HasSubstr("rule     door.open quorum"));
  EXPECT_THAT(said_.str(), Not(HasSubstr("lamp.on")));
}

TEST_F(RecordsTest, APolicyEditThatIsNoneChangesNothing) {
  PolicyEdit edit;
  edit.drop_rules = {"lamp.on"};
  EXPECT_THAT(records_.ChangePolicy(edit), HasReason(reason::kInvalidField));
  edit.drop_rules.clear();
  edit.rules = {"lamp.on=loud"};
  EXPECT_THAT(records_.ChangePolicy(edit), HasReason(reason::kInvalidField));
  EXPECT_THAT(mesh_.calls(), SizeIs(2));
}

TEST_F(RecordsTest, DevicesAreImportedTogether) {
  EXPECT_OK(records_.ImportDevices(std::string(kCamera) + "\n\n" +
                                   R"({"device":"b","factory_key":"BAED"})"));
  ASSERT_THAT(mesh_.calls(), SizeIs(1));
  EXPECT_THAT(mesh_.calls()[0], HasSubstr("device_id: \"cam-1\""));
  EXPECT_THAT(mesh_.calls()[0], HasSubstr("kit: true"));
  EXPECT_THAT(mesh_.calls()[0], HasSubstr("device_id: \"b\""));
}

TEST_F(RecordsTest, OneBadLineStopsTheImport) {
  for (const char* line : {"{", "[]", "{\"device\":\"b\"}",
                           R"({"device":"b","factory_key":"?"})"}) {
    EXPECT_THAT(records_.ImportDevices(std::string(kCamera) + "\n" + line),
                HasReason(reason::kInvalidField));
  }
  EXPECT_THAT(mesh_.calls(), IsEmpty());
}

TEST_F(RecordsTest, EveryPageOfDevicesIsListed) {
  mesh_.devices.resize(2);
  mesh_.devices[0].add_devices()->set_name("devices/a");
  mesh_.devices[0].set_next_page_token("more");
  mesh_.devices[1].add_devices()->set_name("devices/b");
  EXPECT_OK(records_.Devices("ann"));
  EXPECT_THAT(said_.str(), HasSubstr("devices/a"));
  EXPECT_THAT(said_.str(), HasSubstr("devices/b"));
  EXPECT_THAT(mesh_.calls()[1], HasSubstr("page_token: \"more\""));
}

TEST_F(RecordsTest, WhoHasNothingIsToldSo) {
  EXPECT_OK(records_.Devices("ann"));
  EXPECT_OK(records_.Tokens("ann"));
  EXPECT_THAT(said_.str(), HasSubstr("ann has no devices"));
  EXPECT_THAT(said_.str(), HasSubstr("ann has no keys"));
}

TEST_F(RecordsTest, ButNotWhoIsNotThere) {
  mesh_.account_error = Error(reason::kResourceUnknown, "there is none");
  EXPECT_THAT(records_.Devices("an"), HasReason(reason::kResourceUnknown));
  EXPECT_THAT(records_.Tokens("an"), HasReason(reason::kResourceUnknown));
  EXPECT_EQ(said_.str(), "");
}

TEST_F(RecordsTest, NothingIsNoLineOfJson) {
  Output json(said_, true);
  EXPECT_OK(Records(mesh_, random_, json).Devices("ann"));
  EXPECT_EQ(said_.str(), "");
}

TEST_F(RecordsTest, ALabelIsNoLineOfItsOwn) {
  attestation::Token& token = *mesh_.tokens.emplace_back().add_tokens();
  token.set_name("tokens/t-1");
  token.set_label("mine\ntokens/t-2  ACTIVE\u202e");
  EXPECT_OK(records_.Tokens("ann"));
  EXPECT_THAT(said_.str(), HasSubstr("mine?tokens/t-2  ACTIVE?\n"));
}

TEST_F(RecordsTest, TokensAreListed) {
  attestation::Token& token = *mesh_.tokens.emplace_back().add_tokens();
  token.set_name("tokens/t1");
  token.set_state(attestation::TOKEN_STATE_QUARANTINED);
  EXPECT_OK(records_.Tokens("ann"));
  EXPECT_THAT(said_.str(), HasSubstr("tokens/t1  QUARANTINED"));
}

TEST_F(RecordsTest, AClaimGoesWithItsCode) {
  EXPECT_OK(records_.Claim("cam-1", "ann", "1234"));
  EXPECT_THAT(mesh_.calls()[0], HasSubstr("name: \"devices/cam-1\""));
  EXPECT_THAT(mesh_.calls()[0], HasSubstr("claim_code: \"1234\""));
}

TEST_F(RecordsTest, ARefusalComesBackAsItIs) {
  mesh_.error = Error(reason::kCallerNotAllowed, "no");
  EXPECT_THAT(records_.CreateAccount("ann", ""),
              HasReason(reason::kCallerNotAllowed));
  EXPECT_THAT(records_.SetModel("camera", {"camera.on=touch"}, false),
              HasReason(reason::kCallerNotAllowed));
}

}  // namespace
}  // namespace u2fi::cli
