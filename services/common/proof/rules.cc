#include "services/common/proof/rules.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/common/proof/operations.h"
#include "services/common/status/error.h"

namespace u2fi::proof {
namespace {

using v1::Rule;

constexpr uint32_t kRolesOfRules = v1::KEY_ROLE_OWNER | v1::KEY_ROLE_MEMBER |
                                   v1::KEY_ROLE_LESSEE | v1::KEY_ROLE_APPROVER;
constexpr uint32_t kMaxApprovals = 8;
constexpr uint32_t kMaxLevel = 2;

Rule Of(v1::RuleKind kind) {
  Rule rule;
  rule.set_kind(kind);
  return rule;
}

Rule Approvals(uint32_t approvals, uint32_t roles) {
  Rule rule = Of(v1::RULE_KIND_APPROVALS);
  rule.set_approvals(approvals);
  rule.set_roles(roles);
  return rule;
}

bool Same(const Rule& a, const Rule& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

absl::Status FieldProblem(const char* field) {
  return Error(reason::kPinSetFormat,
               absl::StrCat("Rule.", field, " is not valid here"),
               {{"field", field}});
}

absl::Status CheckApprovalsForm(const Rule& rule, bool reserved) {
  if (rule.approvals() < 1 || rule.approvals() > kMaxApprovals) {
    return FieldProblem("approvals");
  }
  if (rule.level() > kMaxLevel) return FieldProblem("level");
  if (rule.roles() == 0 || (rule.roles() & ~kRolesOfRules) != 0) {
    return FieldProblem("roles");
  }
  if (reserved && rule.browser_ok()) return FieldProblem("browser_ok");
  if (reserved && rule.lessee()) return FieldProblem("lessee");
  return absl::OkStatus();
}

Rule StrictestApprovals(const Rule& a, const Rule& b) {
  Rule rule =
      Approvals(std::max(a.approvals(), b.approvals()), a.roles() & b.roles());
  if (rule.roles() == 0) return ForbiddenRule();
  rule.set_distinct_gateways(a.distinct_gateways() || b.distinct_gateways());
  rule.set_distinct_sites(a.distinct_sites() || b.distinct_sites());
  rule.set_uv(a.uv() || b.uv());
  rule.set_level(std::max(a.level(), b.level()));
  rule.set_browser_ok(a.browser_ok() && b.browser_ok());
  rule.set_lessee(a.lessee() || b.lessee());
  return rule;
}

// What the default rule means for a `u2fi.*` operation.
Rule ReservedDefault(Rule rule) {
  if (rule.kind() != v1::RULE_KIND_APPROVALS) return OwnerTouchRule();
  uint32_t roles = v1::KEY_ROLE_OWNER;
  if (rule.approvals() > 1) roles |= rule.roles() & v1::KEY_ROLE_APPROVER;
  rule.set_roles(roles);
  rule.clear_browser_ok();
  rule.clear_lessee();
  return rule;
}

// Whether one approval is of the kind that the rule asks for.
bool IsAskedFor(const Rule& rule, uint32_t roles, const CountedApproval& a) {
  return (a.roles & roles) != 0 && a.level >= rule.level() &&
         (a.user_verified || !rule.uv());
}

// Whether the approval's place may still count, and remembers it.
bool IsNewPlace(const Rule& rule, const CountedApproval& approval,
                std::set<absl::string_view>& places) {
  if (!rule.distinct_gateways() && !rule.distinct_sites()) return true;
  // Two gateways of different sites are different gateways.
  const absl::string_view place =
      rule.distinct_sites() ? approval.site : approval.gateway;
  return !place.empty() && places.insert(place).second;
}

}  // namespace

Rule FreeRule() { return Of(v1::RULE_KIND_FREE); }
Rule ForbiddenRule() { return Of(v1::RULE_KIND_FORBIDDEN); }
Rule TouchRule() {
  return Approvals(1, v1::KEY_ROLE_OWNER | v1::KEY_ROLE_MEMBER);
}
Rule TouchUvRule() {
  Rule rule = TouchRule();
  rule.set_uv(true);
  return rule;
}
Rule QuorumRule(uint32_t approvals) {
  return Approvals(approvals, v1::KEY_ROLE_OWNER | v1::KEY_ROLE_MEMBER |
                                  v1::KEY_ROLE_APPROVER);
}
Rule OwnerTouchRule() { return Approvals(1, v1::KEY_ROLE_OWNER); }

absl::optional<Rule> PresetByName(absl::string_view name) {
  if (name == "FREE") return FreeRule();
  if (name == "TOUCH") return TouchRule();
  if (name == "TOUCH_UV") return TouchUvRule();
  if (name == "QUORUM") return QuorumRule(2);
  if (name == "FORBIDDEN") return ForbiddenRule();
  return absl::nullopt;
}

absl::string_view PresetName(const Rule& rule) {
  for (absl::string_view name : {"FREE", "TOUCH", "TOUCH_UV", "FORBIDDEN"}) {
    if (Same(rule, *PresetByName(name))) return name;
  }
  const bool quorum =
      rule.approvals() >= 2 && Same(rule, QuorumRule(rule.approvals()));
  return quorum ? "QUORUM" : "";
}

std::string RuleName(const Rule& rule) {
  const absl::string_view preset = PresetName(rule);
  const bool other_quorum = preset == "QUORUM" && rule.approvals() != 2;
  if (!preset.empty() && !other_quorum) return absl::AsciiStrToLower(preset);
  return rule.approvals() == 1 ? "1 approval"
                               : absl::StrCat(rule.approvals(), " approvals");
}

absl::Status CheckRuleForm(const Rule& rule, absl::string_view operation) {
  const bool reserved = IsReserved(operation);
  switch (rule.kind()) {
    case v1::RULE_KIND_FREE:
      if (reserved || operation.empty()) return FieldProblem("kind");
      return Same(rule, FreeRule()) ? absl::OkStatus() : FieldProblem("kind");
    case v1::RULE_KIND_FORBIDDEN:
      return Same(rule, ForbiddenRule()) ? absl::OkStatus()
                                         : FieldProblem("kind");
    case v1::RULE_KIND_APPROVALS:
      return CheckApprovalsForm(rule, reserved);
    default:
      return FieldProblem("kind");
  }
}

Rule Strictest(const Rule& a, const Rule& b) {
  if (a.kind() == v1::RULE_KIND_FREE) return b;
  if (b.kind() == v1::RULE_KIND_FREE) return a;
  if (a.kind() != v1::RULE_KIND_APPROVALS ||
      b.kind() != v1::RULE_KIND_APPROVALS) {
    return ForbiddenRule();
  }
  return StrictestApprovals(a, b);
}

bool IsAtLeastAsStrict(const Rule& a, const Rule& b) {
  return Same(Strictest(a, b), a);
}

Rule EffectiveRule(const v1::PinSet& pins, absl::string_view operation) {
  for (const v1::OperationRule& entry : pins.rules()) {
    if (entry.operation() == operation) return entry.rule();
  }
  const Rule rule =
      pins.has_default_rule() ? pins.default_rule() : OwnerTouchRule();
  return IsReserved(operation) ? ReservedDefault(rule) : rule;
}

absl::Status CheckRule(const Rule& rule, bool lease_running,
                       const std::vector<CountedApproval>& approvals) {
  if (rule.kind() == v1::RULE_KIND_FREE) return absl::OkStatus();
  if (rule.kind() != v1::RULE_KIND_APPROVALS) {
    return Error(reason::kOperationForbidden, "the operation is forbidden");
  }
  const uint32_t roles = rule.lessee() && lease_running
                             ? static_cast<uint32_t>(v1::KEY_ROLE_LESSEE)
                             : rule.roles();
  uint32_t counted = 0;
  std::set<absl::string_view> places;
  for (const CountedApproval& approval : approvals) {
    if (approval.gateway.empty() && !rule.browser_ok()) {
      return Error(reason::kBrowserNotAllowed,
                   "the operation is not approved in a browser");
    }
    counted +=
        IsAskedFor(rule, roles, approval) && IsNewPlace(rule, approval, places);
  }
  if (counted >= rule.approvals()) return absl::OkStatus();
  return Error(reason::kRuleNotSatisfied,
               "the approvals do not satisfy the rule of the operation",
               {{"counted", absl::StrCat(counted)},
                {"needed", absl::StrCat(rule.approvals())}});
}

}  // namespace u2fi::proof
