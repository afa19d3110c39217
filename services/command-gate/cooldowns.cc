#include "services/command-gate/cooldowns.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/command-gate/approval_limits.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;

// Older refusals are forgotten.
constexpr int64_t kRememberMs = 600'000;

bool HasExhaustedApprover(const CommandRow& row) {
  return std::any_of(row.slots().begin(), row.slots().end(),
                     [](const records::v1::Slot& slot) {
                       return slot.state() == v1::APPROVAL_STATE_REFUSED &&
                              slot.attempts() >= kMaxAttempts;
                     });
}

}  // namespace

bool Cooldowns::IsNo(const CommandRow& seen, const CommandRow& next) {
  const bool asked = seen.state() == v1::COMMAND_STATE_AWAITING_APPROVAL ||
                     !seen.enrol_statement().empty();
  if (!asked || seen.state() == v1::COMMAND_STATE_APPROVED) return false;
  return next.state() == v1::COMMAND_STATE_EXPIRED ||
         next.state() == v1::COMMAND_STATE_CANCELLED ||
         (next.state() == v1::COMMAND_STATE_DENIED &&
          (next.reason() == reason::kDeclined.name ||
           HasExhaustedApprover(next)));
}

absl::StatusOr<Cooldowns::Stored> Cooldowns::Read(absl::string_view tenant,
                                                  absl::string_view requester) {
  ASSIGN_OR_RETURN(const auto partition,
                   u2fi::store::Partition::Make("command-gate", tenant));
  Stored stored;
  stored.key = absl::StrCat(
      "cool/",
      crypto::Hex(crypto::View(crypto::Sha256(requester))).substr(0, 32));
  ASSIGN_OR_RETURN(const u2fi::store::Snapshot snapshot,
                   store_.Get(partition, {stored.key}));
  stored.epoch = snapshot.epoch;
  stored.version = snapshot.entries[0].version;
  if (snapshot.entries[0].exists() &&
      (!stored.row.ParseFromString(snapshot.entries[0].value) ||
       stored.row.schema() != 1)) {
    return Error(reason::kStoreCorrupt, "a cool-down cannot be read");
  }
  return stored;
}

absl::Status Cooldowns::Check(absl::string_view tenant,
                              absl::string_view requester, absl::Time now) {
  ASSIGN_OR_RETURN(const Stored stored, Read(tenant, requester));
  const absl::Duration left =
      absl::FromUnixMillis(static_cast<int64_t>(stored.row.until_ms())) - now;
  if (left <= absl::ZeroDuration()) return absl::OkStatus();
  return WithRetry(
      Error(reason::kRequesterCooldown,
            "people refused this requester's questions",
            {{"seconds", absl::StrCat(absl::ToInt64Seconds(
                             absl::Ceil(left, absl::Seconds(1))))}}),
      left);
}

absl::StatusOr<bool> Cooldowns::AddNo(const StoredCommand& seen, absl::Time now,
                                      audit::Transition& transition) {
  ASSIGN_OR_RETURN(Stored stored, Read(seen.tenant, seen.row.requester()));
  if (stored.epoch != seen.epoch) {
    return Error(reason::kStoreEpochChanged, "the store began anew");
  }
  const int64_t now_ms = absl::ToUnixMillis(now);
  records::v1::CooldownRow& row = stored.row;
  row.set_schema(1);
  if (now_ms - static_cast<int64_t>(row.last_ms()) > kRememberMs) {
    row.set_refusals(0);
  }
  row.set_last_ms(static_cast<uint64_t>(now_ms));
  row.set_refusals(row.refusals() + 1);
  const bool cools = row.refusals() >= options_.refusals;
  if (cools) {
    row.set_refusals(0);
    row.set_until_ms(
        static_cast<uint64_t>(absl::ToUnixMillis(now + options_.cooldown)));
  }
  transition.expect.push_back({stored.key, stored.version});
  transition.put.push_back(
      {stored.key, row.SerializeAsString(),
       now + absl::Milliseconds(kRememberMs) + options_.cooldown});
  return cools;
}

}  // namespace u2fi::command_gate
