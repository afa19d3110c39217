#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/lease_offer.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {
namespace {

void Unlock(FakeCase& c) { c.Ask("door.unlock", {c.Alice()}); }

v1::Approval& First(FakeCase& c) { return *c.proof.mutable_approvals(0); }

// Flips the last bit of a signature's s: still DER, and wrong.
void Spoil(std::string& signature) { signature.back() ^= 1; }

// Approves with every statement changed by `edit`.
template <typename Edit>
void UnlockWith(FakeCase& c, Edit edit) {
  c.edit = edit;
  Unlock(c);
}

// The command with one field changed after the touch.
template <typename Change>
void Swap(FakeCase& c, Change change) {
  Unlock(c);
  v1::Command command;
  command.ParseFromString(c.command);
  change(command);
  c.command = Encode(command);
}

// The statement with one field changed after the touch.
template <typename Change>
void SwapStatement(FakeCase& c, Change change) {
  Unlock(c);
  v1::AuthorizationStatement statement;
  statement.ParseFromString(First(c).statement());
  change(statement);
  First(c).set_statement(Encode(statement));
}

// Another touch over the same statement, with other client data or flags.
void TouchAgain(FakeCase& c, const std::string& client_data,
                uint8_t flags = 0x01) {
  v1::Approval& approval = First(c);
  const std::string statement = approval.statement();
  v1::Answer answer = c.site.alice.Touch(c.site.rp_id, client_data, flags);
  SignRelay(c.site.gw1.key, ChallengeOf(statement), c.site.now_ms, answer);
  approval = ToApproval(statement, answer);
}

// An approval in the portal.
FakeTouch InPortal(FakeToken& token) { return {&token, nullptr}; }

void AddDefault(v1::PinSet& pins, v1::Rule rule) {
  *pins.mutable_default_rule() = std::move(rule);
}

v1::Rule& RuleOf(v1::PinSet& pins, absl::string_view operation) {
  for (v1::OperationRule& entry : *pins.mutable_rules()) {
    if (entry.operation() == operation) return *entry.mutable_rule();
  }
  v1::OperationRule& entry = *pins.add_rules();
  entry.set_operation(std::string(operation));
  return *entry.mutable_rule();
}

std::string UnbindArguments(absl::string_view hash) {
  v1::UnbindArguments arguments;
  arguments.set_format(1);
  arguments.set_pins_hash(std::string(hash));
  return Encode(arguments);
}

void Unbind(FakeCase& c, absl::string_view hash, FakeTouch touch) {
  c.AskFor({c.site.CommandBytes("u2fi.unbind", UnbindArguments(hash))}, {touch},
           v1::PURPOSE_UNBIND);
}

std::string GrantArguments() {
  v1::GrantArguments arguments;
  arguments.set_format(1);
  arguments.set_grant_header_hash(std::string(32, 'h'));
  arguments.set_ssid_hash(std::string(32, 's'));
  return Encode(arguments);
}

// The next set with another rule for door.unlock.
void ChangeRule(FakeCase& c, const v1::Rule& rule,
                std::vector<FakeTouch> touches) {
  v1::PinSet next = c.Next();
  RuleOf(next, "door.unlock") = rule;
  c.AskForPins(next, std::move(touches), v1::PURPOSE_PINS);
}

void Provision(FakeCase& c) {
  c.blank = true;
  c.AskForPins(c.pins, {c.Alice()}, v1::PURPOSE_PROVISION);
}

// The next set as frank's, who lives where gw-3 is.
v1::PinSet Franks(FakeCase& c, FakeToken& frank, const FakeGateway& gw3) {
  v1::PinSet next = c.Next();
  next.set_account("frank");
  next.clear_keys();
  *next.add_keys() = frank.Pinned(v1::KEY_ROLE_OWNER);
  next.clear_gateways();
  *next.add_gateways() = gw3.Pinned();
  return next;
}

FakeToken& Frank() {
  static FakeToken* const frank = new FakeToken("tok-frank", "frank");
  return *frank;
}
const FakeGateway& Gw3() {
  static const FakeGateway* const gw3 = new FakeGateway("gw-3", "cabin");
  return *gw3;
}

void Transfer(FakeCase& c, std::vector<FakeTouch> touches) {
  c.AskForPins(Franks(c, Frank(), Gw3()), std::move(touches),
               v1::PURPOSE_TRANSFER);
}

// The next set at the site cabin, behind gw-3.
v1::PinSet Moved(FakeCase& c) {
  v1::PinSet next = c.Next();
  next.set_site("cabin");
  next.clear_gateways();
  *next.add_gateways() = Gw3().Pinned();
  return next;
}

v1::PinSet Leased(FakeCase& c) {
  v1::PinSet next = c.Next();
  c.site.AddLease(next);
  return next;
}

void Lease(FakeCase& c, const v1::PinSet& next, const v1::LeaseOffer& offer,
           FakeTouch touch) {
  c.AskForPins(next, {touch}, v1::PURPOSE_LEASE);
  c.offer = c.site.SignedOffer(offer);
}

void DuringLease(FakeCase& c) { c.site.AddLease(c.pins); }

void BreakGlass(FakeCase& c, absl::string_view operation,
                std::vector<FakeTouch> touches) {
  c.AskFor({c.site.CommandBytes(operation)}, std::move(touches),
           v1::PURPOSE_BREAK_GLASS);
}

}  // namespace

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
      {"Grant",
       [](FakeCase& c) {
         c.AskFor({c.site.CommandBytes("u2fi.grant", GrantArguments())},
                  {c.Alice()}, v1::PURPOSE_PROVISION);
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
         RuleOf(c.pins, "u2fi.pins") = TouchRule();
         v1::PinSet next = c.Next();
         next.set_account("bob");
         next.clear_keys();
         *next.add_keys() = c.site.bob.Pinned(v1::KEY_ROLE_OWNER);
         c.AskForPins(next, {c.Alice(), c.Bob()}, v1::PURPOSE_TRANSFER);
       }},
      {"Lease",
       [](FakeCase& c) { Lease(c, Leased(c), c.site.Offer(), c.Guest()); }},
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
  using v1::AuthorizationStatement;
  static const auto* const faults = new std::vector<FakeFault>{
      // sizes
      {"NoApproval", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         c.proof.clear_approvals();
       }},
      {"NineApprovals", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         while (c.proof.approvals_size() < 9) {
           *c.proof.add_approvals() = c.proof.approvals(0);
         }
       }},
      {"CommandTooLarge", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         c.command.resize(4097);
       }},
      {"StatementTooLarge", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_statement()->resize(2049);
       }},
      {"ClientDataTooLarge", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_client_data()->resize(2049);
       }},
      {"AuthenticatorDataTooLarge", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_authenticator_data()->resize(513);
       }},
      {"SignatureTooLarge", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_signature()->resize(513);
       }},
      {"RelaySignatureTooLarge", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_relay_signature()->resize(73);
       }},
      {"PathTooLong", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         for (int i = 0; i < 11; ++i) c.proof.add_path(std::string(32, 'p'));
       }},
      {"SignatureMissing", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         First(c).clear_signature();
       }},
      // format
      {"CommandTwice", "format", &reason::kCommandFormat,
       [](FakeCase& c) {
         Unlock(c);
         c.command += c.command;
       }},
      {"CommandWithPaddedVarint", "format", &reason::kCommandFormat,
       [](FakeCase& c) {
         Unlock(c);
         c.command.replace(1, 1, "\x81\0", 2);
       }},
      {"CommandFormat2", "format", &reason::kCommandFormat,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_format(2);
         c.AskFor({Encode(command)}, {c.Alice()});
       }},
      {"DeviceIdNotCanonical", "format", &reason::kCommandFormat,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_device("Lock-1");
         c.AskFor({Encode(command)}, {c.Alice()});
       }},
      {"SequenceMissing", "format", &reason::kCommandFormat,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.clear_sequence();
         c.AskFor({Encode(command)}, {c.Alice()});
       }},
      {"UnknownReservedOperation", "format", &reason::kOperationUnknown,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_operation("u2fi.open");
         c.AskFor({Encode(command)}, {c.Alice()});
       }},
      {"StatementWithUnknownField", "format", &reason::kStatementFormat,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_statement()->append("\xa0\x06\x01", 3);
       }},
      {"StatementFormat2", "format", &reason::kStatementFormat,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) { s.set_format(2); });
       }},
      {"UnknownPurpose", "format", &reason::kStatementFormat,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) {
           s.set_purpose(static_cast<v1::Purpose>(12));
         });
       }},
      {"StatementWithoutBatch", "format", &reason::kStatementFormat,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) {
           s.clear_batch_root();
           s.clear_batch_size();
         });
       }},
      {"ShortNonce", "format", &reason::kStatementFormat,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) { s.set_nonce("n"); });
       }},
      {"TokenIdNotCanonical", "format", &reason::kProofFormat,
       [](FakeCase& c) {
         Unlock(c);
         First(c).set_token_id("Tok");
       }},
      {"PinSetBroken", "format", &reason::kPinSetFormat,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         next.clear_keys();
         c.AskForPins(next, {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"UnbindArgumentsBroken", "format", &reason::kArgumentsFormat,
       [](FakeCase& c) { Unbind(c, "short", c.Alice()); }},
      {"GrantArgumentsBroken", "format", &reason::kArgumentsFormat,
       [](FakeCase& c) {
         c.AskFor({c.site.CommandBytes("u2fi.grant")}, {c.Alice()},
                  v1::PURPOSE_PROVISION);
       }},
      // agreement
      {"ApprovalsOfTwoBatches", "agreement", &reason::kApprovalsDisagree,
       [](FakeCase& c) {
         c.Ask("door.unlock", {c.Alice(), c.Bob()});
         const v1::Approval bob = c.proof.approvals(1);
         c.Ask("vault.open", {c.Alice(), c.Bob()});
         *c.proof.mutable_approvals(1) = bob;
       }},
      {"ApprovalsWithTwoDeadlines", "agreement", &reason::kApprovalsDisagree,
       [](FakeCase& c) {
         c.edit = [](AuthorizationStatement& s) {
           if (s.account() == "bob") s.set_execute_by_ms(s.approve_by_ms());
         };
         c.Ask("vault.open", {c.Alice(), c.Bob()});
       }},
      {"ApprovalsOfTwoTenants", "agreement", &reason::kApprovalsDisagree,
       [](FakeCase& c) {
         c.edit = [](AuthorizationStatement& s) {
           if (s.account() == "bob") s.set_tenant("other");
         };
         c.Ask("vault.open", {c.Alice(), c.Bob()});
       }},
      {"ApprovalsOfTwoSites", "agreement", &reason::kApprovalsDisagree,
       [](FakeCase& c) {
         c.edit = [](AuthorizationStatement& s) {
           if (s.account() == "bob") s.set_site("office");
         };
         c.Ask("vault.open", {c.Alice(), c.Bob()});
       }},
      {"ApprovalsOfTwoSizes", "agreement", &reason::kApprovalsDisagree,
       [](FakeCase& c) {
         c.edit = [](AuthorizationStatement& s) {
           if (s.account() == "bob") s.set_batch_size(2);
         };
         c.Ask("vault.open", {c.Alice(), c.Bob()});
       }},
      {"ApprovalsOfTwoPurposes", "agreement", &reason::kApprovalsDisagree,
       [](FakeCase& c) {
         c.edit = [](AuthorizationStatement& s) {
           if (s.account() == "bob") s.set_purpose(v1::PURPOSE_BREAK_GLASS);
         };
         c.Ask("vault.open", {c.Alice(), c.Bob()});
       }},
      {"OneTokenTwice", "agreement", &reason::kApprovalsNotDistinct,
       [](FakeCase& c) { c.Ask("vault.open", {c.Alice(), c.Alice()}); }},
      {"OneAccountTwice", "agreement", &reason::kApprovalsNotDistinct,
       [](FakeCase& c) {
         FakeToken second("tok-alice2", "alice");
         *c.pins.add_keys() = second.Pinned(v1::KEY_ROLE_OWNER);
         c.Ask("vault.open", {c.Alice(), {&second, &c.site.gw1}});
       }},
      // purpose
      {"DeviceOperationUnderPins", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.Ask("door.unlock", {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"UnbindUnderCommand", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.AskFor({c.site.CommandBytes(
                      "u2fi.unbind",
                      UnbindArguments(crypto::View(c.Present()->hash())))},
                  {c.Alice()}, v1::PURPOSE_COMMAND);
       }},
      {"EnrolAtADevice", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         v1::EnrolArguments arguments;
         arguments.set_format(1);
         arguments.set_token_id("tok-x");
         arguments.set_registration_digest(std::string(32, 'd'));
         c.AskFor({c.site.CommandBytes("u2fi.enrol", Encode(arguments))},
                  {c.Alice()}, v1::PURPOSE_ENROL);
       }},
      {"CommandToABlankDevice", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.blank = true;
         Unlock(c);
       }},
      {"LaterPinsToABlankDevice", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.blank = true;
         c.AskForPins(c.Next(), {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"FirstPinsToABoundDevice", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.AskForPins(c.pins, {c.Alice()}, v1::PURPOSE_PROVISION);
       }},
      {"GrantLater", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.pins = c.Next();
         c.AskFor({c.site.CommandBytes("u2fi.grant", GrantArguments())},
                  {c.Alice()}, v1::PURPOSE_PROVISION);
       }},
      // target
      {"OtherTenant", "target", &reason::kTenantMismatch,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) { s.set_tenant("evil"); });
       }},
      {"OtherSite", "target", &reason::kSiteMismatch,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) { s.set_site("office"); });
       }},
      {"OtherDevice", "target", &reason::kDeviceMismatch,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_device("lock-2");
         c.AskFor({Encode(command)}, {c.Alice()});
       }},
      {"NotThisDevice", "target", &reason::kDeviceMismatch,
       [](FakeCase& c) {
         Unlock(c);
         c.inputs = [](VerifyInputs& in) { in.device = "lock-2"; };
       }},
      {"NotThisGateway", "target", &reason::kGatewayMismatch,
       [](FakeCase& c) {
         Unlock(c);
         c.inputs = [](VerifyInputs& in) { in.gateway = "gw-2"; };
       }},
      {"ExecutorNotPinned", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_gateway("gw-9");
         c.AskFor({Encode(command)}, {c.Alice()});
         c.inputs = [](VerifyInputs& in) { in.gateway = "gw-9"; };
       }},
      {"ExecutorMayNotExecute", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_gateway("gw-2");
         c.AskFor({Encode(command)}, {c.Alice()});
         c.inputs = [](VerifyInputs& in) { in.gateway = "gw-2"; };
       }},
      {"ApproverGatewayNotPinned", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) { c.Ask("door.unlock", {{&c.site.alice, &Gw3()}}); }},
      {"ApproverGatewayMayNotApprove", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         c.pins.mutable_gateways(1)->clear_may_approve();
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw2}});
       }},
      {"ChannelKeyOfAnother", "target", &reason::kChannelKeyMismatch,
       [](FakeCase& c) {
         c.edit = [&c](AuthorizationStatement& s) {
           s.set_channel_key(c.site.gw2.ChannelKey());
         };
         Unlock(c);
       }},
      {"BrowserWithoutItsFlag", "target", &reason::kBrowserNotAllowed,
       [](FakeCase& c) { c.Ask("door.unlock", {InPortal(c.site.alice)}); }},
      {"PinsInABrowser", "target", &reason::kBrowserNotAllowed,
       [](FakeCase& c) {
         c.AskForPins(c.Next(), {InPortal(c.site.alice)}, v1::PURPOSE_PINS);
       }},
      {"UnbindInABrowser", "target", &reason::kBrowserNotAllowed,
       [](FakeCase& c) {
         Unbind(c, crypto::View(c.Present()->hash()), InPortal(c.site.alice));
       }},
      {"BreakGlassInABrowser", "target", &reason::kBrowserNotAllowed,
       [](FakeCase& c) {
         BreakGlass(c, "log.read", {c.Dave(), InPortal(c.site.erin)});
       }},
      {"MoveNotToThatGateway", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         static const FakeGateway* const gw4 = new FakeGateway("gw-4", "cabin");
         c.AskForPins(Moved(c), {{&c.site.alice, gw4}}, v1::PURPOSE_MOVE);
       }},
      {"PinsAtAGatewayOfTheNewSet", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         *next.add_gateways() = Gw3().Pinned();
         c.AskForPins(next, {{&c.site.alice, &Gw3()}}, v1::PURPOSE_PINS);
       }},
      // deadlines
      {"ExecuteByTooFar", "deadlines", &reason::kDeadlineBounds,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) {
           s.set_execute_by_ms(s.approve_by_ms() + 900'001);
         });
       }},
      {"ExecuteByBeforeApproveBy", "deadlines", &reason::kDeadlineBounds,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) {
           s.set_execute_by_ms(s.approve_by_ms() - 1);
         });
       }},
      {"TouchedAfterApproveBy", "deadlines", &reason::kApproveByPassed,
       [](FakeCase& c) {
         c.edit = [&c](AuthorizationStatement& s) {
           s.set_approve_by_ms(c.site.now_ms - 1);
         };
         Unlock(c);
       }},
      {"SecondTouchedAfterApproveBy", "deadlines", &reason::kApproveByPassed,
       [](FakeCase& c) {
         c.edit = [&c](AuthorizationStatement& s) {
           if (s.account() == "bob") s.set_approve_by_ms(c.site.now_ms - 1);
         };
         c.Ask("vault.open", {c.Alice(), c.Bob()});
       }},
      {"TooLate", "deadlines", &reason::kExecuteByPassed,
       [](FakeCase& c) {
         Unlock(c);
         c.inputs = [](VerifyInputs& in) { in.now_ms += 150'001; };
       }},
      // path
      {"CommandByteSwapped", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         Swap(c, [](v1::Command& m) { m.set_operation("door.unlocl"); });
       }},
      {"ArgumentSwapped", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         Swap(c, [](v1::Command& m) { m.set_arguments("[]"); });
       }},
      {"SequenceSwapped", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         Swap(c, [](v1::Command& m) { m.set_sequence(8); });
       }},
      {"CommandIdSwapped", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         Swap(c, [](v1::Command& m) {
           m.set_command_id("aaaaaaaaaaaaaaaaaaaaaaaaaa");
         });
       }},
      {"IndexSwapped", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(4), {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.proof.set_index(3);
       }},
      {"OtherItemOfTheBatch", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         const std::vector<std::string> batch = c.site.Batch(4);
         c.AskFor(batch, {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.command = batch[1];
       }},
      {"BatchReordered", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         std::vector<std::string> batch = c.site.Batch(4);
         c.AskFor(batch, {c.Alice()}, v1::PURPOSE_COMMAND, 0);
         std::swap(batch[1], batch[2]);
         *c.proof.mutable_path() =
             FakeSite::ProofOf({}, batch, 0).path();
       }},
      {"PathShorter", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(4), {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.proof.mutable_path()->RemoveLast();
       }},
      {"PathLonger", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         Unlock(c);
         c.proof.add_path(std::string(32, 'p'));
       }},
      {"PathHashOf31Bytes", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(4), {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.proof.mutable_path(0)->pop_back();
       }},
      {"PathHashChanged", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(4), {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.proof.mutable_path(0)->back() ^= 1;
       }},
      {"LeafAsNode", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         // The root of a batch of two offered as that of a batch of one.
         const std::vector<std::string> batch = c.site.Batch(2);
         c.edit = [](AuthorizationStatement& s) { s.set_batch_size(1); };
         c.AskFor(batch, {c.Alice()}, v1::PURPOSE_COMMAND, 0);
         c.proof.clear_path();
       }},
      {"OtherProof", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         Unlock(c);
         c.command = c.site.CommandBytes("vault.open");
       }},
      // challenge
      {"ClientDataOfAnotherChallenge", "challenge",
       &reason::kChallengeMismatch,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(c, U2fClientData(kU2fAssertion, crypto::Sha256("other"),
                                     {"acme", "home", "gw-1"},
                                     c.site.gw1.key.public_key().point()));
       }},
      {"StatementSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(c, [](AuthorizationStatement& s) {
           s.set_execute_by_ms(s.execute_by_ms() + 1);
         });
       }},
      {"ApproveBySwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(c, [](AuthorizationStatement& s) {
           s.set_approve_by_ms(s.approve_by_ms() + 1);
         });
       }},
      {"AccountSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(
             c, [](AuthorizationStatement& s) { s.set_account("bob"); });
       }},
      {"EpochSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(
             c, [](AuthorizationStatement& s) { s.set_store_epoch("e2"); });
       }},
      {"PinsRevisionSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(
             c, [](AuthorizationStatement& s) { s.set_pins_revision(9); });
       }},
      {"ApproverGatewaySwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(c, [&c](AuthorizationStatement& s) {
           s.set_approver_gateway("gw-2");
           s.set_channel_key(c.site.gw2.ChannelKey());
         });
       }},
      {"PurposeSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(c, [](AuthorizationStatement& s) {
           s.set_purpose(v1::PURPOSE_BREAK_GLASS);
         });
       }},
      {"BatchSizeSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         // Item 4 of 7 has the same path in a batch of 8.
         c.AskFor(c.site.Batch(7), {c.Alice()}, v1::PURPOSE_COMMAND, 4);
         AuthorizationStatement statement;
         statement.ParseFromString(First(c).statement());
         statement.set_batch_size(8);
         First(c).set_statement(Encode(statement));
       }},
      {"ClientDataOfNoForm", "challenge", &reason::kClientDataType,
       [](FakeCase& c) {
         Unlock(c);
         First(c).set_client_data("{}");
       }},
      {"ClientDataWithASpace", "challenge", &reason::kClientDataFormat,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_client_data()->insert(
             First(c).client_data().size() - 1, " ");
       }},
      // client_data
      {"Registration", "client_data", &reason::kClientDataType,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(c, U2fClientData(kU2fRegistration,
                                     ChallengeOf(First(c).statement()),
                                     {"acme", "home", "gw-1"},
                                     c.site.gw1.key.public_key().point()));
       }},
      {"OriginOfAnotherGateway", "client_data", &reason::kOriginMismatch,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(c, U2fClientData(kU2fAssertion,
                                     ChallengeOf(First(c).statement()),
                                     {"acme", "home", "gw-2"},
                                     c.site.gw1.key.public_key().point()));
       }},
      {"OriginOfAnotherSite", "client_data", &reason::kOriginMismatch,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(c, WebauthnClientData(kWebauthnAssertion,
                                          ChallengeOf(First(c).statement()),
                                          "u2fi:acme/office/gw-1"));
       }},
      {"KeyOfAnotherGateway", "client_data", &reason::kChannelKeyMismatch,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(c, U2fClientData(kU2fAssertion,
                                     ChallengeOf(First(c).statement()),
                                     {"acme", "home", "gw-1"},
                                     c.site.gw2.key.public_key().point()));
       }},
      {"OriginOfAnotherPortal", "client_data", &reason::kOriginMismatch,
       [](FakeCase& c) {
         c.edit = [](AuthorizationStatement& s) {
           s.set_channel_key(
               crypto::ToString(BrowserChannelKey("https://other.example")));
         };
         c.Ask("log.read", {InPortal(c.site.alice)});
       }},
      // rp_id_hash
      {"OtherRelyingParty", "rp_id_hash", &reason::kRpIdHashMismatch,
       [](FakeCase& c) {
         c.site.rp_id = "other.example";
         Unlock(c);
       }},
      // flags
      {"PresenceBitClear", "flags", &reason::kUserPresence,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, false, 0x00}});
       }},
      {"U2fWithUserVerification", "flags", &reason::kUserPresence,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, false, 0x05}});
       }},
      {"Phone", "flags", &reason::kBackupNotAllowed,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true, 0x0d}});
       }},
      {"ReservedFlag", "flags", &reason::kAuthdataMalformed,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true, 0x03}});
       }},
      {"UserVerificationAskedFor", "flags", &reason::kUserVerification,
       [](FakeCase& c) {
         c.edit = [](AuthorizationStatement& s) {
           s.mutable_required()->set_uv(true);
         };
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true, 0x01}});
       }},
      // token
      {"UnpinnedOwner", "token", &reason::kTokenNotPinned,
       [](FakeCase& c) { c.Ask("door.unlock", {{&Frank(), &c.site.gw1}}); }},
      {"TokenOfAnotherAccount", "token", &reason::kTokenNotPinned,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) { s.set_account("bob"); });
       }},
      {"ApproverAloneAtTheDoor", "token", &reason::kTokenRole,
       [](FakeCase& c) { c.Ask("door.unlock", {c.Carol()}); }},
      {"RecoveryKeyAtTheDoor", "token", &reason::kTokenRole,
       [](FakeCase& c) { c.Ask("door.unlock", {c.Erin()}); }},
      {"MemberForAnUnnamedOperation", "token", &reason::kTokenRole,
       [](FakeCase& c) { c.Ask("heater.on", {c.Bob()}); }},
      {"OwnerDuringALease", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         DuringLease(c);
         c.Ask("camera.on", {c.Alice()});
       }},
      {"LesseeAfterTheLease", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         DuringLease(c);
         c.pins.mutable_lease()->set_until_ms(c.site.now_ms);
         c.Ask("camera.on", {c.Guest()});
       }},
      {"LesseeOfALeaseEndedEarly", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         DuringLease(c);
         c.Ask("camera.on", {c.Guest()});
         c.inputs = [](VerifyInputs& in) { in.lease_ended = true; };
       }},
      {"LesseeChangesPins", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         DuringLease(c);
         c.AskForPins(c.Next(), {c.Guest()}, v1::PURPOSE_PINS);
       }},
      {"OwnerBreaksGlass", "token", &reason::kTokenRole,
       [](FakeCase& c) { BreakGlass(c, "vault.open", {c.Alice(), c.Dave()}); }},
      {"FirstPinsByAMember", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         c.blank = true;
         c.AskForPins(c.pins, {c.Bob()}, v1::PURPOSE_PROVISION);
       }},
      {"RecoveryMoves", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         c.AskForPins(Moved(c), {c.Erin()}, v1::PURPOSE_MOVE);
       }},
      {"LeaseByTheOwner", "token", &reason::kTokenRole,
       [](FakeCase& c) { Lease(c, Leased(c), c.site.Offer(), c.Alice()); }},
      {"LevelTooLow", "token", &reason::kTokenLevel,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) {
           s.mutable_required()->set_level(1);
         });
       }},
      // signature
      {"SignatureChanged", "signature", &reason::kSignatureInvalid,
       [](FakeCase& c) {
         Unlock(c);
         Spoil(*First(c).mutable_signature());
       }},
      {"SignatureOfAnotherKey", "signature", &reason::kSignatureInvalid,
       [](FakeCase& c) {
         c.site.alice.key = FakeKey("someone");
         Unlock(c);
       }},
      {"CounterChanged", "signature", &reason::kSignatureInvalid,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_authenticator_data()->back() ^= 1;
       }},
      {"SecondSignatureChanged", "signature", &reason::kSignatureInvalid,
       [](FakeCase& c) {
         c.Ask("vault.open", {c.Alice(), c.Bob()});
         Spoil(*c.proof.mutable_approvals(1)->mutable_signature());
       }},
      // relay
      {"RelayMissing", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         Unlock(c);
         First(c).clear_relay_signature();
       }},
      {"RelayByAnother", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         c.site.gw1.key = FakeKey("someone");
         Unlock(c);
         // Everything but the relay as the true gateway would make it.
         const v1::Approval forged = First(c);
         c.site.gw1 = FakeGateway("gw-1", "home");
         Unlock(c);
         First(c).set_relay_signature(forged.relay_signature());
       }},
      {"TouchedAtChanged", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         Unlock(c);
         First(c).set_touched_at_ms(c.site.now_ms - 1);
       }},
      {"TouchedAtMissing", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         Unlock(c);
         First(c).clear_touched_at_ms();
       }},
      {"BrowserWithRelay", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         c.Ask("log.read", {InPortal(c.site.alice)});
         First(c).set_relay_signature(std::string(70, 'r'));
       }},
      {"BrowserWithTime", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         c.Ask("log.read", {InPortal(c.site.alice)});
         First(c).set_touched_at_ms(c.site.now_ms);
       }},
      // rule
      {"Forbidden", "rule", &reason::kOperationForbidden,
       [](FakeCase& c) { c.Ask("bomb.arm", {c.Alice(), c.Bob()}); }},
      {"ForbiddenUnderBreakGlass", "rule", &reason::kOperationForbidden,
       [](FakeCase& c) { BreakGlass(c, "bomb.arm", {c.Dave(), c.Erin()}); }},
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
      {"PinsByAMember", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) { ChangeRule(c, QuorumRule(2), {c.Bob()}); }},
      {"PinsUnderAConvenientDefault", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) {
         AddDefault(c.pins, TouchRule());
         ChangeRule(c, QuorumRule(2), {c.Bob()});
       }},
      {"TransferByTheNewOwnerAlone", "rule", &reason::kRuleNotSatisfied,
       [](FakeCase& c) { Transfer(c, {{&Frank(), &Gw3()}}); }},
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
  return *faults;
}

}  // namespace u2fi::proof
