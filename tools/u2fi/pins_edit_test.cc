#include "tools/u2fi/pins_edit.h"

#include "gtest/gtest.h"
#include "services/common/proof/rules.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::cli {
namespace {

class PinsEditTest : public testing::Test {
 protected:
  PinsEditTest() {
    present_.set_device("cam-1");
    proof::v1::PinnedKey& key = *present_.add_keys();
    key.set_token_id("tok-1");
    key.set_account("ann");
    key.set_roles(proof::v1::KEY_ROLE_OWNER);
    proof::v1::OperationRule& rule = *present_.add_rules();
    rule.set_operation("camera.on");
    *rule.mutable_rule() = proof::FreeRule();
  }
  device_registry::v1::PlanPinsRequest Plan() {
    const auto plan = PlanFor(edit_, present_);
    EXPECT_OK(plan);
    return plan.ok() ? *plan : device_registry::v1::PlanPinsRequest();
  }
  void ExpectRefused() {
    EXPECT_THAT(PlanFor(edit_, present_), HasReason(reason::kInvalidField));
  }

  proof::v1::PinSet present_;
  PinsEdit edit_;
};

TEST_F(PinsEditTest, WithoutAnEditEverythingStays) {
  const auto plan = Plan();
  EXPECT_EQ(plan.purpose(), proof::v1::PURPOSE_PINS);
  EXPECT_EQ(plan.devices(0), "cam-1");
  EXPECT_EQ(plan.rules_size(), 1);
  EXPECT_EQ(plan.keys(0).token_id(), "tok-1");
  EXPECT_EQ(plan.gateways_size(), 0);
}

TEST_F(PinsEditTest, ARuleTakesThePlaceOfTheOldOne) {
  edit_.rules = {"camera.on=forbidden", "camera.off=touch"};
  const auto plan = Plan();
  ASSERT_EQ(plan.rules_size(), 2);
  EXPECT_EQ(proof::PresetName(plan.rules(0).rule()), "FORBIDDEN");
  EXPECT_EQ(plan.rules(1).operation(), "camera.off");
}

TEST_F(PinsEditTest, ARuleIsDropped) {
  edit_.drop_rules = {"camera.on"};
  EXPECT_EQ(Plan().rules_size(), 0);
}

TEST_F(PinsEditTest, ARuleThatIsNotThereCannotBeDropped) {
  edit_.drop_rules = {"camera.off"};
  ExpectRefused();
}

TEST_F(PinsEditTest, AKeyJoinsInItsRoles) {
  edit_.keys = {"bob/tok-2=approver+break_glass"};
  const auto plan = Plan();
  ASSERT_EQ(plan.keys_size(), 2);
  EXPECT_EQ(plan.keys(1).account(), "bob");
  EXPECT_EQ(plan.keys(1).token_id(), "tok-2");
  EXPECT_EQ(plan.keys(1).roles(), 24u);
}

TEST_F(PinsEditTest, AKeyGetsOtherRoles) {
  edit_.keys = {"ann/tok-1=member"};
  const auto plan = Plan();
  ASSERT_EQ(plan.keys_size(), 1);
  EXPECT_EQ(plan.keys(0).roles(), 2u);
}

TEST_F(PinsEditTest, AKeyThatIsNoneIsRefused) {
  for (const char* text : {"", "tok-2", "bob/tok-2", "tok-2=owner",
                           "bob/tok-2=king", "bob/tok-2=", "a/b/c=owner"}) {
    edit_.keys = {text};
    ExpectRefused();
  }
}

TEST_F(PinsEditTest, AKeyIsDropped) {
  edit_.drop_keys = {"tok-1"};
  EXPECT_EQ(Plan().keys_size(), 0);
  EXPECT_TRUE(Plan().replace_keys());
}

TEST_F(PinsEditTest, AKeyIsDroppedByTheNameThatTokensAreListedWith) {
  edit_.drop_keys = {"tokens/tok-1"};
  EXPECT_EQ(Plan().keys_size(), 0);
}

TEST_F(PinsEditTest, AKeyThatIsNamedTwiceIsRefused) {
  edit_.keys = {"ann/tok-1=owner", "ann/tok-1=break_glass"};
  ExpectRefused();
}

TEST_F(PinsEditTest, AKeyThatIsNotThereCannotBeDropped) {
  edit_.drop_keys = {"tok-9"};
  ExpectRefused();
}

TEST_F(PinsEditTest, GatewaysAreTheWholeList) {
  edit_.gateways = {"g1", "g2"};
  EXPECT_EQ(Plan().gateways_size(), 2);
}

}  // namespace
}  // namespace u2fi::cli
