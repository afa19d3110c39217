#include "services/device-registry/recoveries.h"

#include <utility>

#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {

using records::v1::RecoveryRow;

namespace {

constexpr uint64_t kSkewMs = 30'000;
// Two minutes to approve, fifteen to apply, and as long again.
constexpr uint64_t kProofLifeMs = 2'040'000;

uint64_t Millis(const google::protobuf::Timestamp& time) {
  const int64_t millis = ToMillis(time);
  return millis < 0 ? 0 : static_cast<uint64_t>(millis);
}

}  // namespace

absl::StatusOr<bool> NoteRecovery(Change& change, absl::string_view account,
                                  const v1::AccountRecovery& word) {
  const std::string key = key::Recovery(account);
  ASSIGN_OR_RETURN(absl::optional<RecoveryRow> row,
                   change.Read<RecoveryRow>(key));
  if (row.has_value() && row->recovery() == word.recovery()) {
    if (!word.cancelled() || row->cancelled() || !row->token().empty()) {
      return false;
    }
    row->set_cancelled(true);
    change.Put(key, *std::move(row));
    return true;
  }
  // Ids ascend from the newest to the oldest.
  if (row.has_value() && row->recovery() < word.recovery()) return false;
  RecoveryRow next;
  next.set_recovery(word.recovery());
  next.set_open_ms(Millis(word.open_time()));
  next.set_expire_ms(Millis(word.expire_time()));
  next.set_cancelled(word.cancelled());
  change.Put(key, std::move(next));
  return true;
}

absl::StatusOr<absl::optional<RecoveryRow>> OpenRecovery(
    Change& change, absl::string_view account, uint64_t now_ms) {
  ASSIGN_OR_RETURN(absl::optional<RecoveryRow> row,
                   change.Read<RecoveryRow>(key::Recovery(account)));
  if (row.has_value() && !row->cancelled() && row->token().empty() &&
      now_ms + kSkewMs >= row->open_ms() &&
      now_ms <= row->expire_ms() + kProofLifeMs) {
    return row;
  }
  return absl::optional<RecoveryRow>();
}

void UseRecovery(Change& change, absl::string_view account, RecoveryRow row,
                 const std::string& token) {
  row.set_token(token);
  change.Put(key::Recovery(account), std::move(row));
}

}  // namespace u2fi::device_registry
