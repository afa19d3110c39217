#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/fake_edits.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {

const std::vector<FakeGoodCase>& AllGoodCases() {
  static const auto* const cases = new std::vector<FakeGoodCase>{
      {"Touch", Unlock},
      {"TouchByMember", [](FakeCase& c) { c.Ask("door.unlock", {c.Bob()}); }},
      {"TouchAtAnotherSite",
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw2}});
       }},
      {"UnnamedOperation",
       [](FakeCase& c) { c.Ask("heater.on", {c.Alice()}); }},
      {"DefaultRule",
       [](FakeCase& c) {
         AddDefault(c.pins, QuorumRule(2));
         c.Ask("heater.on", {c.Bob(), c.Carol()});
       }},
      {"FreeOperationWithProof",
       [](FakeCase& c) { c.Ask("lamp.on", {c.Bob()}); }},
      {"Ctap2",
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true}});
       }},
      {"UserVerified",
       [](FakeCase& c) {
         c.Ask("pay.send", {{&c.site.alice, &c.site.gw1, true, 0x05}});
       }},
      {"Browser",
       [](FakeCase& c) { c.Ask("log.read", {InPortal(c.site.alice)}); }},
      // WebKit's client data end after the origin.
      {"BrowserWithoutCrossOrigin",
       [](FakeCase& c) {
         c.Ask("log.read", {InPortal(c.site.alice)});
         const std::string statement = First(c).statement();
         std::string data = WebauthnClientData(
             kWebauthnAssertion, ChallengeOf(statement), c.site.portal_origin);
         const size_t more = data.rfind(",\"crossOrigin\"");
         data.replace(more, std::string::npos, "}");
         First(c) = ToApproval(statement,
                               c.site.alice.Touch(c.site.rp_id, data, 0x01));
       }},
      {"ClientDataWithMoreMembers",
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true}});
         std::string data = First(c).client_data();
         data.insert(data.size() - 1, ",\"other\":\"x\"");
         TouchAgain(c, data);
       }},
      {"Quorum",
       [](FakeCase& c) {
         c.Ask("vault.open", {c.Alice(), c.Carol()});
       }},
      {"QuorumOfThreeIsMoreThanTwo",
       [](FakeCase& c) {
         c.Ask("vault.open", {c.Alice(), c.Bob(), c.Carol()});
       }},
      {"QuorumOfDistinctGateways",
       [](FakeCase& c) {
         RuleOf(c.pins, "vault.open").set_distinct_gateways(true);
         c.Ask("vault.open", {c.Alice(), {&c.site.bob, &c.site.gw2}});
       }},
      {"QuorumOfDistinctGatewaysAtOneSite",
       [](FakeCase& c) {
         c.site.gw2 = FakeGateway("gw-2", "home");
         *c.pins.mutable_gateways(1) = c.site.gw2.Pinned(true, false);
         RuleOf(c.pins, "vault.open").set_distinct_gateways(true);
         c.Ask("vault.open", {c.Alice(), {&c.site.bob, &c.site.gw2}});
       }},
      // Who does not count takes no place.
      {"QuorumBesideOneWhoDoesNotCount",
       [](FakeCase& c) {
         RuleOf(c.pins, "vault.open").set_distinct_gateways(true);
         RuleOf(c.pins, "vault.open").set_uv(true);
         c.Ask("vault.open", {c.Alice(),
                              {&c.site.bob, &c.site.gw1, true, 0x05},
                              {&c.site.carol, &c.site.gw2, true, 0x05}});
       }},
      {"QuorumOfDistinctSites",
       [](FakeCase& c) {
         RuleOf(c.pins, "vault.open").set_distinct_sites(true);
         c.Ask("vault.open", {c.Alice(), {&c.site.bob, &c.site.gw2}});
       }},
      {"Level",
       [](FakeCase& c) {
         RuleOf(c.pins, "vault.open") = QuorumRule(1);
         RuleOf(c.pins, "vault.open").set_level(2);
         c.Ask("vault.open", {c.Carol()});
       }},
      {"RequiredLevel",
       [](FakeCase& c) {
         c.edit = [](v1::AuthorizationStatement& s) {
           s.mutable_required()->set_level(2);
         };
         RuleOf(c.pins, "vault.open") = QuorumRule(1);
         c.Ask("vault.open", {c.Carol()});
       }},
      {"RequiredUserVerification",
       [](FakeCase& c) {
         c.edit = [](v1::AuthorizationStatement& s) {
           s.mutable_required()->set_uv(true);
         };
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true, 0x05}});
       }},
      {"ByWhoDoesNotSayWhoItIs",
       [](FakeCase& c) {
         Unlock(c);
         c.inputs = [](VerifyInputs& in) {
           in.device.clear();
           in.gateway.clear();
         };
       }},
      {"TouchedAtApproveBy",
       [](FakeCase& c) {
         UnlockWith(c, [&c](v1::AuthorizationStatement& s) {
           s.set_approve_by_ms(c.site.now_ms);
         });
       }},
      {"ExecuteByAsFarAsItMayBe",
       [](FakeCase& c) {
         UnlockWith(c, [](v1::AuthorizationStatement& s) {
           s.set_execute_by_ms(s.approve_by_ms() + 900'000);
         });
       }},
      {"ExecuteByIsApproveBy",
       [](FakeCase& c) {
         UnlockWith(c, [](v1::AuthorizationStatement& s) {
           s.set_execute_by_ms(s.approve_by_ms());
         });
       }},
      {"AtTheLastMoment",
       [](FakeCase& c) {
         Unlock(c);
         c.inputs = [](VerifyInputs& in) { in.now_ms += 150'000; };
       }},
      {"LastOfBatch",
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(5), {c.Alice()}, v1::PURPOSE_COMMAND, 4);
       }},
      {"MiddleOfLargestBatch",
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(1000), {c.Alice()}, v1::PURPOSE_COMMAND, 517);
       }},
      {"LesseeDuringLease",
       [](FakeCase& c) {
         DuringLease(c);
         c.Ask("camera.on", {c.Guest()});
       }},
      {"LesseeByTheRuleDuringLease",
       [](FakeCase& c) {
         LeaseTheDoor(c);
         c.Ask("door.unlock", {c.Guest()});
       }},
      {"OwnerAfterLease",
       [](FakeCase& c) {
         DuringLease(c);
         c.inputs = [](VerifyInputs& in) { in.lease_ended = true; };
         c.Ask("camera.on", {c.Alice()});
       }},
      {"BreakGlass",
       [](FakeCase& c) {
         BreakGlass(c, "vault.open", {c.Dave(), c.Erin()});
       }},
      {"FirstPins", Provision},
      // One touch of the owner's is enough for the first set, whatever it asks
      // of its successors.
      {"FirstPinsWithAQuorumForTheNext",
       [](FakeCase& c) {
         RuleOf(c.pins, "u2fi.pins") = QuorumRule(2);
         Provision(c);
       }},
      {"Grant",
       [](FakeCase& c) {
         c.AskFor({c.site.CommandBytes("u2fi.grant", GrantArguments())},
                  {c.Alice()}, v1::PURPOSE_PROVISION);
       }},
      {"GrantByAMember",
       [](FakeCase& c) {
         RuleOf(c.pins, "u2fi.grant") = TouchRule();
         c.AskFor({c.site.CommandBytes("u2fi.grant", GrantArguments())},
                  {c.Bob()}, v1::PURPOSE_PROVISION);
       }},
      {"PinsMadeStricter",
       [](FakeCase& c) { ChangeRule(c, QuorumRule(3), {c.Alice()}); }},
      {"PinsMadeLooser",
       [](FakeCase& c) { ChangeRule(c, FreeRule(), {c.Alice()}); }},
      {"PinsLooserWithTheQuorumBefore",
       [](FakeCase& c) {
         RuleOf(c.pins, "door.unlock") = QuorumRule(2);
         ChangeRule(c, TouchRule(), {c.Alice(), c.Carol()});
       }},
      {"PinsAllowTheForbidden",
       [](FakeCase& c) {
         RuleOf(c.pins, "door.unlock") = ForbiddenRule();
         ChangeRule(c, TouchRule(), {c.Alice()});
       }},
      {"PinsByRecovery",
       [](FakeCase& c) { ChangeRule(c, QuorumRule(2), {c.Erin()}); }},
      {"PinsUnderTheirOwnRule",
       [](FakeCase& c) {
         RuleOf(c.pins, "u2fi.pins") = QuorumRule(2);
         ChangeRule(c, QuorumRule(2), {c.Bob(), c.Carol()});
       }},
      {"PinsEndALease",
       [](FakeCase& c) {
         const v1::PinSet before = c.pins;
         DuringLease(c);
         v1::PinSet next = c.Next();
         *next.mutable_keys() = before.keys();
         next.clear_lease();
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      // A default for lessees is none for the pin set.
      {"PinsByTheOwnerUnderALesseesDefault",
       [](FakeCase& c) {
         DuringLease(c);
         AddDefault(c.pins, TouchRule());
         c.pins.mutable_default_rule()->set_lessee(true);
         ChangeRule(c, QuorumRule(2), {c.Alice()});
       }},
      // The lessee has a say in the camera for as long as the lease goes on.
      {"CameraTakenBackAfterTheLease",
       [](FakeCase& c) {
         DuringLease(c);
         c.pins.mutable_lease()->set_until_ms(c.site.now_ms);
         v1::PinSet next = c.Next();
         RuleOf(next, "camera.on").clear_lessee();
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"LeaseEndedAndCameraTakenBack",
       [](FakeCase& c) {
         const v1::PinSet before = c.pins;
         DuringLease(c);
         v1::PinSet next = c.Next();
         *next.mutable_keys() = before.keys();
         next.clear_lease();
         RuleOf(next, "camera.on").clear_lessee();
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"Move",
       [](FakeCase& c) {
         c.AskForPins(Moved(c), {{&c.site.alice, &Gw3()}}, v1::PURPOSE_MOVE);
       }},
      {"MoveExecutedAtTheNewSite",
       [](FakeCase& c) {
         v1::Command command = c.site.Command("u2fi.pins", Encode(Moved(c)));
         command.set_gateway("gw-3");
         c.AskFor({Encode(command)}, {c.Alice()}, v1::PURPOSE_MOVE);
         c.inputs = [](VerifyInputs& in) { in.gateway = "gw-3"; };
       }},
      {"Transfer",
       [](FakeCase& c) {
         Transfer(c, {c.Alice(), {&Frank(), &Gw3()}});
       }},
      {"TransferToAMember",
       [](FakeCase& c) {
         c.AskForPins(ToBob(c), {c.Alice(), c.Bob()}, v1::PURPOSE_TRANSFER);
       }},
      {"Lease",
       [](FakeCase& c) { Lease(c, Leased(c), c.site.Offer(), c.Guest()); }},
      {"LeaseAtItsFirstMoment",
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.set_from_ms(c.site.now_ms);
         Lease(c, Leased(c), offer, c.Guest());
       }},
      {"LeaseAsLongAsTheIssuerMay",
       [](FakeCase& c) {
         c.pins.mutable_lease_issuers(0)->set_max_lease_s(25 * 3600);
         Lease(c, Leased(c), c.site.Offer(), c.Guest());
       }},
      {"LeaseMadeLonger",
       [](FakeCase& c) {
         DuringLease(c);
         v1::LeaseOffer offer = c.site.Offer();
         offer.set_until_ms(offer.until_ms() + 1);
         v1::PinSet next = c.Next();
         next.mutable_lease()->set_until_ms(offer.until_ms());
         Lease(c, next, offer, c.Guest());
       }},
      {"LeaseToTheFirstKey",
       [](FakeCase& c) {
         v1::LeaseOffer offer = c.site.Offer();
         offer.clear_guest_account();
         offer.set_first_key(true);
         Lease(c, Leased(c), offer, c.Guest());
       }},
      {"LeaseAfterTheLast",
       [](FakeCase& c) {
         const v1::PinSet before = c.pins;
         FakeToken last("tok-last", "last");
         *c.pins.add_keys() = last.Pinned(v1::KEY_ROLE_LESSEE);
         c.pins.mutable_lease()->set_account("last");
         c.pins.mutable_lease()->set_until_ms(c.site.now_ms);
         v1::PinSet next = c.Next();
         *next.mutable_keys() = before.keys();
         c.site.AddLease(next);
         Lease(c, next, c.site.Offer(), c.Guest());
       }},
      {"Unbind",
       [](FakeCase& c) {
         Unbind(c, crypto::View(c.Present()->hash()), c.Alice());
       }},
  };
  return *cases;
}

const std::vector<FakeFault>& AllFaults() {
  static const auto* const faults = [] {
    auto* const all = new std::vector<FakeFault>;
    for (const auto& part :
         {FormFaults(), TargetFaults(), ApprovalFaults(), PinsFaults()}) {
      all->insert(all->end(), part.begin(), part.end());
    }
    return all;
  }();
  return *faults;
}

}  // namespace u2fi::proof
