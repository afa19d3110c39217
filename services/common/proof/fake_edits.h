#ifndef U2FI_SERVICES_COMMON_PROOF_FAKE_EDITS_H_
#define U2FI_SERVICES_COMMON_PROOF_FAKE_EDITS_H_

#include <string>
#include <utility>
#include <vector>

#include "services/common/proof/assertion.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

// How the cases of AllGoodCases() and AllFaults() are made from a FakeCase.
namespace u2fi::proof {

inline void Unlock(FakeCase& c) { c.Ask("door.unlock", {c.Alice()}); }

inline v1::Approval& First(FakeCase& c) {
  return *c.proof.mutable_approvals(0);
}

// Flips the last bit of a signature's s: still DER, and wrong.
inline void Spoil(std::string& signature) { signature.back() ^= 1; }

// Approves with every statement changed by `edit`.
template <typename Edit>
inline void UnlockWith(FakeCase& c, Edit edit) {
  c.edit = edit;
  Unlock(c);
}

// The command with one field changed after the touch.
template <typename Change>
inline void Swap(FakeCase& c, Change change) {
  Unlock(c);
  v1::Command command;
  command.ParseFromString(c.command);
  change(command);
  c.command = Encode(command);
}

// The statement with one field changed after the touch.
template <typename Change>
inline void SwapStatement(FakeCase& c, Change change) {
  Unlock(c);
  v1::AuthorizationStatement statement;
  statement.ParseFromString(First(c).statement());
  change(statement);
  First(c).set_statement(Encode(statement));
}

// Another touch over the same statement, with other client data or flags.
inline void TouchAgain(FakeCase& c, const std::string& client_data,
                       uint8_t flags = 0x01) {
  v1::Approval& approval = First(c);
  const std::string statement = approval.statement();
  v1::Answer answer = c.site.alice.Touch(c.site.rp_id, client_data, flags);
  SignRelay(c.site.gw1.key, ChallengeOf(statement), c.site.now_ms, answer);
  approval = ToApproval(statement, answer);
}

// An approval in the portal.
inline FakeTouch InPortal(FakeToken& token) { return {&token, nullptr}; }

inline void AddDefault(v1::PinSet& pins, v1::Rule rule) {
  *pins.mutable_default_rule() = std::move(rule);
}

inline v1::Rule& RuleOf(v1::PinSet& pins, absl::string_view operation) {
  for (v1::OperationRule& entry : *pins.mutable_rules()) {
    if (entry.operation() == operation) return *entry.mutable_rule();
  }
  v1::OperationRule& entry = *pins.add_rules();
  entry.set_operation(std::string(operation));
  return *entry.mutable_rule();
}

inline std::string UnbindArguments(absl::string_view hash) {
  v1::UnbindArguments arguments;
  arguments.set_format(1);
  arguments.set_pins_hash(std::string(hash));
  return Encode(arguments);
}

inline void Unbind(FakeCase& c, absl::string_view hash, FakeTouch touch) {
  c.AskFor({c.site.CommandBytes("u2fi.unbind", UnbindArguments(hash))}, {touch},
           v1::PURPOSE_UNBIND);
}

inline std::string GrantArguments() {
  v1::GrantArguments arguments;
  arguments.set_format(1);
  arguments.set_grant_header_hash(std::string(32, 'h'));
  arguments.set_ssid_hash(std::string(32, 's'));
  return Encode(arguments);
}

// The next set with another rule for door.unlock.
inline void ChangeRule(FakeCase& c, const v1::Rule& rule,
                       std::vector<FakeTouch> touches) {
  v1::PinSet next = c.Next();
  RuleOf(next, "door.unlock") = rule;
  c.AskForPins(next, std::move(touches), v1::PURPOSE_PINS);
}

inline void Provision(FakeCase& c) {
  c.blank = true;
  c.AskForPins(c.pins, {c.Alice()}, v1::PURPOSE_PROVISION);
}

// The next set as frank's, who lives where gw-3 is.
inline v1::PinSet Franks(FakeCase& c, FakeToken& frank,
                         const FakeGateway& gw3) {
  v1::PinSet next = c.Next();
  next.set_account("frank");
  next.clear_keys();
  *next.add_keys() = frank.Pinned(v1::KEY_ROLE_OWNER);
  next.clear_gateways();
  *next.add_gateways() = gw3.Pinned();
  return next;
}

inline FakeToken& Frank() {
  static FakeToken* const frank = new FakeToken("tok-frank", "frank");
  return *frank;
}
inline const FakeGateway& Gw3() {
  static const FakeGateway* const gw3 = new FakeGateway("gw-3", "cabin");
  return *gw3;
}

// The next set as bob's, whose key is pinned as a member's.
inline v1::PinSet ToBob(FakeCase& c) {
  RuleOf(c.pins, "u2fi.pins") = TouchRule();
  v1::PinSet next = c.Next();
  next.set_account("bob");
  next.clear_keys();
  *next.add_keys() = c.site.bob.Pinned(v1::KEY_ROLE_OWNER);
  return next;
}

inline void Transfer(FakeCase& c, std::vector<FakeTouch> touches) {
  c.AskForPins(Franks(c, Frank(), Gw3()), std::move(touches),
               v1::PURPOSE_TRANSFER);
}

// The next set at the site cabin, behind gw-3.
inline v1::PinSet Moved(FakeCase& c) {
  v1::PinSet next = c.Next();
  next.set_site("cabin");
  next.clear_gateways();
  *next.add_gateways() = Gw3().Pinned();
  return next;
}

inline v1::PinSet Leased(FakeCase& c) {
  v1::PinSet next = c.Next();
  c.site.AddLease(next);
  return next;
}

inline void Lease(FakeCase& c, const v1::PinSet& next,
                  const v1::LeaseOffer& offer, FakeTouch touch) {
  c.AskForPins(next, {touch}, v1::PURPOSE_LEASE);
  c.offer = c.site.SignedOffer(offer);
}

// A lease by an offer changed after its form was checked; signed for another.
template <typename Change>
inline void LeaseBy(FakeCase& c, Change change) {
  v1::LeaseOffer offer = c.site.Offer();
  Lease(c, Leased(c), offer, c.Guest());
  change(offer);
  c.offer->set_offer(Encode(offer));
}

inline void DuringLease(FakeCase& c) { c.site.AddLease(c.pins); }

// The guest may unlock the door by its rule, for as long as the lease runs.
inline void LeaseTheDoor(FakeCase& c) {
  DuringLease(c);
  RuleOf(c.pins, "door.unlock")
      .set_roles(v1::KEY_ROLE_OWNER | v1::KEY_ROLE_LESSEE);
}

inline void BreakGlass(FakeCase& c, absl::string_view operation,
                       std::vector<FakeTouch> touches) {
  c.AskFor({c.site.CommandBytes(operation)}, std::move(touches),
           v1::PURPOSE_BREAK_GLASS);
}

// The parts of AllFaults(), by the steps that refuse.
std::vector<FakeFault> FormFaults();
std::vector<FakeFault> TargetFaults();
std::vector<FakeFault> ApprovalFaults();
std::vector<FakeFault> PinsFaults();

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_FAKE_EDITS_H_
