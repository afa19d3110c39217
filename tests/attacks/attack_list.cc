#include "tests/attacks/attack_list.h"

#include <algorithm>

#include "services/common/proof/command.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"

namespace u2fi::attacks {
namespace {

using proof::Encode;
using proof::FakeCase;

// Changes the command without a word to anybody.
Attack InCommand(const char* name,
                 const std::function<void(proof::v1::Command&)>& edit) {
  return {name, [edit](FakeCase& c) {
            proof::v1::Command command = *proof::ParseCommand(c.command);
            edit(command);
            c.command = Encode(command);
          }};
}

Attack InTouch(const char* name,
               const std::function<void(proof::v1::Approval&)>& edit) {
  return {name, [edit](FakeCase& c) { edit(*c.proof.mutable_approvals(0)); }};
}

Attack InStatement(const StatementSwap& swap) {
  return {swap.name, [edit = swap.edit](FakeCase& c) {
            proof::v1::Approval& approval = *c.proof.mutable_approvals(0);
            proof::v1::AuthorizationStatement statement =
                *proof::ParseStatement(approval.statement());
            edit(statement);
            approval.set_statement(Encode(statement));
          }};
}

// Another bit of the byte in the middle.
void Flip(std::string& bytes) { bytes[bytes.size() / 2] ^= 1; }

std::vector<Attack> CommandSwaps() {
  using C = proof::v1::Command;
  return {
      {"CommandByte", [](FakeCase& c) { Flip(c.command); }},
      InCommand("Argument", [](C& m) { m.set_arguments("{\"all\":true}"); }),
      InCommand("Operation", [](C& m) { m.set_operation("vault.open"); }),
      InCommand("Device", [](C& m) { m.set_device("lock-2"); }),
      InCommand("ExecutingGateway", [](C& m) { m.set_gateway("gw-2"); }),
      InCommand("Sequence", [](C& m) { m.set_sequence(m.sequence() + 1); }),
      InCommand("CommandId",
                [](C& m) { m.set_command_id(std::string(26, 'a')); }),
      InCommand("CommandIndex", [](C& m) { m.set_index(3); }),
  };
}

std::vector<Attack> TouchSwaps() {
  using A = proof::v1::Approval;
  return {
      InTouch("ClientData", [](A& a) { Flip(*a.mutable_client_data()); }),
      InTouch("PresenceBit",
              [](A& a) { (*a.mutable_authenticator_data())[32] = 0; }),
      InTouch("Counter",
              [](A& a) { (*a.mutable_authenticator_data())[36] ^= 1; }),
      InTouch("Signature", [](A& a) { Flip(*a.mutable_signature()); }),
      InTouch("Token", [](A& a) { a.set_token_id("token-bob"); }),
      InTouch("TouchedAt",
              [](A& a) { a.set_touched_at_ms(a.touched_at_ms() - 1); }),
      InTouch("RelaySignature",
              [](A& a) { Flip(*a.mutable_relay_signature()); }),
      InTouch("NoRelaySignature", [](A& a) { a.clear_relay_signature(); }),
  };
}

std::vector<Attack> BatchSwaps() {
  return {
      {"Index", [](FakeCase& c) { c.proof.set_index(1); }},
      {"Path", [](FakeCase& c) { Flip(*c.proof.mutable_path(0)); }},
      {"PathOrder",
       [](FakeCase& c) { c.proof.mutable_path()->SwapElements(0, 1); }},
      {"BatchOrder", [](FakeCase& c) { c.command = c.site.Batch(4)[1]; }},
  };
}

template <typename Item>
void Append(std::vector<Item> from, std::vector<Item>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

void ApproveTheThird(FakeCase& c) {
  c.AskFor(c.site.Batch(4), {c.Alice()}, proof::v1::PURPOSE_COMMAND, 2);
}

std::vector<StatementSwap> StatementSwaps() {
  using S = proof::v1::AuthorizationStatement;
  return {
      {"Tenant", [](S& s) { s.set_tenant("t9"); }},
      {"Account", [](S& s) { s.set_account("bob"); }},
      {"ApproverGateway", [](S& s) { s.set_approver_gateway("gw-2"); }},
      {"ChannelKey", [](S& s) { s.set_channel_key(std::string(32, 'x')); }},
      {"Site", [](S& s) { s.set_site("office"); }},
      {"Epoch", [](S& s) { s.set_store_epoch("other"); }},
      {"Nonce", [](S& s) { s.set_nonce(std::string(32, 'n')); }},
      {"ApproveBy", [](S& s) { s.set_approve_by_ms(s.approve_by_ms() + 1); }},
      {"ExecuteBy", [](S& s) { s.set_execute_by_ms(s.execute_by_ms() + 1); }},
      {"PinsRevision",
       [](S& s) { s.set_pins_revision(s.pins_revision() + 1); }},
      {"Requester", [](S& s) { s.set_requester("app mallory"); }},
      {"RequestId", [](S& s) { s.set_request_id(std::string(32, 'f')); }},
      {"Purpose", [](S& s) { s.set_purpose(proof::v1::PURPOSE_BREAK_GLASS); }},
      {"WhatTheKeyMustGive", [](S& s) { s.mutable_required()->set_uv(true); }},
      {"BatchRoot", [](S& s) { s.set_batch_root(std::string(32, 'b')); }},
      {"BatchSize", [](S& s) { s.set_batch_size(3); }},
  };
}

std::vector<Attack> Swaps() {
  std::vector<Attack> swaps = CommandSwaps();
  for (const StatementSwap& swap : StatementSwaps()) {
    swaps.push_back(InStatement(swap));
  }
  Append(BatchSwaps(), swaps);
  Append(TouchSwaps(), swaps);
  for (Attack& swap : swaps) {
    swap.make = [spoil = swap.make](FakeCase& c) {
      ApproveTheThird(c);
      spoil(c);
    };
  }
  return swaps;
}

std::vector<Attack> Forgeries() {
  std::vector<Attack> forgeries;
  for (const char* name : {"LeafAsNode",
                           "PathLonger",
                           "PathShorter",
                           "BatchReordered",
                           "OtherItemOfTheBatch",
                           "OtherProof",
                           "PurposeSwapped",
                           "CommandTwice",
                           "CommandWithPaddedVarint",
                           "StatementWithUnknownField",
                           "UnpinnedOwner",
                           "TokenOfAnotherAccount",
                           "OneTokenTwice",
                           "OneAccountTwice",
                           "QuorumOfOne",
                           "QuorumAtOneGateway",
                           "QuorumAtOneSite",
                           "BreakGlassByOne",
                           "OwnerBreaksGlass",
                           "RelayByAnother",
                           "ApproverGatewayNotPinned",
                           "PresenceBitClear",
                           "Registration"}) {
    const auto& faults = proof::AllFaults();
    const auto fault = std::find_if(
        faults.begin(), faults.end(),
        [&](const proof::FakeFault& f) { return std::string(name) == f.name; });
    // One that is gone ends every test of the list.
    forgeries.push_back({name, fault == faults.end() ? nullptr : fault->make});
  }
  return forgeries;
}

std::vector<Attack> AllAttacks() {
  std::vector<Attack> all = Swaps();
  Append(Forgeries(), all);
  return all;
}

}  // namespace u2fi::attacks
