#ifndef U2FI_TOOLS_U2FI_ACCOUNT_EDIT_H_
#define U2FI_TOOLS_U2FI_ACCOUNT_EDIT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/u2fi/mesh.h"

namespace u2fi::cli {

// What is to become of an account, as people write it: its rules, its gateways
// or the key of one of them, or that it agrees to a change of policy, since
// each is a touch of its own.
struct AccountEdit {
  // As in ParseOperation(): important to the account on every device.
  std::vector<std::string> rules;
  // Operations that the account says nothing about any more.
  std::vector<std::string> drop_rules;
  // The whole new list of gateways where its acts may be approved.
  std::vector<std::string> gateways;

  // The gateway whose waiting key it agrees to; empty: none.
  std::string gateway_key;

  // What waits and is agreed to: "policy", or "models/camera"; empty: nothing.
  std::string policy_change;

  bool Empty() const {
    return rules.empty() && drop_rules.empty() && gateways.empty() &&
           gateway_key.empty() && policy_change.empty();
  }
};

// A reserved operation on the account, and its arguments.
struct AccountChange {
  std::string operation;
  std::string message;
};

// The account for people: where it approves, with which keys, and its rules.
std::string AccountText(const registry::Account& account);

// What to ask a touch for, from the account as it is. Asks `mesh` for the keys
// of the gateways and for what waits. INVALID_FIELD for text that is none, for
// two at once, and if no key of the gateway, or no such change, waits.
absl::StatusOr<AccountChange> ChangeFor(const AccountEdit& edit,
                                        const registry::Account& present,
                                        Mesh& mesh);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_ACCOUNT_EDIT_H_
