#include "services/device-registry/policy_loosening.h"

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/common/proof/rules.h"
#include "services/device-registry/effective_rule.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::Rule;

constexpr uint32_t kAllRoles = std::numeric_limits<uint32_t>::max();
constexpr uint32_t kUsualReleaseS = 86'400;

Rule RuleIn(const v1::Policy& policy, const std::string& operation) {
  for (const proof::v1::OperationRule& entry : policy.rules()) {
    if (entry.operation() == operation) return entry.rule();
  }
  return proof::FreeRule();
}

Rule RuleIn(const v1::Model& model, const std::string& operation) {
  const v1::ModelOperation* const entry = FindOperation(model, operation);
  if (entry != nullptr && entry->has_rule()) return entry->rule();
  return entry != nullptr || model.open() ? proof::OwnerTouchRule()
                                          : proof::ForbiddenRule();
}

bool IsApprovals(const Rule& rule) {
  return rule.kind() == proof::v1::RULE_KIND_APPROVALS;
}

bool IsForbidden(const Rule& rule) {
  return rule.kind() == proof::v1::RULE_KIND_FORBIDDEN;
}

// What the operation asked for before it was forbidden; FORBIDDEN if nobody
// remembers.
template <typename Resource>
Rule BeforeForbidden(const Resource& before, const std::string& operation) {
  const Rule rule = RuleIn(before, operation);
  if (!IsForbidden(rule)) return rule;
  for (const proof::v1::OperationRule& entry : before.before_forbidden()) {
    if (entry.operation() == operation) return entry.rule();
  }
  return rule;
}

// Adds what became of the rule of one operation.
template <typename Resource>
void AddRule(const std::string& operation, const Resource& before,
             const Resource& after, Loosening& loosening) {
  const Rule next = RuleIn(after, operation);
  if (proof::IsAtLeastAsStrict(next, RuleIn(before, operation))) return;
  loosening.looser.push_back(
      absl::StrCat(operation, "=", proof::RuleName(next)));
  const Rule rule = BeforeForbidden(before, operation);
  if (IsApprovals(rule)) loosening.rules.push_back(rule);
}

template <typename Entries>
void AddNames(const Entries& entries, std::set<std::string>& names) {
  for (const auto& entry : entries) names.insert(entry.operation());
}

void AddIf(bool looser, const std::string& name, Loosening& loosening) {
  if (looser) loosening.looser.push_back(name);
}

// 0: absence never ends a lease.
uint32_t GraceOf(const v1::Policy& policy) {
  return policy.lease_grace_s() == 0 ? std::numeric_limits<uint32_t>::max()
                                     : policy.lease_grace_s();
}

uint32_t ReleaseOf(const v1::Policy& policy) {
  return policy.release_deadline_s() == 0 ? kUsualReleaseS
                                          : policy.release_deadline_s();
}

std::set<std::string> GuardiansOf(const v1::Policy& policy) {
  return {policy.guardians().begin(), policy.guardians().end()};
}

// Whether a field that had to be sealed may come plain.
bool LosesSecrets(const v1::Model& before, const v1::Model& after,
                  const std::string& operation) {
  const v1::ModelOperation* const old = FindOperation(before, operation);
  const v1::ModelOperation* const next = FindOperation(after, operation);
  if (old == nullptr || (next == nullptr && !after.open())) return false;
  const std::set<std::string> kept =
      next == nullptr ? std::set<std::string>()
                      : std::set<std::string>(next->secret_fields().begin(),
                                              next->secret_fields().end());
  return std::any_of(
      old->secret_fields().begin(), old->secret_fields().end(),
      [&kept](const std::string& field) { return kept.count(field) == 0; });
}

// Whoever changes the guardians could let any rule be loosened: as many of them
// agree as the rule wants that wants most, or all, by touches as good.
void AddGuardians(const v1::Policy& before, Loosening& loosening) {
  loosening.looser.emplace_back("guardians");
  const auto all = static_cast<uint32_t>(before.guardians_size());
  if (all == 0) return;
  Rule rule = proof::OwnerTouchRule();
  // Models may have rules for more than one, too.
  uint32_t wanted = all / 2 + 1;
  const auto add = [&rule, &wanted](const proof::v1::OperationRule& entry) {
    wanted = std::max(wanted, entry.rule().approvals());
    rule.set_uv(rule.uv() || entry.rule().uv());
    rule.set_level(std::max(rule.level(), entry.rule().level()));
  };
  for (const auto& entry : before.rules()) add(entry);
  for (const auto& entry : before.before_forbidden()) add(entry);
  rule.set_approvals(std::min(wanted, all));
  loosening.rules.push_back(std::move(rule));
}

// Keeps in `next` what operations asked for that are forbidden by now.
template <typename Resource>
void Keep(const std::set<std::string>& operations, const Resource& before,
          Resource& next) {
  next.clear_before_forbidden();
  for (const std::string& operation : operations) {
    const Rule rule = BeforeForbidden(before, operation);
    // One touch is asked for anyway.
    const bool plain = rule.approvals() <= 1 && !rule.uv() && rule.level() == 0;
    if (!IsForbidden(RuleIn(next, operation)) || !IsApprovals(rule) || plain) {
      continue;
    }
    proof::v1::OperationRule& entry = *next.add_before_forbidden();
    entry.set_operation(operation);
    *entry.mutable_rule() = rule;
  }
}

Loosening Finished(Loosening loosening) {
  std::sort(loosening.looser.begin(), loosening.looser.end());
  loosening.rules.push_back(proof::OwnerTouchRule());
  return loosening;
}

}  // namespace

Loosening LooseningOf(const v1::Policy& before, const v1::Policy& after) {
  Loosening loosening;
  std::set<std::string> operations;
  AddNames(before.rules(), operations);
  for (const std::string& operation : operations) {
    AddRule(operation, before, after, loosening);
  }
  AddIf(after.allow_self_approval() && !before.allow_self_approval(),
        "allow_self_approval", loosening);
  AddIf(before.forbid_break_glass() && !after.forbid_break_glass(),
        "forbid_break_glass", loosening);
  AddIf(ReleaseOf(after) < ReleaseOf(before), "release_deadline_s", loosening);
  AddIf(GraceOf(after) > GraceOf(before), "lease_grace_s", loosening);
  if (GuardiansOf(after) != GuardiansOf(before)) {
    AddGuardians(before, loosening);
  }
  return Finished(std::move(loosening));
}

Loosening LooseningOf(const v1::Model& before, const v1::Model& after) {
  Loosening loosening;
  std::set<std::string> operations;
  AddNames(before.operations(), operations);
  AddNames(after.operations(), operations);
  AddNames(before.before_forbidden(), operations);
  for (const std::string& operation : operations) {
    AddRule(operation, before, after, loosening);
    AddIf(LosesSecrets(before, after, operation), operation + " secret_fields",
          loosening);
  }
  AddIf(after.open() && !before.open(), "open", loosening);
  return Finished(std::move(loosening));
}

void KeepForbidden(const v1::Policy& before, v1::Policy& next) {
  std::set<std::string> operations;
  AddNames(before.rules(), operations);
  Keep(operations, before, next);
}

void KeepForbidden(const v1::Model& before, v1::Model& next) {
  std::set<std::string> operations;
  AddNames(before.operations(), operations);
  AddNames(before.before_forbidden(), operations);
  Keep(operations, before, next);
}

Rule RuleOfOwnPolicy(const v1::Account& account) {
  Rule rule = proof::OwnerTouchRule();
  for (const proof::v1::OperationRule& own : account.rules()) {
    rule.set_uv(rule.uv() || own.rule().uv());
    rule.set_level(std::max(rule.level(), own.rule().level()));
  }
  return rule;
}

bool IsAgreed(const Loosening& loosening, const v1::PolicyChange& change) {
  std::vector<proof::CountedApproval> approvals;
  for (const v1::PolicyAgreement& agreement : change.agreements()) {
    approvals.push_back({kAllRoles, agreement.level(),
                         agreement.user_verified(), agreement.gateway(),
                         agreement.site()});
  }
  return std::all_of(
      loosening.rules.begin(), loosening.rules.end(),
      [&approvals](const Rule& rule) {
        return proof::CheckRule(rule, /*lease_running=*/false, approvals).ok();
      });
}

}  // namespace u2fi::device_registry
