#include "services/device-registry/resolver.h"

#include "gmock/gmock.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

class ResolverTest : public RegistryTestCase {
 protected:
  absl::StatusOr<v1::ResolveResponse> Resolve(
      const v1::ResolveRequest& request) {
    return core_->resolver().Resolve(gate_, request);
  }

  void ExpectRefused(const v1::ResolveRequest& request, const Reason& reason) {
    EXPECT_THAT(Resolve(request), HasReason(reason));
  }

  v1::ResolveRequest ProvisionRequest() {
    v1::ResolveRequest request = ResolveRequest("u2fi.pins");
    request.set_purpose(proof::v1::PURPOSE_PROVISION);
    request.set_approver_gateway("gw-1");
    return request;
  }

  static v1::ResolveRequest EnrolResolveRequest() {
    v1::ResolveRequest request;
    request.set_tenant("acme");
    request.set_on_behalf_of("alice");
    request.set_purpose(proof::v1::PURPOSE_ENROL);
    request.set_approver_gateway("gw-1");
    v1::ResolveItem& item = *request.add_items();
    item.set_device("account:alice");
    item.set_operation("u2fi.enrol");
    return request;
  }

  void SetPolicy(const std::string& operation, const proof::v1::Rule& rule) {
    v1::UpdatePolicyRequest request;
    request.mutable_policy()->set_etag(
        core_->policies().GetPolicy(operator_, {})->policy().etag());
    proof::v1::OperationRule& entry = *request.mutable_policy()->add_rules();
    entry.set_operation(operation);
    *entry.mutable_rule() = rule;
    ASSERT_OK(core_->policies().UpdatePolicy(operator_, request));
  }

  void Suspend(const std::string& gateway) {
    v1::SuspendGatewayRequest request;
    request.set_name("gateways/" + gateway);
    ASSERT_OK(core_->gateways().SuspendGateway(operator_, request));
  }
};

TEST_F(ResolverTest, SaysWhatHoldsForABoundDevice) {
  MakeBoundWorld();
  ASSERT_OK_AND_ASSIGN(const auto resolved,
                       Resolve(ResolveRequest("door.unlock")));
  ASSERT_EQ(resolved.items_size(), 1);
  const v1::ResolvedItem& item = resolved.items(0);
  EXPECT_EQ(item.device(), "lock-1");
  EXPECT_EQ(item.operation(), "door.unlock");
  EXPECT_EQ(item.requester_roles(),
            static_cast<uint32_t>(proof::v1::KEY_ROLE_OWNER));
  EXPECT_EQ(item.account(), "alice");
  EXPECT_EQ(item.site(), "home");
  EXPECT_EQ(item.gateway(), "gw-1");
  EXPECT_TRUE(item.kit());
  EXPECT_EQ(item.device_point(), device_key_.public_key().point());
  EXPECT_EQ(proof::PresetName(item.rule()), "TOUCH");
  EXPECT_OK(proof::PinSet::Parse(item.pin_set()));
}

TEST_F(ResolverTest, GivesTheGatewayThatExecutes) {
  MakeBoundWorld();
  ASSERT_OK_AND_ASSIGN(const auto resolved,
                       Resolve(ResolveRequest("door.unlock")));
  ASSERT_EQ(resolved.gateways_size(), 1);
  EXPECT_EQ(resolved.gateways(0).gateway(), "gw-1");
  EXPECT_EQ(resolved.gateways(0).site(), "home");
  EXPECT_EQ(resolved.gateways(0).channel_key(), site_.gw1.ChannelKey());
  EXPECT_EQ(resolved.gateways(0).site_owner(), "alice");
  EXPECT_EQ(resolved.gateways(0).state(), v1::GATEWAY_STATE_ACTIVE);
}

TEST_F(ResolverTest, FreeIsFreeOnlyIfEverybodySaysSo) {
  MakeBoundWorld();
  EXPECT_EQ(
      proof::PresetName(Resolve(ResolveRequest("lamp.on"))->items(0).rule()),
      "FREE");
  SetPolicy("lamp.on", proof::TouchUvRule());
  EXPECT_EQ(
      proof::PresetName(Resolve(ResolveRequest("lamp.on"))->items(0).rule()),
      "TOUCH_UV");
}

TEST_F(ResolverTest, AMakerCannotFreeWhatTheDevicePinned) {
  MakeBoundWorld();
  v1::UpdateModelRequest request;
  request.mutable_model()->set_name("models/lock");
  request.mutable_model()->set_etag("1");
  v1::ModelOperation& entry = *request.mutable_model()->add_operations();
  entry.set_operation("camera.on");
  *entry.mutable_rule() = proof::FreeRule();
  ASSERT_OK(core_->policies().UpdateModel(operator_, request));
  ASSERT_OK_AND_ASSIGN(const auto resolved,
                       Resolve(ResolveRequest("camera.on")));
  EXPECT_EQ(resolved.items(0).rule().SerializeAsString(),
            proof::OwnerTouchRule().SerializeAsString());
}

TEST_F(ResolverTest, GivesTheSameRuleByteForByte) {
  MakeBoundWorld();
  ASSERT_OK_AND_ASSIGN(const auto first,
                       Resolve(ResolveRequest("door.unlock")));
  RestartCore();
  ASSERT_OK_AND_ASSIGN(const auto second,
                       Resolve(ResolveRequest("door.unlock")));
  EXPECT_EQ(first.items(0).rule().SerializeAsString(),
            second.items(0).rule().SerializeAsString());
}

TEST_F(ResolverTest, TellsWhichFieldsAreSecret) {
  MakeBoundWorld();
  v1::UpdateModelRequest request;
  request.mutable_model()->set_name("models/lock");
  request.mutable_model()->set_etag("1");
  v1::ModelOperation& entry = *request.mutable_model()->add_operations();
  entry.set_operation("door.unlock");
  entry.add_secret_fields("pin");
  ASSERT_OK(core_->policies().UpdateModel(operator_, request));
  EXPECT_THAT(Resolve(ResolveRequest("door.unlock"))->items(0).secret_fields(),
              testing::ElementsAre("pin"));
}

TEST_F(ResolverTest, NeedsNoStoreForWhatItKnows) {
  MakeBoundWorld();
  // Events that are still on their way would make it read again.
  memory_.FlushHints();
  ASSERT_OK(Resolve(ResolveRequest("door.unlock")));
  store_.SetAway(true);
  EXPECT_OK(Resolve(ResolveRequest("lamp.on")));
}

TEST_F(ResolverTest, SeesOwnChangesAtOnce) {
  MakeBoundWorld();
  ASSERT_OK(Resolve(ResolveRequest("door.unlock")));
  Suspend("gw-1");
  ExpectRefused(ResolveRequest("door.unlock"), reason::kGatewayNotActive);
}

TEST_F(ResolverTest, HearsOfChangesByAnotherReplica) {
  MakeBoundWorld();
  ASSERT_OK(Resolve(ResolveRequest("door.unlock")));
  v1::SuspendGatewayRequest request;
  request.set_name("gateways/gw-1");
  ASSERT_OK(NewReplica()->core.gateways().SuspendGateway(operator_, request));
  memory_.FlushHints();
  ExpectRefused(ResolveRequest("door.unlock"), reason::kGatewayNotActive);
}

TEST_F(ResolverTest, NoticesAChangeWithoutHearingOfItWithinFiveSeconds) {
  MakeBoundWorld();
  ASSERT_OK(Resolve(ResolveRequest("door.unlock")));
  v1::SuspendGatewayRequest request;
  request.set_name("gateways/gw-1");
  const auto replica = NewReplica();
  ASSERT_OK(replica->core.gateways().SuspendGateway(operator_, request));
  clock_.Advance(absl::Seconds(5));
  ExpectRefused(ResolveRequest("door.unlock"), reason::kGatewayNotActive);
}

TEST_F(ResolverTest, RefusesADeviceThatIsUnknown) {
  MakeBoundWorld();
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.mutable_items(0)->set_device("lock-9");
  const auto refused = Resolve(request);
  EXPECT_THAT(refused, HasReason(reason::kResourceUnknown));
  EXPECT_EQ(MetadataOf(refused.status())["index"], "0");
}

TEST_F(ResolverTest, RefusesAnAccountThatIsUnknown) {
  MakeBoundWorld();
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.set_on_behalf_of("nobody");
  ExpectRefused(request, reason::kResourceUnknown);
}

TEST_F(ResolverTest, AnotherTenantsDeviceIsUnknown) {
  MakeBoundWorld();
  v1::CreateAccountRequest account;
  account.set_account_id("alice");
  ASSERT_OK(core_->accounts().CreateAccount(stranger_, account));
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.set_tenant("other");
  ExpectRefused(request, reason::kResourceUnknown);
}

TEST_F(ResolverTest, RefusesAnAccountWithoutRole) {
  MakeBoundWorld();
  MakeAccount("mallory");
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.set_on_behalf_of("mallory");
  ExpectRefused(request, reason::kNotAMember);
}

TEST_F(ResolverTest, RefusesADeviceThatNobodyClaimed) {
  MakeWorld();
  ImportDevice("lock-2");
  v1::ResolveRequest request = ProvisionRequest();
  request.mutable_items(0)->set_device("lock-2");
  ExpectRefused(request, reason::kNotAMember);
}

TEST_F(ResolverTest, RefusesAnOrdinaryOperationOnABlankDevice) {
  MakeEnrolledWorld();
  ExpectRefused(ResolveRequest("door.unlock"), reason::kDeviceState);
}

TEST_F(ResolverTest, RefusesToProvisionABoundDevice) {
  MakeBoundWorld();
  ExpectRefused(ProvisionRequest(), reason::kDeviceState);
}

TEST_F(ResolverTest, RefusesAnOperationThatTheModelDoesNotHave) {
  MakeBoundWorld();
  ExpectRefused(ResolveRequest("door.melt"), reason::kOperationUnknown);
}

TEST_F(ResolverTest, RefusesAForbiddenOperation) {
  MakeBoundWorld();
  ExpectRefused(ResolveRequest("bomb.arm"), reason::kOperationForbidden);
}

TEST_F(ResolverTest, RefusesAnotherPurpose) {
  MakeBoundWorld();
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.set_purpose(proof::v1::PURPOSE_UNBIND);
  ExpectRefused(request, reason::kPurposeNotAllowed);
}

TEST_F(ResolverTest, RefusesAReservedOperationThatDoesNotExist) {
  MakeBoundWorld();
  ExpectRefused(ResolveRequest("u2fi.everything"), reason::kOperationUnknown);
}

TEST_F(ResolverTest, RefusesAnApproverGatewayThatIsUnknown) {
  MakeBoundWorld();
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.set_approver_gateway("gw-9");
  ExpectRefused(request, reason::kResourceUnknown);
}

TEST_F(ResolverTest, RefusesAPlaceThatTheDeviceDoesNotBelieve) {
  MakeBoundWorld();
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.set_approver_gateway("gw-2");
  ExpectRefused(request, reason::kPlaceNotAllowed);
}

TEST_F(ResolverTest, TakesAPlaceThatTheDeviceBelieves) {
  MakeBoundWorld();
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.set_approver_gateway("gw-1");
  ASSERT_OK_AND_ASSIGN(const auto resolved, Resolve(request));
  EXPECT_EQ(resolved.gateways_size(), 1);
}

TEST_F(ResolverTest, AFreeOperationHasNoPlace) {
  MakeBoundWorld();
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  v1::ResolveRequest request = ResolveRequest("lamp.on");
  request.set_approver_gateway("gw-2");
  EXPECT_OK(Resolve(request));
}

TEST_F(ResolverTest, ABlankDeviceIsProvisionedWhereTheTouchIsTaken) {
  MakeEnrolledWorld();
  ASSERT_OK_AND_ASSIGN(const auto resolved, Resolve(ProvisionRequest()));
  EXPECT_EQ(resolved.items(0).gateway(), "gw-1");
  EXPECT_EQ(resolved.items(0).site(), "home");
  EXPECT_EQ(resolved.items(0).pin_set(), "");
  EXPECT_EQ(resolved.items(0).rule().SerializeAsString(),
            proof::OwnerTouchRule().SerializeAsString());
  EXPECT_EQ(resolved.account().gateways_size(), 1);
}

TEST_F(ResolverTest, AStagedDeviceKeepsItsGateway) {
  MakeEnrolledWorld();
  ArmAndStage();
  v1::ResolveRequest request = ProvisionRequest();
  request.clear_approver_gateway();
  ASSERT_OK_AND_ASSIGN(const auto resolved, Resolve(request));
  EXPECT_EQ(resolved.items(0).gateway(), "gw-1");
  EXPECT_EQ(resolved.items(0).site(), "home");
}

TEST_F(ResolverTest, RefusesToProvisionAtAForeignGateway) {
  MakeEnrolledWorld();
  MakeAccount("bob");
  MakeSite("office", "bob");
  MakeGateway(site_.gw2);
  v1::ResolveRequest request = ProvisionRequest();
  request.set_approver_gateway("gw-2");
  ExpectRefused(request, reason::kPlaceNotAllowed);
}

TEST_F(ResolverTest, AFirstTokenIsEnrolledAnywhere) {
  MakeWorld();
  ASSERT_OK_AND_ASSIGN(const auto resolved, Resolve(EnrolResolveRequest()));
  EXPECT_EQ(resolved.items(0).account(), "alice");
  EXPECT_EQ(resolved.items(0).gateway(), "");
  EXPECT_EQ(resolved.items(0).requester_roles(), 1u);
  EXPECT_EQ(resolved.account().name(), "accounts/alice");
  EXPECT_EQ(resolved.gateways(0).gateway(), "gw-1");
}

TEST_F(ResolverTest, AFurtherTokenOnlyAtAnOwnGateway) {
  MakeEnrolledWorld();
  EXPECT_OK(Resolve(EnrolResolveRequest()));
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  v1::ResolveRequest request = EnrolResolveRequest();
  request.set_approver_gateway("gw-2");
  ExpectRefused(request, reason::kPlaceNotAllowed);
}

TEST_F(ResolverTest, AnAccountActsOnItselfOnly) {
  MakeWorld();
  MakeAccount("bob");
  v1::ResolveRequest request = EnrolResolveRequest();
  request.mutable_items(0)->set_device("account:bob");
  ExpectRefused(request, reason::kNotAMember);
}

TEST_F(ResolverTest, AChangeOfTheAccountsRulesIsAskedForAsTheyAsk) {
  MakeEnrolledWorld();
  v1::ResolveRequest request = EnrolResolveRequest();
  request.set_purpose(proof::v1::PURPOSE_TOKEN);
  const std::string operation(proof::kOperationAccountPolicy);
  request.mutable_items(0)->set_operation(operation);
  EXPECT_EQ(Resolve(request)->items(0).rule().SerializeAsString(),
            proof::OwnerTouchRule().SerializeAsString());
  proof::v1::AccountPolicyArguments rules;
  rules.set_format(1);
  proof::v1::OperationRule& entry = *rules.add_rules();
  entry.set_operation("lamp.on");
  *entry.mutable_rule() = proof::TouchUvRule();
  ASSERT_OK(core_->applier().Apply(
      gate_, AccountActRequest(operation, proof::Encode(rules),
                               {{&site_.alice, &site_.gw1}})));
  const proof::v1::Rule rule = Resolve(request)->items(0).rule();
  EXPECT_TRUE(rule.uv());
  EXPECT_EQ(rule.approvals(), 1u);
  request.mutable_items(0)->set_operation("u2fi.token.revoke");
  EXPECT_FALSE(Resolve(request)->items(0).rule().uv());
}

TEST_F(ResolverTest, ACommandNeedsNoAccount) {
  MakeBoundWorld();
  EXPECT_FALSE(Resolve(ResolveRequest("door.unlock"))->has_account());
}

TEST_F(ResolverTest, RefusesATargetThatDoesNotFitThePurpose) {
  MakeBoundWorld();
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.mutable_items(0)->set_device("account:alice");
  ExpectRefused(request, reason::kInvalidField);
  request = EnrolResolveRequest();
  request.mutable_items(0)->set_device("lock-1");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ResolverTest, RefusesAPurposeThatIsUnset) {
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.clear_purpose();
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ResolverTest, RefusesAPurposeThatIsUnknown) {
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.set_purpose(static_cast<proof::v1::Purpose>(99));
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ResolverTest, RefusesNoItem) {
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.clear_items();
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ResolverTest, RefusesMoreThanAThousandItems) {
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  for (int i = 0; i < 1000; ++i) *request.add_items() = request.items(0);
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ResolverTest, NamesTheItemThatWasRefused) {
  MakeBoundWorld();
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  v1::ResolveItem& second = *request.add_items();
  second.set_device("lock-1");
  second.set_operation("door.melt");
  const auto refused = Resolve(request);
  EXPECT_THAT(refused, HasReason(reason::kOperationUnknown));
  EXPECT_EQ(MetadataOf(refused.status())["index"], "1");
}

TEST_F(ResolverTest, RefusesATenantThatIsNotNamed) {
  v1::ResolveRequest request = ResolveRequest("door.unlock");
  request.clear_tenant();
  ExpectRefused(request, reason::kInvalidField);
}

}  // namespace
}  // namespace u2fi::device_registry
