#include "services/device-registry/account_changes.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/operations.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/account_act.h"
#include "services/device-registry/account_touches.h"
#include "services/device-registry/policy_checks.h"
#include "services/device-registry/policy_loosening.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::AccountGateway;

absl::Status CheckNewGateway(Change& change, const AccountGateway& gateway,
                             const std::string& account) {
  ASSIGN_OR_RETURN(const v1::Gateway present,
                   RequireGateway(change, gateway.id()));
  RETURN_IF_ERROR(CheckActive(present));
  if (present.channel_key() != gateway.channel_key()) {
    return Error(reason::kChannelKeyMismatch, "the gateway has another key",
                 {{"gateway", gateway.id()}});
  }
  ASSIGN_OR_RETURN(const v1::Site site, RequireSite(change, present.site()));
  if (site.owner() == account) return absl::OkStatus();
  return Error(reason::kPlaceNotAllowed,
               "the gateway is at a site that the account does not own",
               {{"gateway", gateway.id()}});
}

absl::Status SetGateways(Change& change, const ApplyCase& in, AccountAct& act,
                         std::vector<std::string>& subjects) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ArgumentsOf<proof::v1::AccountGatewaysArguments>(in));
  v1::Account& account = act.account();
  if (arguments.previous() != account.gateways_hash()) {
    return Error(reason::kGatewaysPrevious,
                 "the list of gateways was changed since it was read",
                 {{"account", act.id}});
  }
  for (const AccountGateway& gateway : arguments.gateways()) {
    subjects.push_back(GatewayName(gateway.id()));
    if (IsListed(account, gateway.id(), gateway.channel_key())) continue;
    RETURN_IF_ERROR(CheckNewGateway(change, gateway, act.id));
  }
  *account.mutable_gateways() = arguments.gateways();
  account.set_gateways_hash(crypto::ToString(crypto::Sha256(
      {proof::domain::kAccountGateways, in.command.arguments()})));
  return absl::OkStatus();
}

// What the account asks for is changed as it was asked for before.
absl::Status CheckOwnPolicy(const ApplyCase& in, const v1::Account& account) {
  const proof::v1::Rule rule = RuleOfOwnPolicy(account);
  for (const proof::v1::Approval& touch : in.proof.approvals()) {
    const TouchQuality quality = QualityOf(touch, account);
    if (quality.level >= rule.level() &&
        (quality.user_verified || !rule.uv())) {
      return absl::OkStatus();
    }
  }
  return Error(reason::kRuleNotSatisfied,
               rule.uv() ? "the account's rules want the user verified (a PIN "
                           "or a fingerprint): so does a change of them"
                         : "the account's rules want a better key: so does a "
                           "change of them");
}

absl::Status SetRules(Change&, const ApplyCase& in, AccountAct& act,
                      std::vector<std::string>&) {
  RETURN_IF_ERROR(CheckOwnPolicy(in, act.account()));
  ASSIGN_OR_RETURN(const auto arguments,
                   ArgumentsOf<proof::v1::AccountPolicyArguments>(in));
  for (const proof::v1::OperationRule& rule : arguments.rules()) {
    const auto* const row = proof::FindReserved(rule.operation());
    if (row != nullptr && row->on_account()) {
      return NotYet("a rule for an act on the account itself");
    }
  }
  RETURN_IF_ERROR(CheckRules("rules", arguments.rules()));
  *act.account().mutable_rules() = arguments.rules();
  return absl::OkStatus();
}

}  // namespace

bool IsAccountChange(absl::string_view operation) {
  return operation == proof::kOperationAccountGateways ||
         operation == proof::kOperationAccountPolicy;
}

absl::StatusOr<std::string> ApplyAccountChange(Change& change,
                                               const ApplyCase& in,
                                               const std::string& rp_id_hash) {
  ASSIGN_OR_RETURN(AccountAct act, ReadAccountAct(change, in));
  RETURN_IF_ERROR(VerifyAccountAct(change, in, act, rp_id_hash));
  const bool gateways =
      in.command.operation() == proof::kOperationAccountGateways;
  const auto set = gateways ? SetGateways : SetRules;
  std::vector<std::string> subjects;
  RETURN_IF_ERROR(set(change, in, act, subjects));
  return PutAccountAct(change, in, std::move(act), subjects);
}

}  // namespace u2fi::device_registry
