// What an account says about itself, with the touch of its own key: at which
// gateways it approves, and which operations are important to it. Real
// services, real TLS, real U2FHID frames.
#include <memory>
#include <string>

#include "services/common/crypto/p256.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/one_site.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;

// Ann has a key, and a camera at g1.
class AccountTest : public testing::Test {
 protected:
  void SetUp() override {
    ExpectDone(site_.Enrol());
    ExpectDone(site_.Provision());
  }

  static void ExpectDone(const absl::StatusOr<CommandRecord>& ended) {
    ASSERT_OK(ended);
    EXPECT_EQ(ended->state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << ended->ShortDebugString();
  }
  absl::StatusOr<CommandRecord> Act(
      const std::string& operation,
      const google::protobuf::Message& arguments) {
    CommandItem item;
    item.set_device("account:ann");
    item.set_operation(operation);
    item.set_message(proof::Encode(arguments));
    ASSIGN_OR_RETURN(const CommandRecord submitted,
                     site_.Submit(item, proof::v1::PURPOSE_TOKEN, "g1"));
    return site_.Wait(submitted.name());
  }
  absl::StatusOr<CommandRecord> SetRule(const std::string& operation) {
    proof::v1::AccountPolicyArguments arguments;
    arguments.set_format(1);
    proof::v1::OperationRule& rule = *arguments.add_rules();
    rule.set_operation(operation);
    *rule.mutable_rule() = proof::OwnerTouchRule();
    return Act("u2fi.account.policy", arguments);
  }

  OneSite site_;
};

TEST_F(AccountTest, WhatIsImportantToItNeedsATouchFromThenOn) {
  const auto before = site_.Run("device.identify");
  ExpectDone(before);
  EXPECT_EQ(before->approvals_size(), 0);
  ExpectDone(SetRule("device.identify"));
  const auto after = site_.Run("device.identify");
  ExpectDone(after);
  ASSERT_EQ(after->approvals_size(), 1);
  EXPECT_EQ(after->approvals(0).account(), "ann");
}

TEST_F(AccountTest, AnotherGatewayOfItsSiteJoins) {
  std::unique_ptr<rpc::TlsIdentity> tls;
  const auto second = site_.AddGateway("s1", "g2", tls);
  proof::v1::AccountGatewaysArguments arguments;
  arguments.set_format(1);
  *arguments.add_gateways() = site_.Account().gateways(0);
  proof::v1::AccountGateway& added = *arguments.add_gateways();
  added.set_id("g2");
  added.set_channel_key(crypto::ToString(second->key.public_key().SpkiHash()));
  ExpectDone(Act("u2fi.account.gateways", arguments));
  ASSERT_EQ(site_.Account().gateways_size(), 2);
  EXPECT_EQ(site_.Account().gateways(1).id(), "g2");
}

TEST_F(AccountTest, AListThatWasChangedMeanwhileIsRefusedBeforeATouch) {
  proof::v1::AccountGatewaysArguments arguments;
  arguments.set_format(1);
  *arguments.add_gateways() = site_.Account().gateways(0);
  arguments.set_previous(std::string(32, 'x'));
  EXPECT_THAT(Act("u2fi.account.gateways", arguments),
              HasReason(reason::kGatewaysPrevious));
}

TEST_F(AccountTest, ArgumentsThatAreNoneAreRefusedBeforeATouch) {
  CommandItem item;
  item.set_device("account:ann");
  item.set_operation("u2fi.account.policy");
  item.set_message("\xff");
  EXPECT_THAT(site_.Submit(item, proof::v1::PURPOSE_TOKEN, "g1"),
              HasReason(reason::kArgumentsFormat));
}

// The policy before a change gates the change.
class PolicyChangeTest : public AccountTest {
 protected:
  device_registry::v1::Policy Policy() {
    return site_.registry().policies().GetPolicy(olga_, {})->policy();
  }
  void SetPolicy(const device_registry::v1::Policy& policy) {
    device_registry::v1::UpdatePolicyRequest request;
    *request.mutable_policy() = policy;
    ASSERT_OK(site_.registry().policies().UpdatePolicy(olga_, request));
  }
  size_t TouchesToIdentify() {
    const auto ended = site_.Run("device.identify");
    ExpectDone(ended);
    return ended.ok() ? static_cast<size_t>(ended->approvals_size()) : 99;
  }

  const rpc::Caller olga_ = rpc::TestCaller("operator/t1/olga");
};

TEST_F(PolicyChangeTest, AnOperatorAloneMakesItStricterAndNeverLooser) {
  device_registry::v1::Policy policy = Policy();
  proof::v1::OperationRule& rule = *policy.add_rules();
  rule.set_operation("device.identify");
  *rule.mutable_rule() = proof::OwnerTouchRule();
  SetPolicy(policy);
  EXPECT_EQ(TouchesToIdentify(), 1u);
  policy = Policy();
  policy.clear_rules();
  SetPolicy(policy);
  EXPECT_EQ(TouchesToIdentify(), 1u);
  ASSERT_EQ(Policy().pending_size(), 1);
  proof::v1::PolicyChangeArguments arguments;
  arguments.set_format(1);
  arguments.set_resource("policy");
  arguments.set_change(Policy().pending(0).change());
  arguments.add_looser("device.identify=free");
  ExpectDone(Act("u2fi.policy", arguments));
  EXPECT_EQ(Policy().pending_size(), 0);
  EXPECT_EQ(TouchesToIdentify(), 0u);
}

TEST_F(AccountTest, AGatewaysNewKeyHoldsOnceItsOwnerTouched) {
  const crypto::P256PrivateKey next = crypto::P256PrivateKey::Generate();
  device_registry::v1::GetGatewayRequest get;
  get.set_name("gateways/g1");
  const rpc::Caller olga = rpc::TestCaller("operator/t1/olga");
  ASSERT_OK_AND_ASSIGN(const auto present,
                       site_.registry().gateways().GetGateway(olga, get));
  device_registry::v1::ReplaceGatewayKeyRequest replace;
  replace.set_name(get.name());
  replace.set_public_key(next.public_key().Spki());
  replace.set_etag(present.gateway().etag());
  ASSERT_OK(site_.registry().gateway_keys().ReplaceGatewayKey(olga, replace));
  ExpectDone(site_.Run("camera.on"));
  proof::v1::GatewayKeyArguments arguments;
  arguments.set_format(1);
  arguments.set_gateway("g1");
  arguments.set_old_channel_key(present.gateway().channel_key());
  arguments.set_new_point(next.public_key().point());
  ExpectDone(Act("u2fi.gateway.key", arguments));
  // The old key's stream is cut, and it does not come in again.
  CommandItem item;
  item.set_device("cam-1");
  item.set_operation("camera.off");
  absl::Status offline;
  while (!IsReason(offline, reason::kGatewayOffline)) {
    const auto record = site_.Submit(item, proof::v1::PURPOSE_COMMAND);
    offline = record.status();
    if (record.ok()) site_.Wait(record->name()).status().IgnoreError();
  }
  EXPECT_EQ(site_.camera_journal().find("camera.off"), std::string::npos);
}

}  // namespace
}  // namespace u2fi::e2e
