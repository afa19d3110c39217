#include "services/common/proof/fake_pins_forms.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/proof/rules.h"

namespace u2fi::proof {
namespace {

using Pins = v1::PinSet;

constexpr char kDoor[] = "door.unlock";
constexpr char kUnbind[] = "u2fi.unbind";

v1::Rule& RuleFor(Pins& pins, const char* operation) {
  for (v1::OperationRule& entry : *pins.mutable_rules()) {
    if (entry.operation() == operation) return *entry.mutable_rule();
  }
  pins.add_rules()->set_operation(operation);
  return *pins.mutable_rules()->rbegin()->mutable_rule();
}

void SetKeys(Pins& pins, int count) {
  pins.clear_keys();
  for (int i = 0; i < count; ++i) {
    *pins.add_keys() = FakeToken(absl::StrCat("t", i), "alice").Pinned(1);
  }
}

void SetGateways(Pins& pins, int count) {
  pins.clear_gateways();
  for (int i = 0; i < count; ++i) {
    *pins.add_gateways() = FakeGateway(absl::StrCat("g", i), "home").Pinned();
  }
}

void SetRules(Pins& pins, int count) {
  while (pins.rules_size() < count) {
    v1::OperationRule& entry = *pins.add_rules();
    entry.set_operation(absl::StrCat("op-", pins.rules_size()));
    *entry.mutable_rule() = FreeRule();
  }
}

void SetIssuers(Pins& pins, int count) {
  while (pins.lease_issuers_size() < count) {
    *pins.add_lease_issuers() = pins.lease_issuers(0);
    pins.mutable_lease_issuers()->rbegin()->set_id(
        absl::StrCat("desk-", pins.lease_issuers_size()));
  }
}

// Every text near its bound: with `extra` bytes more than the largest set.
void Fill(Pins& pins, int extra) {
  SetRules(pins, 24);
  for (v1::OperationRule& entry : *pins.mutable_rules()) {
    const int room =
        2048 + extra - static_cast<int>(pins.SerializeAsString().size());
    const size_t size = entry.operation().size();
    if (room <= 0) return;
    entry.set_operation(entry.operation() +
                        std::string(std::min<size_t>(room, 64 - size), 'x'));
  }
}

std::vector<FakePinsForm> KeyForms() {
  return {
      {"EightKeys", true, [](const FakeSite&, Pins& p) { SetKeys(p, 8); }},
      {"NineKeys", false, [](const FakeSite&, Pins& p) { SetKeys(p, 9); }},
      {"NoKey", false, [](const FakeSite&, Pins& p) { p.clear_keys(); }},
      {"TokenTwice", false,
       [](const FakeSite&, Pins& p) {
         p.mutable_keys(1)->set_token_id("tok-alice");
       }},
      {"PointTwice", false,
       [](const FakeSite&, Pins& p) {
         p.mutable_keys(1)->set_point(p.keys(0).point());
       }},
      {"PointCompressed", false,
       [](const FakeSite&, Pins& p) {
         p.mutable_keys(0)->mutable_point()->front() = 2;
       }},
      {"AllRoles", true,
       [](const FakeSite&, Pins& p) {
         p.mutable_keys(1)->set_roles(63 & ~v1::KEY_ROLE_LESSEE);
       }},
      {"UnknownRole", false,
       [](const FakeSite&, Pins& p) { p.mutable_keys(1)->set_roles(64); }},
      {"UnknownRoleBeside", false,
       [](const FakeSite&, Pins& p) { p.mutable_keys(1)->set_roles(64 | 1); }},
      {"NoRole", false,
       [](const FakeSite&, Pins& p) { p.mutable_keys(1)->clear_roles(); }},
      {"HighestLevel", true,
       [](const FakeSite&, Pins& p) { p.mutable_keys(1)->set_level(2); }},
      {"LevelTooHigh", false,
       [](const FakeSite&, Pins& p) { p.mutable_keys(1)->set_level(3); }},
      {"OwnerWithoutAnOwnerKey", false,
       [](const FakeSite&, Pins& p) {
         p.mutable_keys(0)->set_roles(v1::KEY_ROLE_MEMBER);
       }},
      {"OwnerKeyOfAnotherAccount", false,
       [](const FakeSite&, Pins& p) {
         p.mutable_keys(0)->set_roles(v1::KEY_ROLE_MEMBER);
         p.mutable_keys(1)->set_roles(v1::KEY_ROLE_OWNER);
       }},
  };
}

std::vector<FakePinsForm> LeaseForms() {
  return {
      {"Lease", true, [](const FakeSite& s, Pins& p) { s.AddLease(p); }},
      {"LeaseWithoutItsKey", false,
       [](const FakeSite& s, Pins& p) {
         s.AddLease(p);
         p.mutable_keys()->RemoveLast();
       }},
      {"LesseeWithoutALease", false,
       [](const FakeSite& s, Pins& p) {
         s.AddLease(p);
         p.clear_lease();
       }},
      {"LesseeOfAnotherAccount", false,
       [](const FakeSite& s, Pins& p) {
         s.AddLease(p);
         p.mutable_lease()->set_account("mallory");
       }},
      {"LesseeAndMember", false,
       [](const FakeSite& s, Pins& p) {
         s.AddLease(p);
         p.mutable_keys()->rbegin()->set_roles(v1::KEY_ROLE_LESSEE |
                                               v1::KEY_ROLE_MEMBER);
         *p.add_keys() =
             FakeToken("tok-g2", "guest").Pinned(v1::KEY_ROLE_LESSEE);
       }},
      {"SecondLesseeOfAnotherAccount", false,
       [](const FakeSite& s, Pins& p) {
         s.AddLease(p);
         *p.add_keys() =
             FakeToken("tok-m", "mallory").Pinned(v1::KEY_ROLE_LESSEE);
       }},
      {"LeaseWithoutAnEnd", false,
       [](const FakeSite& s, Pins& p) {
         s.AddLease(p);
         p.mutable_lease()->clear_until_ms();
       }},
      {"LeaseOfNobody", false,
       [](const FakeSite& s, Pins& p) {
         s.AddLease(p);
         p.mutable_lease()->clear_account();
       }},
      {"TwoIssuers", true, [](const FakeSite&, Pins& p) { SetIssuers(p, 2); }},
      {"ThreeIssuers", false,
       [](const FakeSite&, Pins& p) { SetIssuers(p, 3); }},
      {"IssuerTwice", false,
       [](const FakeSite&, Pins& p) {
         *p.add_lease_issuers() = p.lease_issuers(0);
       }},
      {"LeaseOfAYear", true,
       [](const FakeSite&, Pins& p) {
         p.mutable_lease_issuers(0)->set_max_lease_s(31'536'000);
       }},
      {"LeaseOfMoreThanAYear", false,
       [](const FakeSite&, Pins& p) {
         p.mutable_lease_issuers(0)->set_max_lease_s(31'536'001);
       }},
      {"LeaseOfASecond", true,
       [](const FakeSite&, Pins& p) {
         p.mutable_lease_issuers(0)->set_max_lease_s(1);
       }},
      {"LeaseOfNoTime", false,
       [](const FakeSite&, Pins& p) {
         p.mutable_lease_issuers(0)->clear_max_lease_s();
       }},
  };
}

std::vector<FakePinsForm> RuleForms() {
  return {
      {"RulesFor24", true, [](const FakeSite&, Pins& p) { SetRules(p, 24); }},
      {"RulesFor25", false, [](const FakeSite&, Pins& p) { SetRules(p, 25); }},
      {"OperationTwice", false,
       [](const FakeSite&, Pins& p) { *p.add_rules() = p.rules(0); }},
      {"NoRule", false,
       [](const FakeSite&, Pins& p) { p.mutable_rules(0)->clear_rule(); }},
      {"UnknownKind", false,
       [](const FakeSite&, Pins& p) {
         RuleFor(p, kDoor).set_kind(static_cast<v1::RuleKind>(4));
       }},
      {"FreeWithApprovals", false,
       [](const FakeSite&, Pins& p) {
         RuleFor(p, "lamp.on").set_approvals(1);
       }},
      {"ForbiddenWithUv", false,
       [](const FakeSite&, Pins& p) { RuleFor(p, "bomb.arm").set_uv(true); }},
      {"FreeUnbind", false,
       [](const FakeSite&, Pins& p) { RuleFor(p, kUnbind) = FreeRule(); }},
      {"ForbiddenUnbind", true,
       [](const FakeSite&, Pins& p) { RuleFor(p, kUnbind) = ForbiddenRule(); }},
      {"FreeDefault", false,
       [](const FakeSite&, Pins& p) {
         *p.mutable_default_rule() = FreeRule();
       }},
      {"ForbiddenDefault", true,
       [](const FakeSite&, Pins& p) {
         *p.mutable_default_rule() = ForbiddenRule();
       }},
      {"DefaultForBrowsersAndLessees", true,
       [](const FakeSite&, Pins& p) {
         *p.mutable_default_rule() = TouchRule();
         p.mutable_default_rule()->set_browser_ok(true);
         p.mutable_default_rule()->set_lessee(true);
       }},
      {"UnbindInABrowser", false,
       [](const FakeSite&, Pins& p) {
         RuleFor(p, kUnbind) = TouchRule();
         RuleFor(p, kUnbind).set_browser_ok(true);
       }},
      {"UnbindByALessee", false,
       [](const FakeSite&, Pins& p) {
         RuleFor(p, kUnbind) = TouchRule();
         RuleFor(p, kUnbind).set_lessee(true);
       }},
      {"EightApprovals", true,
       [](const FakeSite&, Pins& p) { RuleFor(p, kDoor).set_approvals(8); }},
      {"NineApprovals", false,
       [](const FakeSite&, Pins& p) { RuleFor(p, kDoor).set_approvals(9); }},
      {"NoApprovals", false,
       [](const FakeSite&, Pins& p) { RuleFor(p, kDoor).clear_approvals(); }},
      {"RuleOfTheHighestLevel", true,
       [](const FakeSite&, Pins& p) { RuleFor(p, kDoor).set_level(2); }},
      {"RuleOfALevelTooHigh", false,
       [](const FakeSite&, Pins& p) { RuleFor(p, kDoor).set_level(3); }},
      {"RuleOfEveryRole", true,
       [](const FakeSite&, Pins& p) { RuleFor(p, kDoor).set_roles(15); }},
      {"RuleOfNoRole", false,
       [](const FakeSite&, Pins& p) { RuleFor(p, kDoor).clear_roles(); }},
      {"RuleOfBreakGlass", false,
       [](const FakeSite&, Pins& p) { RuleFor(p, kDoor).set_roles(17); }},
  };
}

std::vector<FakePinsForm> OtherForms() {
  return {
      {"AsItIs", true, [](const FakeSite&, Pins&) {}},
      {"Format2", false, [](const FakeSite&, Pins& p) { p.set_format(2); }},
      {"FirstWithAPrevious", false,
       [](const FakeSite&, Pins& p) { p.set_previous(std::string(32, 'p')); }},
      {"LaterWithoutAPrevious", false,
       [](const FakeSite&, Pins& p) { p.set_revision(2); }},
      {"Later", true,
       [](const FakeSite&, Pins& p) {
         p.set_revision(2);
         p.set_previous(std::string(32, 'p'));
       }},
      {"RevisionZero", false,
       [](const FakeSite&, Pins& p) {
         p.clear_revision();
         p.set_previous(std::string(32, 'p'));
       }},
      {"FourGateways", true,
       [](const FakeSite&, Pins& p) { SetGateways(p, 4); }},
      {"FiveGateways", false,
       [](const FakeSite&, Pins& p) { SetGateways(p, 5); }},
      {"NoGateway", false,
       [](const FakeSite&, Pins& p) { p.clear_gateways(); }},
      {"GatewayTwice", false,
       [](const FakeSite&, Pins& p) { p.mutable_gateways(1)->set_id("gw-1"); }},
      {"GatewayPointTwice", false,
       [](const FakeSite&, Pins& p) {
         p.mutable_gateways(1)->set_point(p.gateways(0).point());
       }},
      {"NoAccount", false, [](const FakeSite&, Pins& p) { p.clear_account(); }},
      {"AccountNotCanonical", false,
       [](const FakeSite&, Pins& p) {
         p.set_account("Alice");
         p.mutable_keys(0)->set_account("Alice");
       }},
      {"AsLargeAsItMayBe", true, [](const FakeSite&, Pins& p) { Fill(p, 0); }},
      {"OneByteTooLarge", false, [](const FakeSite&, Pins& p) { Fill(p, 1); }},
  };
}

}  // namespace

const std::vector<FakePinsForm>& AllPinsForms() {
  static const auto* const forms = [] {
    auto* const all = new std::vector<FakePinsForm>;
    for (const auto& part :
         {OtherForms(), KeyForms(), LeaseForms(), RuleForms()}) {
      all->insert(all->end(), part.begin(), part.end());
    }
    return all;
  }();
  return *forms;
}

}  // namespace u2fi::proof
