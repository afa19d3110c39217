#include <string>

#include "gmock/gmock.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/policy_change_act.h"
#include "services/device-registry/policy_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// bell.ring wants two. Bob owns the site office.
class PolicyOfTwoTest : public GatedPolicyTest {
 protected:
  void SetUp() override {
    GatedPolicyTest::SetUp();
    MakeAccount("bob");
    MakeSite("office", "bob");
    MakeGateway(site_.gw2);
    NextRequest();
    ASSERT_OK(
        Apply(EnrolRequest(site_.bob, {{&site_.bob, &site_.gw2}})).status());
    v1::Policy policy = Present();
    SetRule(policy, "bell.ring", proof::QuorumRule(2));
    ASSERT_OK(Update(policy));
    policy = Present();
    policy.mutable_rules()->RemoveLast();
    ASSERT_OK(Update(policy));
  }
  // By bob, at his gateway unless said otherwise.
  v1::ApplyRequest AskedByBob(const proof::FakeGateway& gateway) {
    return AskedBy({&site_.bob, &gateway});
  }
  v1::ApplyRequest AskedBy(const proof::FakeTouch& touch) {
    NextRequest();
    proof::v1::Command command =
        site_.Command(kPolicy, proof::Encode(Arguments()));
    command.set_device("account:" + touch.token->account);
    proof::FakeRequest fake;
    fake.purpose = proof::v1::PURPOSE_TOKEN;
    fake.commands = {proof::Encode(command)};
    fake.touches = {touch};
    v1::ApplyRequest request;
    request.set_tenant("acme");
    *request.mutable_approvals() = site_.Prove(fake).approvals();
    request.add_items()->set_command(fake.commands[0]);
    return request;
  }
};

TEST_F(PolicyOfTwoTest, OneAloneIsNotEnoughHoweverOften) {
  ASSERT_OK(Apply(Asked(Arguments())));
  ASSERT_OK(Apply(Asked(Arguments())));
  ASSERT_EQ(Present().pending_size(), 1);
  EXPECT_EQ(Present().pending(0).agreements_size(), 1);
  EXPECT_EQ(Present().rules_size(), 3);
}

TEST_F(PolicyOfTwoTest, TwoAre) {
  ASSERT_OK(Apply(Asked(Arguments())));
  ASSERT_OK(Apply(AskedByBob(site_.gw2)));
  EXPECT_THAT(Present().pending(), IsEmpty());
  EXPECT_EQ(Present().rules_size(), 2);
}

TEST_F(PolicyOfTwoTest, BobsKeyAtAlicesGatewayIsNoTouchOfHis) {
  ExpectRefused(AskedByBob(site_.gw1), reason::kPlaceNotAllowed);
}

TEST_F(PolicyOfTwoTest, WhoseKeyWasTakenAwayAgreesNoMore) {
  ASSERT_OK(Apply(Asked(Arguments())));
  v1::TokenWord word;
  word.set_account("alice");
  word.set_revoked(site_.alice.id);
  ASSERT_OK(Tell(word));
  ASSERT_OK(Apply(AskedByBob(site_.gw2)));
  EXPECT_EQ(Present().rules_size(), 3);
  ASSERT_EQ(Present().pending_size(), 1);
  ASSERT_EQ(Present().pending(0).agreements_size(), 1);
  EXPECT_EQ(Present().pending(0).agreements(0).account(), "bob");
}

TEST_F(PolicyOfTwoTest, AnotherKeyOfTheirsDoesNotStandForThatOne) {
  proof::FakeToken second("token-2", "alice");
  NextRequest();
  ASSERT_OK(Apply(EnrolRequest(
      second, {{&second, &site_.gw1}, {&site_.alice, &site_.gw1}})));
  ASSERT_OK(Apply(Asked(Arguments())));
  v1::TokenWord word;
  word.set_account("alice");
  word.set_revoked(site_.alice.id);
  ASSERT_OK(Tell(word));
  ASSERT_OK(Apply(AskedByBob(site_.gw2)));
  EXPECT_EQ(Present().rules_size(), 3);
  ASSERT_EQ(Present().pending(0).agreements_size(), 1);
  EXPECT_EQ(Present().pending(0).agreements(0).account(), "bob");
}

TEST_F(PolicyOfTwoTest, NorWhoseKeyIsSuspended) {
  ASSERT_OK(Apply(Asked(Arguments())));
  v1::TokenWord word;
  word.set_account("alice");
  word.set_suspended(site_.alice.id);
  ASSERT_OK(Tell(word));
  ASSERT_OK(Apply(AskedByBob(site_.gw2)));
  EXPECT_EQ(Present().rules_size(), 3);
}

// Both are guardians; door.unlock wants its user verified, bell.ring two.
class PolicyOfTwoGuardiansTest : public PolicyOfTwoTest {
 protected:
  void SetUp() override {
    PolicyOfTwoTest::SetUp();
    v1::Policy policy = Present();
    policy.add_guardians("alice");
    policy.add_guardians("bob");
    ASSERT_OK(Update(policy));
    ASSERT_OK(Apply(Asked(Arguments())));
    ASSERT_THAT(Present().guardians(), ElementsAre("alice", "bob"));
  }
  v1::ApplyRequest Verified(proof::FakeToken& token,
                            const proof::FakeGateway& gateway) {
    proof::FakeTouch touch{&token, &gateway};
    touch.ctap2 = true;
    touch.flags = 0x05;
    return AskedBy(touch);
  }
};

TEST_F(PolicyOfTwoGuardiansTest, OneAloneDoesNotPutOthersInTheirPlace) {
  v1::Policy policy = Present();
  policy.mutable_guardians()->RemoveLast();
  ASSERT_OK(Update(policy));
  ASSERT_OK(Apply(Verified(site_.alice, site_.gw1)));
  EXPECT_THAT(Present().guardians(), ElementsAre("alice", "bob"));
  ASSERT_OK(Apply(Verified(site_.bob, site_.gw2)));
  EXPECT_THAT(Present().guardians(), ElementsAre("alice"));
}

TEST_F(PolicyOfTwoGuardiansTest, ThoseWhoDoAreVerifiedAsTheRulesWant) {
  v1::Policy policy = Present();
  policy.mutable_guardians()->RemoveLast();
  ASSERT_OK(Update(policy));
  ASSERT_OK(Apply(Asked(Arguments())));
  ASSERT_OK(Apply(AskedByBob(site_.gw2)));
  EXPECT_THAT(Present().guardians(), ElementsAre("alice", "bob"));
}

TEST_F(PolicyOfTwoGuardiansTest, WhatWasForbiddenIsGivenBackByAsManyAsBefore) {
  v1::Policy policy = Present();
  ASSERT_EQ(policy.rules(2).operation(), "bell.ring");
  *policy.mutable_rules(2)->mutable_rule() = proof::ForbiddenRule();
  ASSERT_OK(Update(policy));
  ASSERT_THAT(Present().pending(), IsEmpty());
  policy = Present();
  policy.set_forbid_break_glass(true);
  policy.clear_before_forbidden();
  ASSERT_OK(Update(policy));
  policy = Present();
  policy.mutable_rules()->RemoveLast();
  ASSERT_OK(Update(policy));
  ASSERT_OK(Apply(Asked(Arguments())));
  EXPECT_EQ(Present().rules_size(), 3);
  ASSERT_OK(Apply(AskedByBob(site_.gw2)));
  EXPECT_EQ(Present().rules_size(), 2);
  EXPECT_THAT(Present().before_forbidden(), IsEmpty());
}

// The model's rule for door.lock wants two; the operation goes, and comes back.
TEST_F(PolicyOfTwoGuardiansTest, SoIsAnOperationThatTheModelLost) {
  v1::Model model = Model();
  v1::ModelOperation& bell = *model.mutable_operations(0);
  const std::string operation = bell.operation();
  *bell.mutable_rule() = proof::OwnerTouchRule();
  bell.mutable_rule()->set_approvals(2);
  ASSERT_OK(Update(model));
  ASSERT_EQ(Model().operations(0).rule().approvals(), 2u);
  model = Model();
  model.mutable_operations()->DeleteSubrange(0, 1);
  ASSERT_OK(Update(model));
  ASSERT_NE(Model().operations(0).operation(), operation);
  model = Model();
  model.add_operations()->set_operation(operation);
  const int all = model.operations_size();
  v1::Policy policy = Present();
  ASSERT_OK(Update(policy));
  ASSERT_OK(Update(model));
  ASSERT_OK(Apply(Asked(Arguments())));
  EXPECT_EQ(Model().operations_size(), all - 1);
  ASSERT_OK(Apply(AskedByBob(site_.gw2)));
  EXPECT_EQ(Model().operations_size(), all);
}

}  // namespace
}  // namespace u2fi::device_registry
