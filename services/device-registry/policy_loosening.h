#ifndef U2FI_SERVICES_DEVICE_REGISTRY_POLICY_LOOSENING_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_POLICY_LOOSENING_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "u2fi/device_registry/v1/resources.pb.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::device_registry {

// What a change of the tenant's policy, or of a model, lets less be asked for.
struct Loosening {
  // As PolicyChange.looser has it: ascending, each once.
  std::vector<std::string> looser;
  // What the touches of those who agree have to satisfy (decisions A19): each
  // rule that becomes looser, as it was before or, if it was FORBIDDEN, as it
  // was before that; of other guardians, what LooseningOf() says; and in any
  // case one touch.
  std::vector<proof::v1::Rule> rules;

  bool empty() const { return looser.empty(); }
};

// An operation without a rule is free as far as the policy is concerned. Other
// guardians are a loosening too, in whichever direction: those who could agree
// so far say who can from now on. More than half of those named must, and as
// many as any rule of the policy wants (at most all), by touches as good.
Loosening LooseningOf(const v1::Policy& before, const v1::Policy& after);

// An operation that is not in the model is forbidden, or, if it is open, needs
// one touch by OWNER.
Loosening LooseningOf(const v1::Model& before, const v1::Model& after);

// Sets next.before_forbidden: to forbid first and to loosen then takes no less
// than to loosen at once.
void KeepForbidden(const v1::Policy& before, v1::Policy& next);
void KeepForbidden(const v1::Model& before, v1::Model& next);

// What the touch has to be like that changes the account's own rules: by a key
// as good, and with a user verified, as they want it of theirs. How many people
// they want is not asked for: nobody else has a say in what an account asks of
// itself, and what a device pinned stays.
proof::v1::Rule RuleOfOwnPolicy(const v1::Account& account);

// Whether those who agreed so far satisfy every rule. A key of whoever may
// agree has every role.
bool IsAgreed(const Loosening& loosening, const v1::PolicyChange& change);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_POLICY_LOOSENING_H_
