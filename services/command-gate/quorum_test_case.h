#ifndef U2FI_SERVICES_COMMAND_GATE_QUORUM_TEST_CASE_H_
#define U2FI_SERVICES_COMMAND_GATE_QUORUM_TEST_CASE_H_

#include <string>

#include "services/command-gate/gate_test_case.h"

namespace u2fi::command_gate {

// A household: ann owns, bob (who has two keys) and carl approve. What ann asks
// for needs two of OWNER and APPROVER, and ann's own touch does not count. Bob
// was last seen at g1, carl at g2.
class QuorumTestCase : public GateTestCase {
 protected:
  QuorumTestCase() {
    registry_.rule.set_approvals(2);
    registry_.rule.set_roles(proof::v1::KEY_ROLE_OWNER +
                             proof::v1::KEY_ROLE_APPROVER);
    Pin("ann", "ann-1", proof::v1::KEY_ROLE_OWNER, "g1");
    Pin("bob", "bob-1", proof::v1::KEY_ROLE_APPROVER, "g1");
    Pin("bob", "bob-2", proof::v1::KEY_ROLE_APPROVER, "g1");
    Pin("carl", "carl-1", proof::v1::KEY_ROLE_APPROVER, "g2");
  }

  // The device believes the token, and attestation lists it.
  proof::v1::PinnedKey& Pin(const std::string& account,
                            const std::string& token, uint32_t roles,
                            const std::string& last_gateway) {
    attestation_.tokens[account].push_back({token, last_gateway});
    proof::v1::PinnedKey& key = *registry_.pins.add_keys();
    key.set_token_id(token);
    key.set_account(account);
    key.set_point("point of " + token);
    key.set_roles(roles);
    return key;
  }
  // The account's tokens may not answer any more: suspended or revoked.
  void Suspend(const std::string& account) {
    attestation_.tokens[account].clear();
  }

  // The place of `account` among the approvers; -1: none.
  static int SlotOf(const StoredCommand& command, const std::string& account) {
    for (int i = 0; i < command.row.slots_size(); ++i) {
      if (command.row.slots(i).account() == account) return i;
    }
    return -1;
  }
  static const records::v1::Slot& Of(const StoredCommand& command,
                                     const std::string& account) {
    return command.row.slots(SlotOf(command, account));
  }

  // A touch by the account's first token.
  static gateway::v1::ApprovalAnswer TouchBy(const StoredCommand& command,
                                             const std::string& account) {
    gateway::v1::ApprovalAnswer answer =
        Touch(command, SlotOf(command, account));
    answer.mutable_assertion()->set_token_id(account + "-1");
    answer.mutable_assertion()->set_signature("signature of " + account);
    return answer;
  }
  // The touch arrives where the account was asked.
  absl::StatusOr<StoredCommand> Approve(const StoredCommand& command,
                                        const std::string& account) {
    return Answer(command, TouchBy(command, account),
                  Session(Of(command, account).gateway()));
  }
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_QUORUM_TEST_CASE_H_
