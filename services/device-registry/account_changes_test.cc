#include "services/device-registry/account_changes.h"

#include "gmock/gmock.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/registry_test_case.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

using ::testing::SizeIs;

const std::string kGateways(proof::kOperationAccountGateways);
const std::string kPolicy(proof::kOperationAccountPolicy);

// Alice enrolled her key at gw-1 of her site home. Her cottage has gw-9.
class AccountChangesTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeEnrolledWorld();
    MakeSite("cottage", "alice");
    MakeGateway(gw9_);
  }

  // By Alice at home.
  v1::ApplyRequest Asked(const std::string& operation,
                         const google::protobuf::Message& arguments) {
    return AccountActRequest(operation, proof::Encode(arguments),
                             {{&site_.alice, &site_.gw1}});
  }
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request) {
    return core_->applier().Apply(gate_, request);
  }
  void ExpectRefused(const v1::ApplyRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(Apply(request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
  }

  static void Add(proof::v1::AccountGatewaysArguments& list,
                  const proof::FakeGateway& gateway) {
    proof::v1::AccountGateway& entry = *list.add_gateways();
    entry.set_id(gateway.id);
    entry.set_channel_key(gateway.ChannelKey());
  }
  // Home and cottage, in place of the list as it is.
  proof::v1::AccountGatewaysArguments Both() {
    proof::v1::AccountGatewaysArguments list;
    list.set_format(1);
    Add(list, site_.gw1);
    Add(list, gw9_);
    list.set_previous(Account().gateways_hash());
    return list;
  }
  proof::v1::AccountPolicyArguments Rule(const std::string& operation,
                                         const proof::v1::Rule& rule) {
    proof::v1::AccountPolicyArguments rules;
    rules.set_format(1);
    proof::v1::OperationRule& entry = *rules.add_rules();
    entry.set_operation(operation);
    *entry.mutable_rule() = rule;
    return rules;
  }

  void SuspendCottage() {
    v1::SuspendGatewayRequest request;
    request.set_name("gateways/gw-9");
    ASSERT_OK(core_->gateways().SuspendGateway(operator_, request));
  }

  proof::FakeGateway gw9_{"gw-9", "cottage"};
};

TEST_F(AccountChangesTest, ATouchAtHomeAddsTheCottage) {
  const size_t rows = AuditRows();
  ASSERT_OK_AND_ASSIGN(const auto applied, Apply(Asked(kGateways, Both())));
  EXPECT_EQ(applied.results(0).resource(), "accounts/alice");
  EXPECT_THAT(Account().gateways(), SizeIs(2));
  EXPECT_EQ(AuditRows(), rows + 1);
}

TEST_F(AccountChangesTest, ThenActsAreApprovedThere) {
  ASSERT_OK(Apply(Asked(kGateways, Both())));
  proof::v1::AccountGatewaysArguments cottage;
  cottage.set_format(1);
  Add(cottage, gw9_);
  cottage.set_previous(Account().gateways_hash());
  ASSERT_OK(Apply(AccountActRequest(kGateways, proof::Encode(cottage),
                                    {{&site_.alice, &gw9_}})));
  ASSERT_THAT(Account().gateways(), SizeIs(1));
  // And no longer at home.
  proof::v1::AccountGatewaysArguments both = Both();
  ExpectRefused(Asked(kGateways, both), reason::kPlaceNotAllowed);
}

TEST_F(AccountChangesTest, TheHashOfTheArgumentsIsThePreviousOne) {
  const auto list = Both();
  EXPECT_EQ(list.previous(), "");
  ASSERT_OK(Apply(Asked(kGateways, list)));
  EXPECT_EQ(Account().gateways_hash(),
            crypto::ToString(crypto::Sha256(
                {proof::domain::kAccountGateways, proof::Encode(list)})));
}

TEST_F(AccountChangesTest, AListThatWasChangedMeanwhileIsNotReplaced) {
  const v1::ApplyRequest late = Asked(kGateways, Both());
  ASSERT_OK(Apply(Asked(kGateways, Both())));
  ExpectRefused(late, reason::kGatewaysPrevious);
}

TEST_F(AccountChangesTest, TheSameCommandAgainChangesNothing) {
  const v1::ApplyRequest request = Asked(kGateways, Both());
  ASSERT_OK(Apply(request));
  const int commits = Commits();
  ASSERT_OK_AND_ASSIGN(const auto again, Apply(request));
  EXPECT_TRUE(again.results(0).already_applied());
  EXPECT_EQ(Commits(), commits);
}

TEST_F(AccountChangesTest, AGatewayThatIsNotThereIsUnknown) {
  proof::v1::AccountGatewaysArguments list = Both();
  list.mutable_gateways(1)->set_id("gw-99");
  ExpectRefused(Asked(kGateways, list), reason::kResourceUnknown);
}

TEST_F(AccountChangesTest, AnotherKeyOfTheGatewayIsNotBelieved) {
  proof::v1::AccountGatewaysArguments list = Both();
  list.mutable_gateways(1)->set_channel_key(std::string(32, 'x'));
  ExpectRefused(Asked(kGateways, list), reason::kChannelKeyMismatch);
}

TEST_F(AccountChangesTest, AStrangersGatewayIsNoPlaceForIt) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  MakeGateway(site_.gw2);
  proof::v1::AccountGatewaysArguments list;
  list.set_format(1);
  Add(list, site_.gw1);
  Add(list, site_.gw2);
  ExpectRefused(Asked(kGateways, list), reason::kPlaceNotAllowed);
}

TEST_F(AccountChangesTest, ASuspendedGatewayDoesNotJoin) {
  SuspendCottage();
  ExpectRefused(Asked(kGateways, Both()), reason::kGatewayNotActive);
}

TEST_F(AccountChangesTest, OneThatIsSuspendedLaterStaysOnTheList) {
  ASSERT_OK(Apply(Asked(kGateways, Both())));
  SuspendCottage();
  ASSERT_OK(Apply(Asked(kGateways, Both())));
  EXPECT_THAT(Account().gateways(), SizeIs(2));
}

TEST_F(AccountChangesTest, AStrangersTouchChangesNothing) {
  ExpectRefused(AccountActRequest(kGateways, proof::Encode(Both()),
                                  {{&site_.bob, &site_.gw1}}),
                reason::kAccountMismatch);
}

TEST_F(AccountChangesTest, TheGatewayToAddDoesNotVouchForItself) {
  ExpectRefused(AccountActRequest(kGateways, proof::Encode(Both()),
                                  {{&site_.alice, &gw9_}}),
                reason::kPlaceNotAllowed);
}

TEST_F(AccountChangesTest, SwappedArgumentsAreNotCovered) {
  v1::ApplyRequest request = Asked(kGateways, Both());
  request.mutable_items(0)->set_command(
      Asked(kPolicy, Rule("lamp.on", proof::OwnerTouchRule()))
          .items(0)
          .command());
  ExpectRefused(request, reason::kCommandMismatch);
}

TEST_F(AccountChangesTest, RefusesATransaction) {
  v1::ApplyRequest request = Asked(kGateways, Both());
  request.set_transaction("tx");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(AccountChangesTest, ARuleOfTheAccountMakesTheOperationStricter) {
  ASSERT_OK(Apply(Asked(kPolicy, Rule("lamp.on", proof::OwnerTouchRule()))));
  ASSERT_THAT(Account().rules(), SizeIs(1));
  EXPECT_EQ(Account().rules(0).operation(), "lamp.on");
  // It goes into the first pin set of a device that is free to do it.
  const proof::v1::PinSet pins = PlannedPins();
  for (const proof::v1::OperationRule& rule : pins.rules()) {
    EXPECT_NE(rule.operation(), "lamp.on") << "is still free";
  }
}

TEST_F(AccountChangesTest, TheNextListOfRulesTakesThePlaceOfTheFirst) {
  ASSERT_OK(Apply(Asked(kPolicy, Rule("lamp.on", proof::OwnerTouchRule()))));
  proof::v1::AccountPolicyArguments none;
  none.set_format(1);
  ASSERT_OK(Apply(Asked(kPolicy, none)));
  EXPECT_THAT(Account().rules(), SizeIs(0));
}

TEST_F(AccountChangesTest, WhereAUserIsToBeVerifiedTheRulesAreChangedByOne) {
  ASSERT_OK(Apply(Asked(kPolicy, Rule("lamp.on", proof::TouchUvRule()))));
  const auto looser = Rule("lamp.on", proof::OwnerTouchRule());
  ExpectRefused(Asked(kPolicy, looser), reason::kRuleNotSatisfied);
  proof::FakeTouch verified{&site_.alice, &site_.gw1};
  verified.ctap2 = true;
  verified.flags = 0x05;
  ASSERT_OK(
      Apply(AccountActRequest(kPolicy, proof::Encode(looser), {verified})));
  EXPECT_FALSE(Account().rules(0).rule().uv());
  ASSERT_OK(Apply(Asked(kPolicy, looser)));
}

TEST_F(AccountChangesTest, WhereABetterKeyIsWantedTheRulesAreChangedByOne) {
  proof::v1::Rule rule = proof::OwnerTouchRule();
  rule.set_level(2);
  ASSERT_OK(Apply(Asked(kPolicy, Rule("lamp.on", rule))));
  ASSERT_LT(Account().keys(0).level(), 2u);
  ExpectRefused(Asked(kPolicy, Rule("lamp.on", proof::OwnerTouchRule())),
                reason::kRuleNotSatisfied);
}

// Who the others are, only the devices know.
TEST_F(AccountChangesTest, HowManyPeopleTheyWantIsNotAskedFor) {
  ASSERT_OK(Apply(Asked(kPolicy, Rule("lamp.on", proof::QuorumRule(2)))));
  ASSERT_OK(Apply(Asked(kPolicy, Rule("lamp.on", proof::OwnerTouchRule()))));
}

TEST_F(AccountChangesTest, ARuleThatContradictsItselfIsRefused) {
  proof::v1::Rule rule = proof::OwnerTouchRule();
  rule.set_approvals(9);
  ExpectRefused(Asked(kPolicy, Rule("lamp.on", rule)), reason::kRuleInvalid);
}

TEST_F(AccountChangesTest, ActsOnTheAccountHaveNoRulesOfTheirOwnYet) {
  ExpectRefused(
      Asked(kPolicy, Rule("u2fi.token.revoke", proof::OwnerTouchRule())),
      reason::kUnimplemented);
}

}  // namespace
}  // namespace u2fi::device_registry
