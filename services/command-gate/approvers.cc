#include "services/command-gate/approvers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/command-gate/quorum.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using proof::v1::PinnedGateway;
using proof::v1::PinnedKey;
using proof::v1::PinSet;
using proof::v1::Rule;
using records::v1::CommandRow;
using records::v1::Slot;

constexpr absl::Duration kRetryOffline = absl::Seconds(5);

// The roles that count under `rule` for `pins` now.
uint32_t RolesOf(const Rule& rule, const PinSet& pins, uint64_t now_ms) {
  const bool leased = pins.has_lease() && now_ms < pins.lease().until_ms();
  if (rule.lessee() && leased) return proof::v1::KEY_ROLE_LESSEE;
  return leased ? rule.roles()
                : rule.roles() & ~(proof::v1::KEY_ROLE_LESSEE + 0u);
}

// Whether the key counts for one of the rules.
bool Counts(const Approvers::Case& in, const PinSet& pins, const PinnedKey& key,
            uint64_t now_ms) {
  uint32_t roles = RolesOf(in.rule, pins, now_ms);
  for (const Rule& rule : in.also) roles |= RolesOf(rule, pins, now_ms);
  return (key.roles() & roles) != 0 && key.level() >= in.rule.level();
}

// Whether the very same key counts for every device.
bool CountsForAll(const Approvers::Case& in, const PinnedKey& key,
                  uint64_t now_ms) {
  return std::all_of(in.pins.begin(), in.pins.end(), [&](const PinSet& pins) {
    return std::any_of(pins.keys().begin(), pins.keys().end(),
                       [&](const PinnedKey& other) {
                         return other.token_id() == key.token_id() &&
                                other.account() == key.account() &&
                                other.point() == key.point() &&
                                Counts(in, pins, other, now_ms);
                       });
  });
}

// The gateway if a touch there counts for every device.
const PinnedGateway* FindPlace(const Approvers::Case& in,
                               absl::string_view id) {
  if (!in.places.empty() &&
      std::count(in.places.begin(), in.places.end(), id) == 0) {
    return nullptr;
  }
  const PinnedGateway* found = nullptr;
  for (const PinSet& pins : in.pins) {
    const auto pinned = std::find_if(
        pins.gateways().begin(), pins.gateways().end(),
        [&](const PinnedGateway& gateway) {
          return gateway.id() == id && gateway.may_approve() &&
                 (found == nullptr || gateway.point() == found->point());
        });
    if (pinned == pins.gateways().end()) return nullptr;
    found = &*pinned;
  }
  return found;
}

bool IsTaken(const Rule& rule, const CommandRow& row,
             const PinnedGateway& place) {
  return std::any_of(
      row.slots().begin(), row.slots().end(), [&](const Slot& slot) {
        return (rule.distinct_gateways() && slot.gateway() == place.id()) ||
               (rule.distinct_sites() && slot.site() == place.site());
      });
}

}  // namespace

std::vector<Approvers::Person> Approvers::PeopleOf(const Case& in) const {
  const auto now_ms = static_cast<uint64_t>(UnixMillis(clock_));
  std::vector<Person> people;
  for (const PinnedKey& key : in.pins[0].keys()) {
    // One who is given the device is asked for that, and once.
    const bool taker =
        in.new_owner.has_value() && in.new_owner->account == key.account();
    if (taker || !CountsForAll(in, key, now_ms)) continue;
    auto person = std::find_if(
        people.begin(), people.end(),
        [&](const Person& one) { return one.account == key.account(); });
    if (person == people.end()) {
      person = people.insert(people.end(), Person{key.account(), {}, ~0u});
    }
    person->tokens.push_back(key.token_id());
    person->roles &= key.roles();
  }
  return people;
}

bool Approvers::IsPortal(const std::string& origin) const {
  return std::count(options_.origins.begin(), options_.origins.end(), origin) >
         0;
}

bool Approvers::IsQuorum(const Case& in, const std::string& account) const {
  const auto alone = [&](const Person& person, const Rule& rule) {
    return in.also.empty() || (person.roles & rule.roles()) != 0;
  };
  if (in.rule.approvals() > 1 || in.new_owner.has_value()) return true;
  const std::vector<Person> people = PeopleOf(in);
  const auto self = std::find_if(
      people.begin(), people.end(),
      [&](const Person& person) { return person.account == account; });
  if (self == people.end()) return !people.empty();
  return !alone(*self, in.rule) ||
         std::any_of(in.also.begin(), in.also.end(), [&](const Rule& rule) {
           return rule.approvals() > 1 || !alone(*self, rule);
         });
}

bool Approvers::CountsOwn(const Case& in, const Rule& rule) const {
  return SelfApproval(in) || in.break_glass || rule.approvals() <= 1;
}

bool Approvers::MayApproveOwn(const Case& in) const {
  return CountsOwn(in, in.rule) ||
         std::any_of(in.also.begin(), in.also.end(),
                     [&](const Rule& rule) { return CountsOwn(in, rule); });
}

struct Approvers::Rows {
  explicit Rows(CommandRow& row)
      : now(row), with_requester(row), with_offline(row) {}

  CommandRow& now;
  CommandRow with_requester;
  CommandRow with_offline;
};

absl::Status Approvers::AddPeople(const Case& in,
                                  const std::vector<Person>& people,
                                  Rows& rows) {
  for (const Person& person : people) {
    ASSIGN_OR_RETURN(absl::optional<Slot> slot, SlotOf(in, person, rows.now));
    if (!slot.has_value()) continue;
    const bool self = person.account == rows.now.account();
    *rows.with_requester.add_slots() = *slot;
    if (self && !MayApproveOwn(in)) continue;
    slot->set_own(self && !in.also.empty() && !SelfApproval(in));
    *rows.with_offline.add_slots() = *slot;
    if (!slot->channel_key().empty()) *rows.now.add_slots() = *slot;
  }
  return absl::OkStatus();
}

absl::Status Approvers::AddNewOwner(const Case& in, Rows& rows) {
  Case theirs;
  theirs.tenant = in.tenant;
  theirs.pins = {in.new_owner->pins};
  theirs.places = in.new_owner->places;
  const Person person = {in.new_owner->account, in.new_owner->tokens, 0};
  ASSIGN_OR_RETURN(absl::optional<Slot> slot, SlotOf(theirs, person, rows.now));
  if (!slot.has_value() || theirs.places.empty()) {
    return Error(reason::kNoCredentials,
                 "the new owner has no key that can answer at his own gateway",
                 {{"account", person.account}});
  }
  slot->set_new_owner(true);
  *rows.with_requester.add_slots() = *slot;
  *rows.with_offline.add_slots() = *slot;
  if (!slot->channel_key().empty()) *rows.now.add_slots() = *slot;
  return absl::OkStatus();
}

absl::Status Approvers::AddTo(const Case& in, CommandRow& row) {
  const std::vector<Person> people = PeopleOf(in);
  if (in.break_glass &&
      (ForbidsBreakGlass(in) || people.size() < in.rule.approvals())) {
    return Error(reason::kBreakGlassDisabled,
                 ForbidsBreakGlass(in)
                     ? "break-glass is forbidden here"
                     : "the owner pinned no two keys for break-glass");
  }
  *row.mutable_quorum() = in.rule;
  for (const Rule& rule : in.also) *row.add_also() = rule;
  Rows rows(row);
  RETURN_IF_ERROR(AddPeople(in, people, rows));
  if (in.new_owner.has_value()) RETURN_IF_ERROR(AddNewOwner(in, rows));
  if (MayBeApproved(row)) return absl::OkStatus();
  if (MayBeApproved(rows.with_offline)) {
    return WithRetry(Error(reason::kGatewayOffline,
                           "too few approvers have a gateway that is connected",
                           {{"needed", absl::StrCat(in.rule.approvals())}}),
                     kRetryOffline);
  }
  if (MayBeApproved(rows.with_requester)) {
    return Error(reason::kSelfApproval,
                 "the requester's own touch does not count");
  }
  return Error(reason::kNoCredentials, "too few people may approve it",
               {{"able", absl::StrCat(rows.with_offline.slots_size())},
                {"needed", absl::StrCat(in.rule.approvals())}});
}

absl::StatusOr<absl::optional<Slot>> Approvers::SlotOf(const Case& in,
                                                       const Person& person,
                                                       const CommandRow& row) {
  attestation::v1::ListCandidatesRequest request;
  request.set_tenant(in.tenant);
  request.set_account(person.account);
  *request.mutable_required() = row.required();
  request.set_purpose(row.purpose());
  request.set_site(row.site());
  const auto listed = attestation_.ListCandidates(request);
  if (IsReason(listed.status(), reason::kNoCredentials)) return {absl::nullopt};
  RETURN_IF_ERROR(listed.status());
  Slot slot;
  slot.set_account(person.account);
  slot.set_state(v1::APPROVAL_STATE_QUEUED);
  if (!in.also.empty()) slot.set_roles(person.roles);
  // Where it was seen last, those that were used last first.
  std::vector<std::string> wanted;
  for (const common::v1::Candidate& candidate : listed->candidates()) {
    if (std::count(person.tokens.begin(), person.tokens.end(),
                   candidate.token_id()) == 0) {
      continue;
    }
    slot.add_tokens(candidate.token_id());
    if (!candidate.last_gateway().empty()) {
      wanted.push_back(candidate.last_gateway());
    }
  }
  if (slot.tokens().empty()) return {absl::nullopt};
  wanted.push_back(in.place);
  for (const PinnedGateway& gateway : in.pins[0].gateways()) {
    wanted.push_back(gateway.id());
  }
  RETURN_IF_ERROR(SetPlace(in, wanted, row, slot));
  if (slot.gateway().empty()) return {absl::nullopt};
  return absl::make_optional(std::move(slot));
}

absl::Status Approvers::SetPlace(const Case& in,
                                 const std::vector<std::string>& wanted,
                                 const CommandRow& row, Slot& slot) {
  for (const bool may_be_taken : {false, true}) {
    for (const std::string& id : wanted) {
      const PinnedGateway* const place = FindPlace(in, id);
      if (place == nullptr ||
          (!may_be_taken && IsTaken(in.rule, row, *place))) {
        continue;
      }
      slot.set_gateway(place->id());
      slot.set_site(place->site());
      const std::string key =
          crypto::ToString(proof::ChannelKeyOf(place->point()));
      ASSIGN_OR_RETURN(const auto session, gateways_.Find(in.tenant, id));
      if (!session.has_value() || session->channel_key != key) continue;
      slot.set_channel_key(key);
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

}  // namespace u2fi::command_gate
