#include "services/common/proof/pins_change.h"

#include <algorithm>
#include <string>

#include "services/common/proof/lease_offer.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {
namespace {

absl::Status ChangeError(const char* problem) {
  return Error(reason::kPinsChange, problem);
}

absl::Status CheckChain(const PinsChange& change) {
  const v1::PinSet& next = change.next->fields();
  const uint64_t present =
      change.present == nullptr ? 0 : change.present->fields().revision();
  if (next.revision() != present + 1) {
    return Error(reason::kPinsRevision,
                 "the new pin set is not exactly one revision further");
  }
  if (change.present == nullptr ||
      next.previous() == crypto::View(change.present->hash())) {
    return absl::OkStatus();
  }
  return Error(reason::kPinsPrevious,
               "the new pin set does not follow the present one");
}

bool SameDevice(const v1::PinSet& a, const v1::PinSet& b) {
  return a.device() == b.device() && a.tenant() == b.tenant() &&
         a.rp_id_hash() == b.rp_id_hash();
}

// Without what may change: two sets are then equal or not.
std::string WithoutPlace(v1::PinSet pins) {
  pins.clear_revision();
  pins.clear_previous();
  pins.clear_site();
  pins.clear_gateways();
  return Encode(pins);
}

std::string WithoutLease(v1::PinSet pins) {
  pins.clear_revision();
  pins.clear_previous();
  pins.clear_lease();
  auto* keys = pins.mutable_keys();
  keys->erase(std::remove_if(keys->begin(), keys->end(),
                             [](const v1::PinnedKey& key) {
                               return key.roles() == v1::KEY_ROLE_LESSEE;
                             }),
              keys->end());
  return Encode(pins);
}

bool GoesOn(const PinsChange& change) {
  return change.lease_running && Encode(change.present->fields().lease()) ==
                                     Encode(change.next->fields().lease());
}

// Adds the present rule of `operation` if the new set makes it looser.
void AddLoosened(const v1::PinSet& present, const v1::PinSet& next,
                 absl::string_view operation, std::vector<v1::Rule>& loosened) {
  const v1::Rule before = EffectiveRule(present, operation);
  const v1::Rule after = EffectiveRule(next, operation);
  if (before.kind() == v1::RULE_KIND_FORBIDDEN ||
      IsAtLeastAsStrict(after, before)) {
    return;
  }
  const auto same = [&](const v1::Rule& rule) {
    return Encode(rule) == Encode(before);
  };
  if (std::none_of(loosened.begin(), loosened.end(), same)) {
    loosened.push_back(before);
  }
}

absl::Status CheckUnderPins(const PinsChange& change) {
  const v1::PinSet& present = change.present->fields();
  const v1::PinSet& next = change.next->fields();
  if (present.account() != next.account() || present.site() != next.site()) {
    return ChangeError("PINS changes neither owner nor site");
  }
  for (const v1::Rule& rule : LoosenedRules(present, next)) {
    RETURN_IF_ERROR(CheckRule(rule, GoesOn(change), change.counted));
  }
  return absl::OkStatus();
}

absl::Status CheckUnderTransfer(const PinsChange& change) {
  if (change.present->fields().account() == change.next->fields().account()) {
    return ChangeError("TRANSFER gives the device to another account");
  }
  if (change.new_owner_agrees) return absl::OkStatus();
  return Error(reason::kRuleNotSatisfied, "the new owner did not agree");
}

absl::Status OfferError(const char* problem) {
  return Error(reason::kLeaseOfferInvalid, problem);
}

bool IsGuest(const v1::LeaseOffer& offer, const v1::PinSet& next) {
  if (!offer.first_key()) {
    return offer.guest_account() == next.lease().account();
  }
  return std::count_if(next.keys().begin(), next.keys().end(),
                       [](const v1::PinnedKey& key) {
                         return key.roles() == v1::KEY_ROLE_LESSEE;
                       }) == 1;
}

absl::Status CheckOffer(const PinsChange& change) {
  if (change.lease_offer == nullptr) return OfferError("there is no offer");
  ASSIGN_OR_RETURN(const v1::LeaseOffer offer,
                   VerifyLeaseOffer(*change.present, *change.lease_offer));
  const v1::PinSet& next = change.next->fields();
  if (next.lease().until_ms() != offer.until_ms() || !IsGuest(offer, next)) {
    return OfferError("the offer is for another lease");
  }
  for (const uint64_t touched : change.touched_at_ms) {
    if (touched < offer.from_ms() || touched >= offer.until_ms()) {
      return OfferError("the touch was not within the lease");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckUnderLease(const PinsChange& change) {
  const v1::PinSet& present = change.present->fields();
  const v1::PinSet& next = change.next->fields();
  if (!next.has_lease() || WithoutLease(present) != WithoutLease(next)) {
    return ChangeError("LEASE changes only the lease and its keys");
  }
  if (change.lease_running &&
      present.lease().account() != next.lease().account()) {
    return ChangeError("a lease of another account runs");
  }
  return CheckOffer(change);
}

}  // namespace

absl::Status CheckPinsChange(const PinsChange& change) {
  RETURN_IF_ERROR(CheckChain(change));
  const v1::PinSet& next = change.next->fields();
  if (change.present == nullptr) {
    if (!next.has_lease()) return absl::OkStatus();
    return ChangeError("the first pin set has no lease");
  }
  if (!SameDevice(change.present->fields(), next)) {
    return ChangeError("device, tenant and relying party stay");
  }
  switch (change.purpose) {
    case v1::PURPOSE_PINS:
      return CheckUnderPins(change);
    case v1::PURPOSE_LEASE:
      return CheckUnderLease(change);
    case v1::PURPOSE_TRANSFER:
      return CheckUnderTransfer(change);
    case v1::PURPOSE_MOVE:
      if (WithoutPlace(change.present->fields()) == WithoutPlace(next)) {
        return absl::OkStatus();
      }
      return ChangeError("MOVE changes only the site and the gateways");
    default:
      return ChangeError("the purpose changes no pin set");
  }
}

std::vector<v1::Rule> LoosenedRules(const v1::PinSet& present,
                                    const v1::PinSet& next) {
  std::vector<v1::Rule> loosened;
  for (const v1::PinSet* pins : {&present, &next}) {
    for (const v1::OperationRule& entry : pins->rules()) {
      AddLoosened(present, next, entry.operation(), loosened);
    }
  }
  // What no set names: other device operations, and `u2fi.unbind`.
  AddLoosened(present, next, kOperationUnbind, loosened);
  AddLoosened(present, next, "", loosened);
  return loosened;
}

absl::Status CheckUnbindArguments(const v1::Command& command,
                                  const PinSet& present) {
  // Their form was checked with the command's.
  v1::UnbindArguments arguments;
  if (arguments.ParseFromString(command.arguments()) &&
      arguments.pins_hash() == crypto::View(present.hash())) {
    return absl::OkStatus();
  }
  return Error(reason::kPinsPrevious, "the release is for another pin set");
}

}  // namespace u2fi::proof
