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

}  // namespace
}  // namespace u2fi::device_registry
