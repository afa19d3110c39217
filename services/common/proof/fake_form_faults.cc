// Steps sizes, format and agreement.
#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/fake_edits.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {

std::vector<FakeFault> FormFaults() {
  using v1::AuthorizationStatement;
  return {
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
      {"ProofTooLarge", "sizes", &reason::kProofSize,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_statement()->resize(2048);
         First(c).mutable_client_data()->resize(2048);
         while (c.proof.approvals_size() < 4) {
           *c.proof.add_approvals() = c.proof.approvals(0);
         }
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
      {"TokenIdMissing", "format", &reason::kProofFormat,
       [](FakeCase& c) {
         Unlock(c);
         First(c).clear_token_id();
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
       [](FakeCase& c) {
         c.Ask("vault.open", {c.Alice(), c.Alice()});
       }},
      {"OneTokenForTwoAccounts", "agreement", &reason::kApprovalsNotDistinct,
       [](FakeCase& c) {
         FakeToken alias("tok-alice", "bob");
         c.Ask("vault.open", {c.Alice(), {&alias, &c.site.gw1}});
       }},
      {"OneAccountTwice", "agreement", &reason::kApprovalsNotDistinct,
       [](FakeCase& c) {
         FakeToken second("tok-alice2", "alice");
         *c.pins.add_keys() = second.Pinned(v1::KEY_ROLE_OWNER);
         c.Ask("vault.open", {c.Alice(), {&second, &c.site.gw1}});
       }},
  };
}

}  // namespace u2fi::proof
