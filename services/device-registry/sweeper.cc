#include "services/device-registry/sweeper.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "services/device-registry/transactions.h"
#include "services/device-registry/unbinding.h"

namespace u2fi::device_registry {
namespace {

using records::v1::TransactionRow;

// Timers of a tenant in one round; the rest waits for the next one.
constexpr size_t kMaxPerRound = 1000;

// A timer's key taken apart: "timer/<due>/<kind>/<id>".
struct Timer {
  int64_t due_ms = 0;
  std::string kind;
  std::string id;
};

absl::StatusOr<Timer> ParseTimer(const std::string& key) {
  const std::vector<std::string> parts = absl::StrSplit(key, '/');
  Timer timer;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[1], &timer.due_ms)) {
    return Error(reason::kInternal, "a timer's key is malformed");
  }
  timer.kind = parts[2];
  timer.id = parts[3];
  return timer;
}

// Keeps those that are due at `now`, or malformed. They ascend by the time at
// which they fall due.
void KeepDue(absl::Time now, std::vector<std::string>& timers) {
  const int64_t now_ms = absl::ToUnixMillis(now);
  const auto later = [now_ms](const std::string& key) {
    const absl::StatusOr<Timer> timer = ParseTimer(key);
    return timer.ok() && timer->due_ms > now_ms;
  };
  timers.erase(std::find_if(timers.begin(), timers.end(), later), timers.end());
}

// The device has not confirmed in time.
void RaiseAlarm(Change& change, TransactionRow row) {
  v1::Transaction& transaction = *row.mutable_transaction();
  transaction.set_state(v1::TRANSACTION_STATE_ALARM);
  ClearTimer(change, row);
  audit::RowContent content;
  content.kind = audit::v1::ROW_KIND_ALARM;
  content.subjects = {transaction.name(), AccountName(row.account())};
  content.body.set_outcome(common::v1::OUTCOME_ACCEPTED);
  content.body.set_state_before("COMMITTED");
  content.body.set_state_after("ALARM");
  content.body.set_reason(row.refusal());
  change.Audit(std::move(content));
  change.Announce(v1::EVENT_KIND_ALARM, transaction.name(), "ALARM");
  PutTransaction(change, std::move(row));
}

absl::Status FireTransaction(Change& change, const std::string& timer,
                             const std::string& id) {
  ASSIGN_OR_RETURN(TransactionRow row, RequireTransaction(change, id));
  if (row.timer() != timer) return absl::OkStatus();
  switch (row.transaction().state()) {
    case v1::TRANSACTION_STATE_ARMED:
    case v1::TRANSACTION_STATE_STAGED:
      return RollBack(change, std::move(row), reason::kExecuteByPassed.name);
    case v1::TRANSACTION_STATE_COMMITTED:
      RaiseAlarm(change, std::move(row));
      return absl::OkStatus();
    default:
      return Error(reason::kInternal, "a transaction has a timer at its end");
  }
}

}  // namespace

absl::StatusOr<int> Sweeper::Sweep() {
  ASSIGN_OR_RETURN(const std::vector<std::string> tenants,
                   store_.tenants().List());
  int fired = 0;
  absl::Status first_error;
  for (const std::string& tenant : tenants) {
    first_error.Update(SweepTenant(tenant, fired));
  }
  if (!first_error.ok()) return first_error;
  return fired;
}

absl::StatusOr<std::vector<std::string>> Sweeper::Due(
    const std::string& tenant) {
  ASSIGN_OR_RETURN(std::vector<std::string> timers,
                   store_.FirstKeys(tenant, key::kTimers, kMaxPerRound));
  KeepDue(store_.clock().Now(), timers);
  if (timers.empty()) return timers;
  // What fires cannot be taken back: one replica's clock alone fires nothing.
  ASSIGN_OR_RETURN(const absl::Time shared, store_.SharedNow());
  KeepDue(shared, timers);
  return timers;
}

absl::Status Sweeper::SweepTenant(const std::string& tenant, int& fired) {
  ASSIGN_OR_RETURN(const std::vector<std::string> due, Due(tenant));
  absl::Status first_error;
  for (const std::string& key : due) {
    // One that cannot fire holds up no other.
    const absl::Status done = Fire(tenant, key);
    if (done.ok()) ++fired;
    first_error.Update(done);
  }
  return first_error;
}

absl::Status Sweeper::Fire(const std::string& tenant, const std::string& key) {
  ASSIGN_OR_RETURN(const Timer timer, ParseTimer(key));
  return store_.Decide(tenant, [&](Change& change) -> absl::Status {
    if (timer.kind == kTransactionTimer) {
      return FireTransaction(change, key, timer.id);
    }
    if (timer.kind == kReleaseTimer) {
      const auto now_ms = static_cast<uint64_t>(UnixMillis(store_.clock()));
      return ForceRelease(change, now_ms, key, timer.id);
    }
    return Error(reason::kInternal, "a timer's kind is unknown");
  });
}

}  // namespace u2fi::device_registry
