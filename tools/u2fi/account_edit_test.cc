#include "tools/u2fi/account_edit.h"

#include "gmock/gmock.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/rules.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AccountEditTest : public testing::Test {
 protected:
  AccountEditTest() {
    account_.set_name("accounts/ann");
    account_.set_gateways_hash(std::string(32, 'h'));
    account_.add_gateways()->set_id("g1");
    account_.add_keys()->set_token_id("tok-1");
    proof::v1::OperationRule& rule = *account_.add_rules();
    rule.set_operation("camera.on");
    *rule.mutable_rule() = proof::TouchRule();
  }
  AccountChange Change() {
    const auto change = ChangeFor(edit_, account_, mesh_);
    EXPECT_OK(change);
    return change.ok() ? *change : AccountChange();
  }

  registry::Account account_;
  AccountEdit edit_;
  FakeMesh mesh_;
};

TEST_F(AccountEditTest, PeopleSeeGatewaysKeysAndRules) {
  EXPECT_EQ(AccountText(account_),
            "accounts/ann\ngateway  g1\nkey      tok-1 (may not approve now)\n"
            "rule     camera.on touch");
}

TEST_F(AccountEditTest, PeopleSeeWhatAKeyIsGoodFor) {
  account_.mutable_keys(0)->set_lease_site("hotel");
  EXPECT_THAT(AccountText(account_), HasSubstr("(for leases at hotel only)"));
  account_.mutable_keys(0)->set_recovery(true);
  EXPECT_THAT(AccountText(account_), HasSubstr("(kept for recovery)"));
}

TEST_F(AccountEditTest, TheNewRulesAscend) {
  edit_.rules = {"lamp.on=touch", "bulb.on=quorum"};
  const AccountChange change = Change();
  EXPECT_EQ(change.operation, "u2fi.account.policy");
  proof::v1::AccountPolicyArguments arguments;
  ASSERT_TRUE(arguments.ParseFromString(change.message));
  ASSERT_EQ(arguments.rules_size(), 3);
  EXPECT_EQ(arguments.rules(0).operation(), "bulb.on");
  EXPECT_EQ(arguments.rules(1).operation(), "camera.on");
}

TEST_F(AccountEditTest, ARuleThatIsNotThereCannotBeDropped) {
  edit_.drop_rules = {"camera.off"};
  EXPECT_THAT(ChangeFor(edit_, account_, mesh_),
              HasReason(reason::kInvalidField));
}

TEST_F(AccountEditTest, TheNewGatewaysComeWithTheirKeysAndNameTheOldList) {
  edit_.gateways = {"g2", "g1", "g2"};
  const AccountChange change = Change();
  EXPECT_EQ(change.operation, "u2fi.account.gateways");
  proof::v1::AccountGatewaysArguments arguments;
  ASSERT_TRUE(arguments.ParseFromString(change.message));
  ASSERT_EQ(arguments.gateways_size(), 2);
  EXPECT_EQ(arguments.gateways(0).id(), "g1");
  EXPECT_EQ(arguments.gateways(0).channel_key(), "gateways/g1");
  EXPECT_EQ(arguments.previous(), account_.gateways_hash());
}

TEST_F(AccountEditTest, TheKeyThatWaitsIsAgreedTo) {
  const crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  mesh_.pending_key = key.public_key().Spki();
  edit_.gateway_key = "g1";
  const AccountChange change = Change();
  EXPECT_EQ(change.operation, "u2fi.gateway.key");
  proof::v1::GatewayKeyArguments arguments;
  ASSERT_TRUE(arguments.ParseFromString(change.message));
  EXPECT_EQ(arguments.gateway(), "g1");
  EXPECT_EQ(arguments.old_channel_key(), "gateways/g1");
  EXPECT_EQ(arguments.new_point(), key.public_key().point());
}

TEST_F(AccountEditTest, WithoutAKeyThatWaitsThereIsNothingToAgreeTo) {
  edit_.gateway_key = "g1";
  EXPECT_THAT(ChangeFor(edit_, account_, mesh_),
              HasReason(reason::kInvalidField));
  EXPECT_FALSE(edit_.Empty());
}

TEST_F(AccountEditTest, AChangeOfPolicyThatWaitsIsAgreedTo) {
  registry::PolicyChange& waits = *mesh_.policy.add_pending();
  waits.set_resource("models/camera");
  waits.set_change(std::string(32, 'c'));
  waits.add_looser("camera.on=free");
  edit_.policy_change = "models/camera";
  const AccountChange change = Change();
  EXPECT_EQ(change.operation, "u2fi.policy");
  proof::v1::PolicyChangeArguments arguments;
  ASSERT_TRUE(arguments.ParseFromString(change.message));
  EXPECT_EQ(arguments.resource(), "models/camera");
  EXPECT_EQ(arguments.change(), waits.change());
  EXPECT_THAT(arguments.looser(), ElementsAre("camera.on=free"));
}

TEST_F(AccountEditTest, WithoutAChangeThatWaitsThereIsNothingToAgreeTo) {
  edit_.policy_change = "policy";
  EXPECT_FALSE(edit_.Empty());
  EXPECT_THAT(ChangeFor(edit_, account_, mesh_),
              HasReason(reason::kInvalidField));
}

TEST_F(AccountEditTest, AKeyAndAListAreTwoTouches) {
  edit_.gateway_key = "g1";
  edit_.gateways = {"g1"};
  EXPECT_THAT(ChangeFor(edit_, account_, mesh_),
              HasReason(reason::kInvalidField));
}

TEST_F(AccountEditTest, BothAtOnceAreTwoTouches) {
  edit_.rules = {"lamp.on=touch"};
  edit_.gateways = {"g1"};
  EXPECT_THAT(ChangeFor(edit_, account_, mesh_),
              HasReason(reason::kInvalidField));
}

TEST_F(AccountEditTest, AGatewayThatCannotBeReadIsAnError) {
  edit_.gateways = {"g1"};
  mesh_.error = Error(reason::kResourceUnknown, "there is none");
  EXPECT_THAT(ChangeFor(edit_, account_, mesh_),
              HasReason(reason::kResourceUnknown));
}

}  // namespace
}  // namespace u2fi::cli
