#include "tools/u2fi/pins_edit.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/rule_text.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

using device_registry::v1::PlanPinsRequest;
using proof::v1::PinnedKey;

struct Role {
  const char* name;
  uint32_t bit;
};
constexpr Role kRoles[] = {{"owner", proof::v1::KEY_ROLE_OWNER},
                           {"member", proof::v1::KEY_ROLE_MEMBER},
                           {"approver", proof::v1::KEY_ROLE_APPROVER},
                           {"break_glass", proof::v1::KEY_ROLE_BREAK_GLASS}};

absl::Status Bad(const char* flag, const std::string& text, const char* what) {
  return UsageError(flag, absl::StrCat("'", text, "' ", what));
}

absl::StatusOr<uint32_t> ParseRoles(const std::string& text) {
  uint32_t roles = 0;
  for (const absl::string_view name : absl::StrSplit(text, '+')) {
    const auto* const found =
        std::find_if(std::begin(kRoles), std::end(kRoles),
                     [&](const Role& role) { return role.name == name; });
    if (found == std::end(kRoles)) {
      return Bad("--key", text,
                 "is not owner, member, approver, break_glass, joined by +");
    }
    roles |= found->bit;
  }
  return roles;
}

absl::StatusOr<PinnedKey> ParseKey(const std::string& text) {
  const std::vector<std::string> sides = absl::StrSplit(text, '=');
  const std::vector<std::string> names = absl::StrSplit(sides[0], '/');
  if (sides.size() != 2 || names.size() != 2) {
    return Bad("--key", text, "is not ACCOUNT/TOKEN=ROLES");
  }
  PinnedKey key;
  key.set_account(names[0]);
  key.set_token_id(names[1]);
  ASSIGN_OR_RETURN(const uint32_t roles, ParseRoles(sides[1]));
  key.set_roles(roles);
  return key;
}

// Whether the key was there.
bool RemoveKey(const std::string& token, PlanPinsRequest& plan) {
  auto& keys = *plan.mutable_keys();
  const auto end = std::remove_if(
      keys.begin(), keys.end(),
      [&](const PinnedKey& key) { return key.token_id() == token; });
  const bool found = end != keys.end();
  keys.erase(end, keys.end());
  return found;
}

absl::Status EditKeys(const PinsEdit& edit, PlanPinsRequest& plan) {
  plan.set_replace_keys(true);
  for (const std::string& text : edit.drop_keys) {
    const std::string token(absl::StripPrefix(text, "tokens/"));
    if (!RemoveKey(token, plan)) {
      return FieldError(
          "--drop-key",
          absl::StrCat("'", token, "' is not believed by the device"));
    }
  }
  std::set<std::string> named;
  for (const std::string& text : edit.keys) {
    ASSIGN_OR_RETURN(PinnedKey key, ParseKey(text));
    if (!named.insert(key.token_id()).second) {
      return Bad("--key", text, "names a key for the second time");
    }
    RemoveKey(key.token_id(), plan);
    *plan.add_keys() = std::move(key);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PlanPinsRequest> PlanFor(const PinsEdit& edit,
                                        const proof::v1::PinSet& present) {
  PlanPinsRequest plan;
  plan.set_purpose(proof::v1::PURPOSE_PINS);
  plan.add_devices(present.device());
  *plan.mutable_rules() = present.rules();
  *plan.mutable_keys() = present.keys();
  plan.set_replace_rules(true);
  RETURN_IF_ERROR(
      EditRules(edit.rules, edit.drop_rules, *plan.mutable_rules()));
  RETURN_IF_ERROR(EditKeys(edit, plan));
  for (const std::string& id : edit.gateways) plan.add_gateways(id);
  return plan;
}

}  // namespace u2fi::cli
