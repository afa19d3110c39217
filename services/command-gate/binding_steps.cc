#include "services/command-gate/binding_steps.h"

#include <algorithm>
#include <string>
#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/pins_change.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::command_gate {
namespace {

namespace registry = device_registry::v1;
using proof::v1::PinSet;

// TRANSFER gives the device away, PINS does not.
absl::Status CheckOwner(const Submission& submission, const PinSet& present,
                        const PinSet& next) {
  const bool transfer = submission.purpose == proof::v1::PURPOSE_TRANSFER;
  if (transfer == (present.account() != next.account())) {
    return absl::OkStatus();
  }
  return Error(reason::kPinsChange,
               transfer ? "TRANSFER gives the device to another account"
                        : "PINS changes no owner");
}

absl::Status CheckNextPins(const Submission& submission,
                           const registry::ResolvedItem& item,
                           std::string& previous) {
  PinSet present;
  PinSet next;
  if (!present.ParseFromString(item.pin_set()) ||
      !next.ParseFromString(submission.arguments)) {
    return Error(reason::kPinSetFormat, "the pin set cannot be read");
  }
  previous = next.previous();
  if (next.revision() == present.revision() + 1) {
    return CheckOwner(submission, present, next);
  }
  return Error(reason::kPinsRevision,
               "the new pin set is not exactly one revision further");
}

}  // namespace

bool ChangesBinding(proof::v1::Purpose purpose) {
  return purpose == proof::v1::PURPOSE_PINS ||
         purpose == proof::v1::PURPOSE_TRANSFER ||
         purpose == proof::v1::PURPOSE_UNBIND;
}

std::string NewOwnerOf(const Submission& submission) {
  PinSet next;
  return submission.purpose == proof::v1::PURPOSE_TRANSFER &&
                 next.ParseFromString(submission.arguments)
             ? next.account()
             : "";
}

absl::Status CheckBindingChange(const Submission& submission,
                                const registry::ResolvedItem& item) {
  if (!ChangesBinding(submission.purpose)) return absl::OkStatus();
  if (item.account() != submission.account) {
    return Error(reason::kNotAMember, "only its owner changes a binding",
                 {{"device", submission.device}});
  }
  std::string previous;
  if (submission.operation == proof::kOperationUnbind) {
    proof::v1::UnbindArguments arguments;
    arguments.ParseFromString(submission.arguments);
    previous = arguments.pins_hash();
  } else {
    RETURN_IF_ERROR(CheckNextPins(submission, item, previous));
  }
  if (previous == crypto::View(proof::PinsHash(item.pin_set()))) {
    return absl::OkStatus();
  }
  return Error(reason::kPinsPrevious,
               "it does not follow the device's present pin set");
}

namespace {

// Whoever touches has to be believed without an enrolment: those with one come
// along.
bool NeedsEnrolment(const proof::v1::Evidence& evidence,
                    const std::string& token) {
  return std::any_of(evidence.enrolments().begin(), evidence.enrolments().end(),
                     [&](const proof::v1::EnrolmentProof& enrolment) {
                       const auto command =
                           proof::ParseCommand(enrolment.command());
                       proof::v1::EnrolArguments arguments;
                       return command.ok() &&
                              arguments.ParseFromString(command->arguments()) &&
                              arguments.token_id() == token;
                     });
}

Approvers::NewOwner NewOwnerIn(const Submission& submission,
                               const registry::ResolveResponse& resolved,
                               PinSet next) {
  Approvers::NewOwner owner;
  owner.account = next.account();
  for (const proof::v1::PinnedKey& key : next.keys()) {
    if (key.account() == owner.account &&
        (key.roles() & proof::v1::KEY_ROLE_OWNER) != 0 &&
        !NeedsEnrolment(submission.evidence, key.token_id())) {
      owner.tokens.push_back(key.token_id());
    }
  }
  for (const auto& gateway : resolved.new_owner().gateways()) {
    owner.places.push_back(gateway.id());
  }
  owner.pins = std::move(next);
  return owner;
}

}  // namespace

void NarrowQuorum(const Submission& submission,
                  const registry::ResolveResponse& resolved,
                  Approvers::Case& in) {
  if (!ChangesBinding(submission.purpose)) return;
  for (const auto& gateway : resolved.account().gateways()) {
    in.places.push_back(gateway.id());
  }
  PinSet next;
  // CheckBindingChange() says what is wrong with one that cannot be read.
  if (submission.operation != proof::kOperationPins ||
      !next.ParseFromString(submission.arguments)) {
    return;
  }
  if (submission.purpose == proof::v1::PURPOSE_TRANSFER) {
    in.new_owner = NewOwnerIn(submission, resolved, std::move(next));
    return;
  }
  in.also = proof::LoosenedRules(in.pins[0], next);
  // One look at place, level and verification serves all rules.
  proof::v1::Rule& all = in.rule;
  for (const proof::v1::Rule& rule : in.also) {
    all.set_distinct_gateways(all.distinct_gateways() ||
                              rule.distinct_gateways());
    all.set_distinct_sites(all.distinct_sites() || rule.distinct_sites());
    all.set_uv(all.uv() || rule.uv());
    all.set_level(std::max(all.level(), rule.level()));
  }
}

void AddPinnedTokens(const Submission& submission,
                     const registry::ResolvedItem& item,
                     records::v1::Slot& slot) {
  PinSet pins;
  if (!pins.ParseFromString(item.pin_set())) return;
  for (const proof::v1::PinnedKey& key : pins.keys()) {
    if (key.account() == submission.account) slot.add_tokens(key.token_id());
  }
}

}  // namespace u2fi::command_gate
