#include "tools/u2fi/pins_text.h"

#include <utility>

#include "gmock/gmock.h"
#include "services/common/proof/rules.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;

TEST(PinsTextTest, SaysWhatEachOperationNeeds) {
  proof::v1::PinSet pins;
  for (const auto& [operation, rule] :
       {std::pair{"door.open", proof::TouchRule()},
        {"vault.open", proof::QuorumRule(2)},
        {"bell.ring", proof::FreeRule()}}) {
    pins.add_rules()->set_operation(operation);
    *pins.mutable_rules(pins.rules_size() - 1)->mutable_rule() = rule;
  }
  EXPECT_THAT(PinsText(pins),
              HasSubstr(" door.open touch, vault.open quorum, bell.ring free, "
                        "any other operation touch of the owner,"));
  *pins.mutable_default_rule() = proof::ForbiddenRule();
  EXPECT_THAT(PinsText(pins), HasSubstr("any other operation forbidden,"));
}

TEST(PinsTextTest, SaysWhoMayWhat) {
  proof::v1::PinSet pins;
  pins.set_device("cam-1");
  pins.add_keys()->set_token_id("t-1");
  pins.mutable_keys(0)->set_account("ann");
  pins.mutable_keys(0)->set_roles(proof::v1::KEY_ROLE_OWNER |
                                  proof::v1::KEY_ROLE_BREAK_GLASS);
  pins.add_lease_issuers()->set_id("desk");
  pins.mutable_lease()->set_account("bob");
  EXPECT_THAT(PinsText(pins),
              HasSubstr("cam-1 will believe key t-1 of ann as owner and "
                        "break_glass, front desk desk, a lease of bob,"));
}

TEST(PinsTextTest, IsOneLine) {
  proof::v1::PinSet pins;
  pins.add_gateways()->set_id("g1\ng2\u202e");
  EXPECT_THAT(PinsText(pins), HasSubstr("gateway g1?g2?,"));
}

}  // namespace
}  // namespace u2fi::cli
