#include "tools/device-check/check_case.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/strict.h"
#include "services/common/proof/verified_pins.h"
#include "services/common/status/error.h"

namespace u2fi::device_check {
namespace {

using proof::FakeCase;
using proof::VerifyInputs;

// Whether a device can be told all that the verifier is told.
bool IsTold(const FakeCase& c) {
  const VerifyInputs usual = c.site.Inputs(nullptr);
  VerifyInputs changed = usual;
  if (c.inputs) c.inputs(changed);
  return changed.device == usual.device && changed.gateway == usual.gateway &&
         changed.now_ms == usual.now_ms && changed.skew_ms == usual.skew_ms &&
         !changed.lease_ended && changed.denied == nullptr;
}

bool IsOnAccount(const std::string& bytes) {
  const auto command = proof::ParseCommand(bytes);
  return command.ok() && proof::AccountOfTarget(command->device()).has_value();
}

// Whether the command brings a first pin set: no other is staged.
bool IsFirst(const FakeCase& c) {
  const auto command = proof::ParseCommand(c.command);
  proof::v1::PinSet pins;
  return !command.ok() || command->operation() != proof::kOperationPins ||
         !pins.ParseFromString(command->arguments()) || pins.revision() == 1;
}

// Beyond the bounds of device.proto.
bool IsTooLong(const CheckCase& c) {
  return c.command.size() > proof::kMaxCommand ||
         c.proof.size() > proof::kMaxProof;
}

// What a device that has `pins` must say.
absl::Status Verdict(const CheckCase& c, const proof::FakeSite& site) {
  absl::optional<proof::PinSet> present;
  if (!c.pins.empty()) present = *proof::PinSet::Parse(c.pins);
  proof::v1::Evidence evidence;
  evidence.ParseFromString(c.evidence);
  VerifyInputs in = site.Inputs(present.has_value() ? &*present : nullptr);
  if (evidence.has_lease_offer()) in.lease_offer = &evidence.lease_offer();
  // A message without a proof asks for what is free.
  if (c.proof.empty()) return proof::VerifyFree(c.command, in).status();
  auto verified = proof::VerifyProof(c.command, c.proof, in);
  if (!verified.ok() || !verified->next_pins().has_value()) {
    return verified.status();
  }
  return proof::VerifyPins(*std::move(verified), in.pins, evidence).status();
}

// The enrolment of every key of `pins` that is not alice's. Nothing if one of
// them is nobody's of the site.
absl::optional<proof::v1::Evidence> EnrolmentsOf(
    proof::FakeSite& site, const proof::v1::PinSet& pins) {
  const std::map<std::string, proof::FakeToken*> tokens = {
      {site.bob.id, &site.bob},
      {site.carol.id, &site.carol},
      {site.dave.id, &site.dave},
      {site.erin.id, &site.erin}};
  proof::v1::Evidence evidence;
  for (const proof::v1::PinnedKey& key : pins.keys()) {
    if (key.token_id() == site.alice.id) continue;
    const auto found = tokens.find(key.token_id());
    if (found == tokens.end()) return absl::nullopt;
    proof::FakeToken& token = *found->second;
    *evidence.add_enrolments() = proof::FakeEnrolment(
        site, token, proof::FakeEnrolCommand(site, token, key.level()),
        {{&token, &site.gw1}});
  }
  return evidence;
}

void SetMoment(const Moment& moment, proof::FakeSite& site) {
  site.now_ms = moment.now_ms;
  site.sequence = moment.sequence;
}

}  // namespace

std::vector<CaseMaker> AllMakers() {
  std::vector<CaseMaker> makers;
  for (const proof::FakeGoodCase& good : proof::AllGoodCases()) {
    makers.push_back({absl::StrCat("Good", good.name), good.make});
  }
  for (const proof::FakeFault& fault : proof::AllFaults()) {
    makers.push_back({fault.name, fault.make});
  }
  return makers;
}

absl::optional<CheckCase> MakeCase(const CaseMaker& maker,
                                   const Moment& moment) {
  FakeCase c;
  SetMoment(moment, c.site);
  maker.make(c);
  if (!IsTold(c) || IsOnAccount(c.command) || (c.blank && !IsFirst(c))) {
    return absl::nullopt;
  }
  CheckCase made;
  made.command = c.command;
  made.proof = proof::Encode(c.proof);
  if (c.offer.has_value()) {
    proof::v1::Evidence evidence;
    *evidence.mutable_lease_offer() = *c.offer;
    made.evidence = proof::Encode(evidence);
  }
  if (!c.blank) {
    const auto present = c.Present();
    if (!present.ok()) return absl::nullopt;
    made.pins = present->bytes();
    if (!GenesisOf(made.pins, moment).has_value()) return absl::nullopt;
  }
  made.expected = ReasonOf(Verdict(made, c.site));
  if (absl::StartsWith(made.expected, "ENROLMENT_")) return absl::nullopt;
  if (IsTooLong(made)) made.expected = reason::kMessageFormat.name;
  return made;
}

CheckCase TouchedCase(const std::string& operation, const Moment& moment,
                      int variant) {
  FakeCase c;
  SetMoment(moment, c.site);
  c.site.request_id.back() = static_cast<char>('f' - variant);
  c.Ask(operation, {c.Alice()});
  CheckCase made;
  made.pins = c.Present()->bytes();
  made.command = c.command;
  made.proof = proof::Encode(c.proof);
  return made;
}

absl::optional<CheckCase> GenesisOf(const std::string& pins,
                                    const Moment& moment) {
  FakeCase c;
  SetMoment(moment, c.site);
  proof::v1::PinSet fields;
  if (!fields.ParseFromString(pins)) return absl::nullopt;
  const auto evidence = EnrolmentsOf(c.site, fields);
  if (!evidence.has_value()) return absl::nullopt;
  c.AskForPins(fields, {c.Alice()}, proof::v1::PURPOSE_PROVISION);
  CheckCase made;
  made.command = c.command;
  made.proof = proof::Encode(c.proof);
  made.evidence = proof::Encode(*evidence);
  return Verdict(made, c.site).ok() ? absl::make_optional(std::move(made))
                                    : absl::nullopt;
}

}  // namespace u2fi::device_check
