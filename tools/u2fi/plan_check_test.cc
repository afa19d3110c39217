#include "tools/u2fi/plan_check.h"

#include <string>

#include "services/common/proof/rules.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::cli {
namespace {

class PlanCheckTest : public testing::Test {
 protected:
  PlanCheckTest() {
    planned_.set_device("cam-1");
    planned_.set_account("ann");
    planned_.set_site("home");
    planned_.add_gateways()->set_id("g1");
    *planned_.add_keys() = Key("ann", "t-1", proof::v1::KEY_ROLE_OWNER);
    SetRule(planned_.add_rules(), "camera.off", proof::FreeRule());
  }

  static proof::v1::PinnedKey Key(const char* account, const char* token,
                                  uint32_t roles) {
    proof::v1::PinnedKey key;
    key.set_account(account);
    key.set_token_id(token);
    key.set_roles(roles);
    return key;
  }
  static void SetRule(proof::v1::OperationRule* rule, const char* operation,
                      const proof::v1::Rule& needs) {
    rule->set_operation(operation);
    *rule->mutable_rule() = needs;
  }
  // A first pin set.
  static registry::PlanPinsRequest Provision() {
    registry::PlanPinsRequest asked;
    asked.add_devices("cam-1");
    asked.set_account("ann");
    asked.set_site("home");
    asked.add_gateways("g1");
    return asked;
  }
  // The present keys and rules again.
  registry::PlanPinsRequest Update() const {
    registry::PlanPinsRequest asked;
    asked.add_devices("cam-1");
    asked.set_replace_keys(true);
    asked.set_replace_rules(true);
    *asked.mutable_keys() = planned_.keys();
    *asked.mutable_rules() = planned_.rules();
    return asked;
  }
  void ExpectAnother(const registry::PlanPinsRequest& asked,
                     const std::string& what) {
    const absl::Status status = CheckPlan(asked, planned_);
    EXPECT_THAT(status, HasReason(reason::kCommandMismatch));
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(what));
  }

  proof::v1::PinSet planned_;
};

TEST_F(PlanCheckTest, WhatWasAskedForIsWell) {
  EXPECT_OK(CheckPlan(Provision(), planned_));
  EXPECT_OK(CheckPlan(Update(), planned_));
}

TEST_F(PlanCheckTest, AnotherDevice) {
  planned_.set_device("lock-1");
  ExpectAnother(Provision(), "another device, lock-1");
}

TEST_F(PlanCheckTest, AnotherOwner) {
  planned_.set_account("mallory");
  ExpectAnother(Provision(), "another owner, mallory");
}

TEST_F(PlanCheckTest, AnotherSite) {
  planned_.set_site("den");
  ExpectAnother(Provision(), "another site, den");
}

TEST_F(PlanCheckTest, AFurtherGateway) {
  planned_.add_gateways()->set_id("g2");
  ExpectAnother(Provision(), "other gateways");
}

TEST_F(PlanCheckTest, AKeyOfSomebodyElse) {
  *planned_.add_keys() = Key("mallory", "t-2", proof::v1::KEY_ROLE_OWNER);
  ExpectAnother(Provision(), "other keys");
}

TEST_F(PlanCheckTest, AnotherKeyThanTheOneNamed) {
  registry::PlanPinsRequest asked = Provision();
  asked.set_token_id("t-7");
  ExpectAnother(asked, "other keys");
}

TEST_F(PlanCheckTest, AKeyWithAFurtherRole) {
  const registry::PlanPinsRequest asked = Update();
  planned_.mutable_keys(0)->set_roles(proof::v1::KEY_ROLE_OWNER |
                                      proof::v1::KEY_ROLE_BREAK_GLASS);
  ExpectAnother(asked, "other keys");
}

TEST_F(PlanCheckTest, AWishThatWasLeftOut) {
  registry::PlanPinsRequest asked = Provision();
  SetRule(asked.add_rules(), "camera.off", proof::TouchRule());
  ExpectAnother(asked, "a looser rule for camera.off");
}

TEST_F(PlanCheckTest, ARuleThatIsStricterThanAskedIsWell) {
  registry::PlanPinsRequest asked = Update();
  *planned_.mutable_rules(0)->mutable_rule() = proof::TouchRule();
  EXPECT_OK(CheckPlan(asked, planned_));
}

TEST_F(PlanCheckTest, AnOperationThatBecameFreeUnasked) {
  const registry::PlanPinsRequest asked = Update();
  SetRule(planned_.add_rules(), "camera.on", proof::FreeRule());
  ExpectAnother(asked, "a looser rule for camera.on");
}

}  // namespace
}  // namespace u2fi::cli
