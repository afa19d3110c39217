// Steps rule and pins.
#include "absl/strings/str_cat.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/fake_edits.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {

std::vector<FakeFault> PinsFaults() {
  return {
      // rule
      {"Forbidden", "rule", &reason::kOperationForbidden,
       [](FakeCase& c) {
         c.Ask("bomb.arm", {c.Alice(), c.Bob()});
       }},
      {"ForbiddenUnderBreakGlass", "rule", &reason::kOperationForbidden,
       [](FakeCase& c) {
         BreakGlass(c, "bomb.arm", {c.Dave(), c.Erin()});
       }},
      {"QuorumOfOne", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) { c.Ask("vault.open", {c.Alice()}); }},
      {"BreakGlassByOne", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) { BreakGlass(c, "vault.open", {c.Dave()}); }},
      {"NoUserVerification", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) { c.Ask("pay.send", {c.Alice()}); }},
      {"LevelOfTheRule", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         RuleOf(c.pins, "door.unlock").set_level(1);
         Unlock(c);
       }},
      {"QuorumAtOneGateway", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         RuleOf(c.pins, "vault.open").set_distinct_gateways(true);
         c.Ask("vault.open", {c.Alice(), c.Bob()});
       }},
      {"QuorumAtOneSite", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         c.site.gw2 = FakeGateway("gw-2", "home");
         *c.pins.mutable_gateways(1) = c.site.gw2.Pinned(true, false);
         RuleOf(c.pins, "vault.open").set_distinct_sites(true);
         c.Ask("vault.open", {c.Alice(), {&c.site.bob, &c.site.gw2}});
       }},
      {"GrantByOneOfTheQuorum", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         RuleOf(c.pins, "u2fi.grant") = QuorumRule(2);
         c.AskFor({c.site.CommandBytes("u2fi.grant", GrantArguments())},
                  {c.Alice()}, v1::PURPOSE_PROVISION);
       }},
      {"PinsByAMember", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) { ChangeRule(c, QuorumRule(2), {c.Bob()}); }},
      {"PinsUnderAConvenientDefault", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         AddDefault(c.pins, TouchRule());
         ChangeRule(c, QuorumRule(2), {c.Bob()});
       }},
      {"TransferByTheNewOwnerAlone", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         Transfer(c, {{&Frank(), &Gw3()}});
       }},
      // pins
      {"UnbindOfAnotherSet", "pins", &reason::kPinsPrevious,
       [](FakeCase& c) { Unbind(c, std::string(32, 'x'), c.Alice()); }},
      {"FirstPinsOfRevision2", "pins", &reason::kPinsRevision,
       [](FakeCase& c) {
         c.blank = true;
         c.AskForPins(c.Next(), {c.Alice()}, v1::PURPOSE_PROVISION);
       }},
      {"FirstPinsWithALease", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         DuringLease(c);
         Provision(c);
       }},
      {"RevisionSkipped", "pins", &reason::kPinsRevision,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         next.set_revision(3);
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"RevisionRepeated", "pins", &reason::kPinsRevision,
       [](FakeCase& c) {
         c.pins = c.Next();
         c.AskForPins(c.pins, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"PreviousOfAnotherSet", "pins", &reason::kPinsPrevious,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         next.mutable_previous()->back() ^= 1;
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"PinsOfAnotherRelyingParty", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         next.set_rp_id_hash(std::string(32, 'x'));
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"PinsOfAnotherDevice", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         next.set_device("lock-2");
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"PinsOfAnotherTenant", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         next.set_tenant("other");
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"PinsChangeTheOwner", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         c.AskForPins(Franks(c, Frank(), c.site.gw1), {c.Alice()},
                      v1::PURPOSE_PINS);
       }},
      {"PinsChangeTheSite", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         next.set_site("office");
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"LoosenedByOneOfTheQuorum", "pins", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         RuleOf(c.pins, "door.unlock") = QuorumRule(2);
         ChangeRule(c, TouchRule(), {c.Alice()});
       }},
      {"LoosenedByLeavingTheRuleOut", "pins", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         RuleOf(c.pins, "door.unlock") = QuorumRule(2);
         v1::PinSet next = c.Next();
         next.clear_rules();
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"LoosenedDefault", "pins", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         AddDefault(c.pins, QuorumRule(2));
         RuleOf(c.pins, "u2fi.pins") = OwnerTouchRule();
         v1::PinSet next = c.Next();
         next.clear_default_rule();
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"LoosenedDefaultAlone", "pins", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         AddDefault(c.pins, QuorumRule(2));
         RuleOf(c.pins, "u2fi.pins") = OwnerTouchRule();
         RuleOf(c.pins, "u2fi.unbind") = OwnerTouchRule();
         v1::PinSet next = c.Next();
         AddDefault(next, TouchRule());
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      // Under a default of FORBIDDEN one touch of the owner's unbinds.
      {"ForbiddingAllLoosensUnbind", "pins", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         AddDefault(c.pins, QuorumRule(2));
         RuleOf(c.pins, "u2fi.pins") = OwnerTouchRule();
         v1::PinSet next = c.Next();
         AddDefault(next, ForbiddenRule());
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"CameraTakenFromTheLessee", "pins", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         DuringLease(c);
         v1::PinSet next = c.Next();
         RuleOf(next, "camera.on").clear_lessee();
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"MoveChangesAKey", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         v1::PinSet next = Moved(c);
         *next.add_keys() = Frank().Pinned(v1::KEY_ROLE_MEMBER);
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_MOVE);
       }},
      {"MoveChangesARule", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         v1::PinSet next = Moved(c);
         RuleOf(next, "door.unlock") = FreeRule();
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_MOVE);
       }},
      {"TransferToTheSameOwner", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         c.AskForPins(c.Next(), {c.Alice()}, v1::PURPOSE_TRANSFER);
       }},
      {"TransferWithoutTheNewOwner", "pins", &reason::kRuleNotSatisfied,
       [](FakeCase& c) { Transfer(c, {c.Alice()}); }},
      {"TransferToAnotherPointOfTheToken", "pins", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         v1::PinSet next = ToBob(c);
         next.mutable_keys(0)->set_point(FakeKey("other").public_key().point());
         c.AskForPins(next, {c.Alice(), c.Bob()}, v1::PURPOSE_TRANSFER);
       }},
      {"LeaseWithoutOffer", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         Lease(c, Leased(c), c.site.Offer(), c.Guest());
         c.offer.reset();
       }},
      {"LeaseOfferByAnother", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         c.site.front_desk = FakeKey("someone");
         Lease(c, Leased(c), c.site.Offer(), c.Guest());
       }},
      {"LeaseToAnotherGuest", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.set_guest_account("frank");
         Lease(c, Leased(c), offer, c.Guest());
       }},
      {"LeaseOfAnotherLength", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.set_until_ms(offer.until_ms() - 1);
         Lease(c, Leased(c), offer, c.Guest());
       }},
      {"LeaseTooLongForTheIssuer", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         c.pins.mutable_lease_issuers(0)->set_max_lease_s(3600);
         Lease(c, Leased(c), c.site.Offer(), c.Guest());
       }},
      {"LeaseBeforeItBegins", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.set_from_ms(c.site.now_ms + 1);
         Lease(c, Leased(c), offer, c.Guest());
       }},
      {"LeaseOfOtherDevices", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.mutable_devices()->RemoveLast();
         Lease(c, Leased(c), offer, c.Guest());
       }},
      {"LeaseOfferBroken", "pins", &reason::kLeaseFormat,
       [](FakeCase& c) {
         Lease(c, Leased(c), c.site.Offer(), c.Guest());
         c.offer->mutable_offer()->push_back('x');
       }},
      {"LeaseOfferOfAnotherTenant", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.set_tenant("other");
         Lease(c, Leased(c), offer, c.Guest());
       }},
      {"LeaseOfferOfAnotherSite", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.set_site("office");
         Lease(c, Leased(c), offer, c.Guest());
       }},
      {"LeaseTouchedAtItsEnd", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.set_until_ms(c.site.now_ms);
         v1::PinSet next = Leased(c);
         next.mutable_lease()->set_until_ms(c.site.now_ms);
         Lease(c, next, offer, c.Guest());
       }},
      {"LeaseOfferThatEndsBeforeItBegins", "pins", &reason::kLeaseFormat,
       [](FakeCase& c) {
         LeaseBy(c, [](v1::LeaseOffer& offer) {
           offer.set_from_ms(offer.until_ms());
         });
       }},
      {"LeaseOfferToAGuestAndTheFirstKey", "pins", &reason::kLeaseFormat,
       [](FakeCase& c) {
         LeaseBy(c, [](v1::LeaseOffer& offer) { offer.set_first_key(true); });
       }},
      {"LeaseOfferToNobody", "pins", &reason::kLeaseFormat,
       [](FakeCase& c) {
         LeaseBy(c, [](v1::LeaseOffer& offer) { offer.clear_guest_account(); });
       }},
      {"LeaseOfferWithADeviceTwice", "pins", &reason::kLeaseFormat,
       [](FakeCase& c) {
         LeaseBy(c, [](v1::LeaseOffer& offer) { offer.add_devices("lock-1"); });
       }},
      {"LeaseOfferWithDevicesOutOfOrder", "pins", &reason::kLeaseFormat,
       [](FakeCase& c) {
         LeaseBy(c, [](v1::LeaseOffer& offer) {
           offer.mutable_devices()->SwapElements(0, 1);
         });
       }},
      {"LeaseOfferWithTooManyDevices", "pins", &reason::kLeaseFormat,
       [](FakeCase& c) {
         LeaseBy(c, [](v1::LeaseOffer& offer) {
           for (int i = 1000; i < 1999; ++i) {
             offer.add_devices(absl::StrCat("m", i));
           }
         });
       }},
      {"FirstKeyAndAnother", "pins", &reason::kLeaseOfferInvalid,
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.clear_guest_account();
         offer.set_first_key(true);
         v1::PinSet next = Leased(c);
         *next.add_keys() =
             FakeToken("tok-guest2", "guest").Pinned(v1::KEY_ROLE_LESSEE);
         Lease(c, next, offer, c.Guest());
       }},
      {"LeaseChangesARule", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         v1::PinSet next = Leased(c);
         RuleOf(next, "door.unlock") = FreeRule();
         Lease(c, next, c.site.Offer(), c.Guest());
       }},
      {"LeaseAddsAMember", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         v1::PinSet next = Leased(c);
         *next.add_keys() = Frank().Pinned(v1::KEY_ROLE_MEMBER);
         Lease(c, next, c.site.Offer(), c.Guest());
       }},
      {"LeaseMakesAMemberAnOwner", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         v1::PinSet next = Leased(c);
         next.mutable_keys(1)->set_roles(v1::KEY_ROLE_OWNER);
         Lease(c, next, c.site.Offer(), c.Guest());
       }},
      {"LeaseOverAnother", "pins", &reason::kPinsChange,
       [](FakeCase& c) {
         const v1::PinSet before = c.pins;
         FakeToken last("tok-last", "last");
         *c.pins.add_keys() = last.Pinned(v1::KEY_ROLE_LESSEE);
         c.pins.mutable_lease()->set_account("last");
         c.pins.mutable_lease()->set_until_ms(c.site.now_ms + 1);
         v1::PinSet next = c.Next();
         *next.mutable_keys() = before.keys();
         c.site.AddLease(next);
         Lease(c, next, c.site.Offer(), c.Guest());
       }},
  };
}

}  // namespace u2fi::proof
