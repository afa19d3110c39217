// Resolve() over rows as no rpc of this package leaves them so soon: leases,
// erased accounts, changes that wait.
#include "gmock/gmock.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/rules.h"
#include "services/device-registry/record_cache.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/registry_test_case.h"
#include "services/device-registry/resolver.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::AccountRow;
using records::v1::DeviceRow;
using records::v1::ModelRow;
using records::v1::PolicyRow;

class ResolverRowsTest : public RegistryTestCase {
 protected:
  void SetUp() override { MakeBoundWorld(); }

  absl::StatusOr<v1::ResolveResponse> Resolve(
      const v1::ResolveRequest& request) {
    return core_->resolver().Resolve(gate_, request);
  }
  v1::ResolveRequest By(const std::string& account) {
    v1::ResolveRequest request = ResolveRequest("door.unlock");
    request.set_on_behalf_of(account);
    return request;
  }
  v1::ResolveRequest AccountAct(absl::string_view operation) {
    v1::ResolveRequest request = ResolveRequest(std::string(operation));
    request.set_purpose(proof::v1::PURPOSE_TOKEN);
    request.mutable_items(0)->set_device("account:alice");
    return request;
  }

  // Changes what is stored under `key` behind the registry's back.
  template <typename Row, typename Edit>
  void EditRow(const std::string& key, const Edit& edit) {
    const auto partition = *store::Partition::Make(kService, "acme");
    ASSERT_OK_AND_ASSIGN(const auto read, memory_.Get(partition, {key}));
    Row row;
    ASSERT_TRUE(row.ParseFromString(read.entries[0].value));
    row.set_schema(1);
    edit(row);
    store::CommitRequest commit;
    commit.epoch = read.epoch;
    commit.put = {{key, row.SerializeAsString()}};
    ASSERT_OK(memory_.Commit(partition, commit));
    RestartCore();
  }
  template <typename Edit>
  void EditPins(const Edit& edit) {
    EditRow<DeviceRow>(key::Device("lock-1"), [&edit](DeviceRow& row) {
      proof::v1::PinSet pins;
      ASSERT_TRUE(pins.ParseFromString(row.pin_set()));
      edit(pins);
      row.set_pin_set(pins.SerializeAsString());
    });
  }
  // The device believes a key of carol's in these roles.
  void PinCarol(uint32_t roles) {
    MakeAccount("carol");
    EditPins([roles](proof::v1::PinSet& pins) {
      proof::v1::PinnedKey& key = *pins.add_keys();
      key.set_token_id("carol-1");
      key.set_account("carol");
      key.set_roles(roles);
    });
  }
  void Lease(absl::Duration rest) {
    const absl::Time until = clock_.Now() + rest;
    EditPins([until](proof::v1::PinSet& pins) {
      pins.mutable_lease()->set_account("carol");
      pins.mutable_lease()->set_until_ms(absl::ToUnixMillis(until));
    });
  }
  // The lock's maker wants to free door.unlock, which asks for `was` so far.
  void LetModelWait(const proof::v1::Rule& was) {
    const auto rule_it = [](v1::Model& model, const proof::v1::Rule& rule) {
      for (v1::ModelOperation& entry : *model.mutable_operations()) {
        if (entry.operation() == "door.unlock") *entry.mutable_rule() = rule;
      }
    };
    v1::Model next;
    EditRow<ModelRow>(key::Model("lock"), [&](ModelRow& row) {
      rule_it(*row.mutable_model(), was);
      next = row.model();
    });
    rule_it(next, proof::FreeRule());
    v1::UpdatePolicyRequest request;
    request.mutable_policy()->set_etag(
        core_->policies().GetPolicy(operator_, {})->policy().etag());
    ASSERT_OK(core_->policies().UpdatePolicy(operator_, request));
    EditRow<PolicyRow>(key::Policy(), [&next](PolicyRow& row) {
      v1::PolicyChange& waits = *row.mutable_policy()->add_pending();
      waits.set_resource("models/lock");
      *waits.mutable_model() = next;
    });
  }
};

TEST_F(ResolverRowsTest, AMemberHasItsRoleForItself) {
  PinCarol(proof::v1::KEY_ROLE_MEMBER);
  MakeAccount("mallory");
  EXPECT_EQ(Resolve(By("carol"))->items(0).requester_roles(),
            static_cast<uint32_t>(proof::v1::KEY_ROLE_MEMBER));
  EXPECT_THAT(Resolve(By("mallory")), HasReason(reason::kNotAMember));
}

TEST_F(ResolverRowsTest, ALesseeHasItsRoleUntilTheLeaseEnds) {
  PinCarol(proof::v1::KEY_ROLE_LESSEE);
  EXPECT_THAT(Resolve(By("carol")), HasReason(reason::kNotAMember));
  Lease(absl::Milliseconds(1));
  EXPECT_EQ(Resolve(By("carol"))->items(0).requester_roles(),
            static_cast<uint32_t>(proof::v1::KEY_ROLE_LESSEE));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(Resolve(By("carol")), HasReason(reason::kNotAMember));
}

TEST_F(ResolverRowsTest, TheEndOfALeaseTakesNoOtherRole) {
  PinCarol(proof::v1::KEY_ROLE_LESSEE | proof::v1::KEY_ROLE_MEMBER);
  Lease(absl::ZeroDuration());
  EXPECT_EQ(Resolve(By("carol"))->items(0).requester_roles(),
            static_cast<uint32_t>(proof::v1::KEY_ROLE_MEMBER));
}

TEST_F(ResolverRowsTest, AnErasedAccountIsUnknown) {
  EditRow<AccountRow>(key::Account("alice"), [](AccountRow& row) {
    row.mutable_account()->set_erased(true);
  });
  EXPECT_THAT(Resolve(By("alice")), HasReason(reason::kResourceUnknown));
}

TEST_F(ResolverRowsTest, ABelievedGatewayThatMayNotApproveIsNoPlace) {
  EditPins([](proof::v1::PinSet& pins) {
    pins.mutable_gateways(0)->set_may_approve(false);
  });
  v1::ResolveRequest request = By("alice");
  request.set_approver_gateway("gw-1");
  EXPECT_THAT(Resolve(request), HasReason(reason::kPlaceNotAllowed));
}

TEST_F(ResolverRowsTest, ALeaseIsAgreedToAtTheSiteOfTheDevice) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  v1::ResolveRequest request = ResolveRequest("u2fi.pins");
  request.set_purpose(proof::v1::PURPOSE_LEASE);
  request.set_approver_gateway("gw-1");
  EXPECT_OK(Resolve(request));
  request.set_approver_gateway("gw-2");
  EXPECT_THAT(Resolve(request), HasReason(reason::kPlaceNotAllowed));
}

TEST_F(ResolverRowsTest, GivesTheApproversGatewayAndTheExecutors) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  v1::ResolveRequest request = ResolveRequest("lamp.on");
  request.set_approver_gateway("gw-2");
  ASSERT_OK_AND_ASSIGN(const auto resolved, Resolve(request));
  ASSERT_EQ(resolved.gateways_size(), 2);
  EXPECT_EQ(resolved.gateways(0).gateway(), "gw-2");
  EXPECT_EQ(resolved.gateways(1).gateway(), "gw-1");
}

TEST_F(ResolverRowsTest, ThePolicyAndTheAccountTightenItsActs) {
  const auto resolved = Resolve(AccountAct("u2fi.token.revoke"));
  ASSERT_OK(resolved);
  EXPECT_EQ(resolved->items(0).device(), "account:alice");
  EXPECT_EQ(resolved->items(0).operation(), "u2fi.token.revoke");
  EXPECT_FALSE(resolved->items(0).rule().uv());
  EditRow<AccountRow>(key::Account("alice"), [](AccountRow& row) {
    proof::v1::OperationRule& entry = *row.mutable_account()->add_rules();
    entry.set_operation("u2fi.token.revoke");
    *entry.mutable_rule() = proof::TouchUvRule();
  });
  EXPECT_TRUE(Resolve(AccountAct("u2fi.token.revoke"))->items(0).rule().uv());
  v1::UpdatePolicyRequest request;
  request.mutable_policy()->set_etag(
      core_->policies().GetPolicy(operator_, {})->policy().etag());
  proof::v1::OperationRule& entry = *request.mutable_policy()->add_rules();
  entry.set_operation("u2fi.token.revoke");
  *entry.mutable_rule() = proof::ForbiddenRule();
  ASSERT_OK(core_->policies().UpdatePolicy(operator_, request));
  EXPECT_THAT(Resolve(AccountAct("u2fi.token.revoke")),
              HasReason(reason::kOperationForbidden));
}

TEST_F(ResolverRowsTest, WhoAgreesIsAskedAsTheModelsRuleAsked) {
  EXPECT_FALSE(
      Resolve(AccountAct(proof::kOperationPolicy))->items(0).rule().uv());
  proof::v1::Rule was = proof::TouchUvRule();
  was.set_level(2);
  LetModelWait(was);
  const auto resolved = Resolve(AccountAct(proof::kOperationPolicy));
  ASSERT_OK(resolved);
  EXPECT_TRUE(resolved->items(0).rule().uv());
  EXPECT_EQ(resolved->items(0).rule().level(), 2u);
}

TEST_F(ResolverRowsTest, WhatWaitsIsForThoseWhoAgree) {
  LetModelWait(proof::TouchRule());
  EXPECT_EQ(
      Resolve(AccountAct(proof::kOperationPolicy))->policy().pending_size(), 1);
  EXPECT_EQ(Resolve(AccountAct("u2fi.token.revoke"))->policy().pending_size(),
            0);
  EXPECT_EQ(Resolve(By("alice"))->policy().pending_size(), 0);
}

TEST_F(ResolverRowsTest, BreakingGlassNeedsNoAccount) {
  v1::ResolveRequest request = By("alice");
  request.set_purpose(proof::v1::PURPOSE_BREAK_GLASS);
  ASSERT_OK_AND_ASSIGN(const auto resolved, Resolve(request));
  EXPECT_FALSE(resolved.has_account());
}

TEST_F(ResolverRowsTest, TakesAThousandItems) {
  v1::ResolveRequest request = By("alice");
  for (int i = 1; i < 1000; ++i) *request.add_items() = request.items(0);
  EXPECT_EQ(Resolve(request)->items_size(), 1000);
}

TEST_F(ResolverRowsTest, RefusesIdsThatAreNone) {
  EXPECT_THAT(Resolve(By("al/ice")), HasReason(reason::kInvalidField));
  v1::ResolveRequest request = By("alice");
  request.mutable_items(0)->set_device("lock/1");
  EXPECT_THAT(Resolve(request), HasReason(reason::kInvalidField));
  request = By("alice");
  request.mutable_items(0)->set_operation("Door Unlock");
  EXPECT_THAT(Resolve(request), HasReason(reason::kInvalidField));
  request = ResolveRequest("u2fi.pins");
  request.set_purpose(proof::v1::PURPOSE_TRANSFER);
  request.set_new_owner("fr/ank");
  EXPECT_THAT(Resolve(request), HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::device_registry
