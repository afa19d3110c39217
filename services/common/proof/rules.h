#ifndef U2FI_SERVICES_COMMON_PROOF_RULES_H_
#define U2FI_SERVICES_COMMON_PROOF_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::proof {

// What an operation needs, and whether some approvals give it. The class of an
// operation comes from the device's pin set, never from the cloud; an
// operation that nobody classified needs a touch by OWNER.

// Presets. kQuorum counts approvals of OWNER, MEMBER and APPROVER keys.
v1::Rule FreeRule();
v1::Rule ForbiddenRule();
v1::Rule TouchRule();                     // 1 by OWNER or MEMBER
v1::Rule TouchUvRule();                   // the same with user verification
v1::Rule QuorumRule(uint32_t approvals);  // by distinct accounts, at least 2
v1::Rule OwnerTouchRule();                // 1 by OWNER: what absent means

// The preset with that name (FREE, TOUCH, TOUCH_UV, QUORUM, FORBIDDEN), QUORUM
// with 2 approvals. Nothing for other names.
absl::optional<v1::Rule> PresetByName(absl::string_view name);

// The name of the preset that `rule` is, or "" if it is none; QUORUM for any
// number of approvals.
absl::string_view PresetName(const v1::Rule& rule);

// The rule for people: the preset in lower case, or how many approvals it
// wants.
std::string RuleName(const v1::Rule& rule);

// The rules of a Rule for `operation` ("" for a default rule): a kind of the
// list; with FREE and FORBIDDEN nothing else; with APPROVALS 1 to 8 approvals,
// level at most 2 and at least one role of OWNER, MEMBER, LESSEE and APPROVER
// (RECOVERY and BREAK_GLASS are never asked for by a rule). FREE is neither
// for `u2fi.*` nor a default; browser_ok and lessee are not for `u2fi.*`.
// PIN_SET_FORMAT with metadata "field".
absl::Status CheckRuleForm(const v1::Rule& rule, absl::string_view operation);

// The strictest of both in every field. FORBIDDEN if no role is left.
v1::Rule Strictest(const v1::Rule& a, const v1::Rule& b);

// True if `a` asks for all that `b` asks for.
bool IsAtLeastAsStrict(const v1::Rule& a, const v1::Rule& b);

// The rule of `operation`: the one of that name, else the default rule, else
// one touch by OWNER. For an unnamed `u2fi.*` operation the default rule gives
// only its strictness, never its roles alone: one approval is then by OWNER,
// several by OWNER or APPROVER; a default of FORBIDDEN means one touch by
// OWNER; browser_ok and lessee do not count. So a convenient default rule
// hands nobody the pin set.
v1::Rule EffectiveRule(const v1::PinSet& pins, absl::string_view operation);

// An approval as a rule sees it, after it was verified.
struct CountedApproval {
  // Roles in which the key may act now (a LESSEE only during the lease, and so
  // on).
  uint32_t roles = 0;
  uint32_t level = 0;
  bool user_verified = false;
  // Where the touch was taken. Empty gateway: a browser.
  absl::string_view gateway;
  absl::string_view site;
};

// OK if `approvals` (of pairwise distinct tokens of distinct accounts) satisfy
// `rule`. Approvals that the rule does not ask for do not count, and do no
// harm. With distinct_gateways or distinct_sites each further approval from a
// place already counted, or from a browser, does not count either.
// OPERATION_FORBIDDEN, BROWSER_NOT_ALLOWED (one approval came from a browser),
// or RULE_NOT_SATISFIED.
absl::Status CheckRule(const v1::Rule& rule, bool lease_running,
                       const std::vector<CountedApproval>& approvals);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_RULES_H_
