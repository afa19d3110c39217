// What the cloud or a gateway may change after the touch: the command, the
// statement, the parts of the touch, the batch. Each by itself makes a device
// refuse, for it is none of what the key covered.
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

// A command that alice approved, as one of a batch.
FakeCase Approved() {
  FakeCase c;
  c.AskFor(c.site.Batch(4), {c.Alice()}, v1::PURPOSE_COMMAND, 2);
  return c;
}

struct Swap {
  const char* name;
  std::function<void(FakeCase&)> make;
};

std::string NameOf(const testing::TestParamInfo<Swap>& info) {
  return info.param.name;
}

// Changes the command without a word to anybody.
Swap InCommand(const char* name, std::function<void(v1::Command&)> edit) {
  return {name, [edit](FakeCase& c) {
            v1::Command command = *ParseCommand(c.command);
            edit(command);
            c.command = Encode(command);
          }};
}

// The same with what was asked.
Swap InStatement(const char* name,
                 std::function<void(v1::AuthorizationStatement&)> edit) {
  return {name, [edit](FakeCase& c) {
            v1::Approval& approval = *c.proof.mutable_approvals(0);
            v1::AuthorizationStatement statement =
                *ParseStatement(approval.statement());
            edit(statement);
            approval.set_statement(Encode(statement));
          }};
}

Swap InTouch(const char* name, std::function<void(v1::Approval&)> edit) {
  return {name, [edit](FakeCase& c) { edit(*c.proof.mutable_approvals(0)); }};
}

// Another bit of the byte in the middle.
void Flip(std::string& bytes) { bytes[bytes.size() / 2] ^= 1; }

std::vector<Swap> Swaps() {
  using S = v1::AuthorizationStatement;
  using C = v1::Command;
  using A = v1::Approval;
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
      InStatement("Tenant", [](S& s) { s.set_tenant("t9"); }),
      InStatement("Account", [](S& s) { s.set_account("bob"); }),
      InStatement("ApproverGateway",
                  [](S& s) { s.set_approver_gateway("gw-2"); }),
      InStatement("ChannelKey",
                  [](S& s) { s.set_channel_key(std::string(32, 'x')); }),
      InStatement("Site", [](S& s) { s.set_site("office"); }),
      InStatement("Epoch", [](S& s) { s.set_store_epoch("other"); }),
      InStatement("Nonce", [](S& s) { s.set_nonce(std::string(32, 'n')); }),
      InStatement("ApproveBy",
                  [](S& s) { s.set_approve_by_ms(s.approve_by_ms() + 1); }),
      InStatement("ExecuteBy",
                  [](S& s) { s.set_execute_by_ms(s.execute_by_ms() + 1); }),
      InStatement("PinsRevision",
                  [](S& s) { s.set_pins_revision(s.pins_revision() + 1); }),
      InStatement("Requester", [](S& s) { s.set_requester("app mallory"); }),
      InStatement("RequestId",
                  [](S& s) { s.set_request_id(std::string(32, 'f')); }),
      InStatement("Purpose",
                  [](S& s) { s.set_purpose(v1::PURPOSE_BREAK_GLASS); }),
      InStatement("WhatTheKeyMustGive",
                  [](S& s) { s.mutable_required()->set_uv(true); }),
      InStatement("BatchRoot",
                  [](S& s) { s.set_batch_root(std::string(32, 'r')); }),
      InStatement("BatchSize", [](S& s) { s.set_batch_size(3); }),
      {"Index", [](FakeCase& c) { c.proof.set_index(1); }},
      {"Path", [](FakeCase& c) { Flip(*c.proof.mutable_path(0)); }},
      {"PathOrder",
       [](FakeCase& c) { c.proof.mutable_path()->SwapElements(0, 1); }},
      {"BatchOrder", [](FakeCase& c) { c.command = c.site.Batch(4)[1]; }},
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

class AfterTheTouchTest : public testing::TestWithParam<Swap> {};

TEST_P(AfterTheTouchTest, ASwapIsRefused) {
  FakeCase c = Approved();
  ASSERT_OK(c.Verify());
  const std::string before = c.command + c.proof.SerializeAsString();
  GetParam().make(c);
  ASSERT_NE(c.command + c.proof.SerializeAsString(), before);
  EXPECT_FALSE(c.Verify().ok());
}
INSTANTIATE_TEST_SUITE_P(Each, AfterTheTouchTest, testing::ValuesIn(Swaps()),
                         NameOf);

// Attacks whose proof is made otherwise than by a swap, by the names that the
// faults of common/proof have: they must exist, and be refused.
class ForgedProofTest : public testing::TestWithParam<const char*> {};

TEST_P(ForgedProofTest, IsRefused) {
  for (const FakeFault& fault : AllFaults()) {
    if (std::string(fault.name) != GetParam()) continue;
    FakeCase c;
    fault.make(c);
    EXPECT_THAT(c.Verify(), HasReason(*fault.reason));
    return;
  }
  FAIL() << "no such fault";
}
INSTANTIATE_TEST_SUITE_P(
    Each, ForgedProofTest,
    testing::Values("LeafAsNode", "PathLonger", "PathShorter", "BatchReordered",
                    "OtherItemOfTheBatch", "OtherProof", "PurposeSwapped",
                    "CommandTwice", "CommandWithPaddedVarint",
                    "StatementWithUnknownField", "UnpinnedOwner",
                    "TokenOfAnotherAccount", "OneTokenTwice", "OneAccountTwice",
                    "QuorumOfOne", "QuorumAtOneGateway", "QuorumAtOneSite",
                    "BreakGlassByOne", "OwnerBreaksGlass", "RelayByAnother",
                    "ApproverGatewayNotPinned", "PresenceBitClear"),
    [](const auto& test) { return std::string(test.param); });

// A token on the deny list, though its touch came before.
TEST(RevokedTokenTest, ItsProofIsRefused) {
  FakeCase c = Approved();
  ASSERT_OK(c.Verify());
  DenyList denied;
  denied.tokens.insert(c.proof.approvals(0).token_id());
  c.inputs = [&denied](VerifyInputs& in) { in.denied = &denied; };
  EXPECT_THAT(c.Verify(), HasReason(reason::kTokenRevoked));
}

}  // namespace
}  // namespace u2fi::proof
