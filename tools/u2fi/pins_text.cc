#include "tools/u2fi/pins_text.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/visible_text.h"

namespace u2fi::cli {
namespace {

// " as owner and approver".
std::string RolesText(uint32_t roles) {
  constexpr std::pair<uint32_t, const char*> kNames[] = {
      {proof::v1::KEY_ROLE_OWNER, "owner"},
      {proof::v1::KEY_ROLE_MEMBER, "member"},
      {proof::v1::KEY_ROLE_LESSEE, "lessee"},
      {proof::v1::KEY_ROLE_APPROVER, "approver"},
      {proof::v1::KEY_ROLE_BREAK_GLASS, "break_glass"},
      {proof::v1::KEY_ROLE_RECOVERY, "recovery"}};
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if ((roles & bit) == 0) continue;
    absl::StrAppend(&text, text.empty() ? " as " : " and ", name);
  }
  return text;
}

}  // namespace

std::string PinsText(const proof::v1::PinSet& pins) {
  std::string text = absl::StrCat("pins     ", pins.device(), " will believe");
  for (const proof::v1::PinnedKey& key : pins.keys()) {
    absl::StrAppend(&text, " key ", key.token_id(), " of ", key.account(),
                    RolesText(key.roles()), ",");
  }
  for (const proof::v1::PinnedGateway& gateway : pins.gateways()) {
    absl::StrAppend(&text, " gateway ", gateway.id(), ",");
  }
  for (const proof::v1::LeaseIssuer& issuer : pins.lease_issuers()) {
    absl::StrAppend(&text, " front desk ", issuer.id(), ",");
  }
  if (pins.has_lease()) {
    absl::StrAppend(&text, " a lease of ", pins.lease().account(), ",");
  }
  for (const proof::v1::OperationRule& rule : pins.rules()) {
    absl::StrAppend(&text, " ", rule.operation(), " ",
                    proof::RuleName(rule.rule()), ",");
  }
  const std::string other = pins.has_default_rule()
                                ? proof::RuleName(pins.default_rule())
                                : "touch of the owner";
  absl::StrAppend(&text, " any other operation ", other, ", and nothing else");
  return proof::VisibleText(text);
}

}  // namespace u2fi::cli
