#include "services/common/fido/model_policy.h"

#include <algorithm>

#include "services/common/status/error.h"

namespace u2fi::fido {
namespace {

constexpr char kYubicoModel[] = "1.3.6.1.4.1.41482.2";

bool HasVendorOid(const crypto::Certificate& leaf, const std::string& oid) {
  const crypto::Extension* model = leaf.FindExtension(kYubicoModel);
  return leaf.FindExtension(oid) != nullptr ||
         (model != nullptr && model->value == oid);
}

bool Names(const ModelRule& rule, const AttestationEvidence& evidence) {
  if (rule.kind == ModelRule::Kind::kAaguid) {
    return evidence.aaguid == rule.value;
  }
  if (evidence.chain.empty()) return false;
  const crypto::Certificate& leaf = evidence.chain[0];
  switch (rule.kind) {
    case ModelRule::Kind::kKeyId:
      return AttestationKeyId(leaf) == rule.value;
    case ModelRule::Kind::kIssuer:
      return leaf.issuer() == rule.value;
    default:
      return HasVendorOid(leaf, rule.value);
  }
}

bool AnyNames(const std::vector<ModelRule>& rules,
              const AttestationEvidence& evidence) {
  return std::any_of(rules.begin(), rules.end(), [&](const ModelRule& rule) {
    return Names(rule, evidence);
  });
}

// A rule names the token, and its origin proves that name.
bool AnyProves(const std::vector<ModelRule>& rules,
               const AttestationEvidence& evidence,
               const TrustVerdict& verdict) {
  if (verdict.level < TrustLevel::kAttested) return false;
  return std::any_of(rules.begin(), rules.end(), [&](const ModelRule& rule) {
    const bool counts =
        rule.kind != ModelRule::Kind::kAaguid || verdict.proves_aaguid;
    return counts && Names(rule, evidence);
  });
}

}  // namespace

absl::Status CheckModelPolicy(const AttestationEvidence& evidence,
                              const TrustVerdict& verdict,
                              const ModelPolicy& policy) {
  const bool is_allowed =
      policy.allowed.empty() || AnyProves(policy.allowed, evidence, verdict);
  if (is_allowed && !AnyNames(policy.denied, evidence)) return absl::OkStatus();
  return Error(reason::kModelNotAllowed, "the model is not let in");
}

}  // namespace u2fi::fido
