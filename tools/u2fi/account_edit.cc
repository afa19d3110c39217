#include "tools/u2fi/account_edit.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/rule_text.h"
#include "tools/u2fi/usage_error.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::cli {
namespace {

absl::StatusOr<AccountChange> NewRules(const AccountEdit& edit,
                                       const registry::Account& present) {
  proof::v1::AccountPolicyArguments arguments;
  arguments.set_format(1);
  auto& rules = *arguments.mutable_rules();
  rules = present.rules();
  RETURN_IF_ERROR(EditRules(edit.rules, edit.drop_rules, rules));
  std::sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) {
    return a.operation() < b.operation();
  });
  return AccountChange{std::string(proof::kOperationAccountPolicy),
                       proof::Encode(arguments)};
}

absl::StatusOr<AccountChange> NewGateways(const AccountEdit& edit,
                                          const registry::Account& present,
                                          Mesh& mesh) {
  proof::v1::AccountGatewaysArguments arguments;
  arguments.set_format(1);
  arguments.set_previous(present.gateways_hash());
  for (const std::string& id :
       std::set<std::string>(edit.gateways.begin(), edit.gateways.end())) {
    registry::GetGatewayRequest request;
    request.set_name(absl::StrCat("gateways/", id));
    ASSIGN_OR_RETURN(const auto response, mesh.GetGateway(request));
    proof::v1::AccountGateway& gateway = *arguments.add_gateways();
    gateway.set_id(id);
    gateway.set_channel_key(response.gateway().channel_key());
  }
  return AccountChange{std::string(proof::kOperationAccountGateways),
                       proof::Encode(arguments)};
}

absl::StatusOr<AccountChange> NewGatewayKey(const std::string& id, Mesh& mesh) {
  registry::GetGatewayRequest request;
  request.set_name(absl::StrCat("gateways/", id));
  ASSIGN_OR_RETURN(const auto response, mesh.GetGateway(request));
  const std::string& spki = response.gateway().pending_public_key();
  if (spki.empty()) {
    return FieldError("--gateway-key", "no key of this gateway waits");
  }
  ASSIGN_OR_RETURN(const auto key, crypto::P256PublicKey::FromSpki(spki));
  proof::v1::GatewayKeyArguments arguments;
  arguments.set_format(1);
  arguments.set_gateway(id);
  arguments.set_old_channel_key(response.gateway().channel_key());
  arguments.set_new_point(key.point());
  return AccountChange{std::string(proof::kOperationGatewayKey),
                       proof::Encode(arguments)};
}

absl::StatusOr<AccountChange> Agreement(const std::string& resource,
                                        Mesh& mesh) {
  ASSIGN_OR_RETURN(const auto response, mesh.GetPolicy({}));
  for (const registry::PolicyChange& waits : response.policy().pending()) {
    if (waits.resource() != resource) continue;
    proof::v1::PolicyChangeArguments arguments;
    arguments.set_format(1);
    arguments.set_resource(resource);
    arguments.set_change(waits.change());
    *arguments.mutable_looser() = waits.looser();
    return AccountChange{std::string(proof::kOperationPolicy),
                         proof::Encode(arguments)};
  }
  return FieldError("--agree", "no change of that waits: see u2fi policy");
}

}  // namespace

std::string AccountText(const registry::Account& account) {
  std::string text = proof::VisibleText(account.name());
  for (const proof::v1::AccountGateway& gateway : account.gateways()) {
    absl::StrAppend(&text, "\ngateway  ", proof::VisibleText(gateway.id()));
  }
  for (const registry::AccountKey& key : account.keys()) {
    absl::StrAppend(&text, "\nkey      ", proof::VisibleText(key.token_id()),
                    key.active() ? "" : " (may not approve now)",
                    key.recovery() ? " (kept for recovery)" : "");
    if (!key.lease_site().empty()) {
      absl::StrAppend(&text, " (for leases at ",
                      proof::VisibleText(key.lease_site()), " only)");
    }
  }
  for (const proof::v1::OperationRule& rule : account.rules()) {
    absl::StrAppend(&text, "\nrule     ", proof::VisibleText(rule.operation()),
                    " ", proof::RuleName(rule.rule()));
  }
  return text;
}

absl::StatusOr<AccountChange> ChangeFor(const AccountEdit& edit,
                                        const registry::Account& present,
                                        Mesh& mesh) {
  const bool rules = !edit.rules.empty() || !edit.drop_rules.empty();
  if (rules + !edit.gateways.empty() + !edit.gateway_key.empty() +
          !edit.policy_change.empty() >
      1) {
    return UsageError("account",
                      "rules, --gateways, --gateway-key and --agree are "
                      "commands of their own, a touch each");
  }
  if (!edit.policy_change.empty()) return Agreement(edit.policy_change, mesh);
  if (!edit.gateway_key.empty()) return NewGatewayKey(edit.gateway_key, mesh);
  if (!edit.gateways.empty()) return NewGateways(edit, present, mesh);
  return NewRules(edit, present);
}

}  // namespace u2fi::cli
