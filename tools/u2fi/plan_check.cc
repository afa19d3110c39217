#include "tools/u2fi/plan_check.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "services/common/proof/rules.h"
#include "services/common/status/error.h"

namespace u2fi::cli {
namespace {

using proof::v1::OperationRule;
using proof::v1::PinnedKey;
using proof::v1::PinSet;
using registry::PlanPinsRequest;

bool SameGateways(const PlanPinsRequest& asked, const PinSet& planned) {
  std::set<std::string> ids;
  for (const auto& gateway : planned.gateways()) ids.insert(gateway.id());
  return asked.gateways().empty() ||
         ids == std::set<std::string>(asked.gateways().begin(),
                                      asked.gateways().end());
}

// Account, token and roles of each.
std::set<std::tuple<std::string, std::string, uint32_t>> KeysOf(
    const google::protobuf::RepeatedPtrField<PinnedKey>& keys) {
  std::set<std::tuple<std::string, std::string, uint32_t>> all;
  for (const PinnedKey& key : keys) {
    all.emplace(key.account(), key.token_id(), key.roles());
  }
  return all;
}

// Of a (new) owner: his keys alone, or the one that was named.
bool IsAskedKey(const PlanPinsRequest& asked, const PinnedKey& key) {
  return key.account() == asked.account() &&
         (asked.token_id().empty() || key.token_id() == asked.token_id());
}

bool SameKeys(const PlanPinsRequest& asked, const PinSet& planned) {
  if (asked.replace_keys()) {
    return KeysOf(asked.keys()) == KeysOf(planned.keys());
  }
  return asked.account().empty() ||
         std::all_of(
             planned.keys().begin(), planned.keys().end(),
             [&](const PinnedKey& key) { return IsAskedKey(asked, key); });
}

// The operation that got a looser rule than asked for; empty: none.
std::string Looser(const PlanPinsRequest& asked, const PinSet& planned) {
  PinSet wanted;
  *wanted.mutable_rules() = asked.rules();
  if (planned.has_default_rule()) {
    *wanted.mutable_default_rule() = planned.default_rule();
  }
  const auto is_looser = [&](const OperationRule& rule) {
    return !proof::IsAtLeastAsStrict(
        proof::EffectiveRule(planned, rule.operation()),
        proof::EffectiveRule(wanted, rule.operation()));
  };
  for (const OperationRule& rule : asked.rules()) {
    if (is_looser(rule)) return rule.operation();
  }
  if (!asked.replace_rules()) return "";
  for (const OperationRule& rule : planned.rules()) {
    if (is_looser(rule)) return rule.operation();
  }
  return "";
}

absl::Status Another(absl::string_view what) {
  return Error(reason::kCommandMismatch,
               absl::StrCat("the registry planned ", what,
                            " than was asked for; nothing was submitted"));
}

}  // namespace

absl::Status CheckPlan(const PlanPinsRequest& asked, const PinSet& planned) {
  if (planned.device() != asked.devices(0)) {
    return Another(absl::StrCat("another device, ", planned.device(), ","));
  }
  if (!asked.account().empty() && planned.account() != asked.account()) {
    return Another(absl::StrCat("another owner, ", planned.account(), ","));
  }
  if (!asked.site().empty() && planned.site() != asked.site()) {
    return Another(absl::StrCat("another site, ", planned.site(), ","));
  }
  if (!SameGateways(asked, planned)) return Another("other gateways");
  if (!SameKeys(asked, planned)) return Another("other keys");
  const std::string looser = Looser(asked, planned);
  if (looser.empty()) return absl::OkStatus();
  return Another(absl::StrCat("a looser rule for ", looser));
}

}  // namespace u2fi::cli
