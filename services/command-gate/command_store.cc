#include "services/command-gate/command_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/command-gate/command_sequences.h"
#include "services/command-gate/command_states.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
using ::u2fi::store::Entry;
using ::u2fi::store::Partition;
using ::u2fi::store::Snapshot;
using ::u2fi::store::Version;

// A result may come this long after execute_by (architecture.md, states).
constexpr uint64_t kResultGraceMs = 30'000;
// A step that was not taken within this time is taken again.
constexpr uint64_t kRetryAfterMs = 2'000;
constexpr uint64_t kKeptAfterEndMs = 24ULL * 3'600'000;
constexpr uint64_t kLastMs = 9'999'999'999'999;
constexpr size_t kTimersPerSweep = 100;
constexpr int kReadAtOnce = 500;

absl::StatusOr<Partition> PartitionOf(absl::string_view tenant) {
  return Partition::Make("command-gate", tenant);
}

std::string CommandKey(absl::string_view id) { return absl::StrCat("c/", id); }
std::string ListPrefix(absl::string_view account) {
  return absl::StrCat("list/", account, "/");
}
std::string Millis(uint64_t ms) {
  return absl::StrCat(absl::Dec(ms, absl::kZeroPad13));
}
std::string ListKey(const CommandRow& row) {
  const std::string key = absl::StrCat(ListPrefix(row.account()),
                                       Millis(kLastMs - row.submit_ms()), "/");
  return row.batch().empty()
             ? absl::StrCat(key, row.command_id())
             : absl::StrCat(key, row.batch(), "/",
                            absl::Dec(row.index(), absl::kZeroPad4));
}
std::string ExecutesPrefix(absl::string_view gateway) {
  return absl::StrCat("g/", gateway, "/");
}
std::string TransactionKey(absl::string_view transaction) {
  return absl::StrCat("x/", transaction);
}
// Whether the first command of its batch drives it.
bool IsDriven(const CommandRow& row) {
  return row.index() > 0 && row.state() != v1::COMMAND_STATE_DISPATCHED;
}

std::string TimerKey(const CommandRow& row) {
  const uint64_t due = IsDriven(row) ? 0 : NextLookMs(row);
  return due == 0 ? ""
                  : absl::StrCat("timer/", Millis(due), "/command/",
                                 row.command_id());
}

// An approver who has to be asked, for the first time or again.
bool HasQueued(const CommandRow& row) {
  return std::any_of(row.slots().begin(), row.slots().end(),
                     [](const records::v1::Slot& slot) {
                       return slot.state() == v1::APPROVAL_STATE_QUEUED;
                     });
}

// Whether a command that is PREPARING waits for a key or a device.
bool WaitsForOthers(const CommandRow& row) {
  const bool registers =
      !row.enrol_statement().empty() && row.command().empty();
  const bool stages = !row.transaction().empty() && !row.staged();
  return registers || stages;
}

// Whether the next step is the gate's own to take, so that a crash may have
// left it lying. What went down to a gateway goes down once more, in case that
// it was never sent.
bool IsOwnStep(const CommandRow& row) {
  // The timer of the first one sends all again.
  if (row.index() > 0) return false;
  switch (row.state()) {
    case v1::COMMAND_STATE_PREPARING:
      return !WaitsForOthers(row);
    case v1::COMMAND_STATE_AWAITING_APPROVAL:
      return HasQueued(row);
    case v1::COMMAND_STATE_APPROVED:
      return true;
    case v1::COMMAND_STATE_DISPATCHED:
      return row.gateway().empty() || !row.transaction().empty() ||
             !row.sent_again();
    default:
      return false;
  }
}

// When the last step was taken, if the next one is the gate's own; else 0.
uint64_t LastStepMs(const CommandRow& row) {
  if (!IsOwnStep(row)) return 0;
  uint64_t last = row.submit_ms();
  for (const records::v1::Slot& slot : row.slots()) {
    last = std::max(last, slot.answer_ms());
  }
  return last;
}

// Nobody is asked any more, so its places are free for others.
bool GivesUpPlaces(v1::CommandState state) {
  return state != v1::COMMAND_STATE_PREPARING &&
         state != v1::COMMAND_STATE_AWAITING_APPROVAL;
}

absl::Time ExpireHint(const CommandRow& row) {
  return row.end_ms() == 0
             ? absl::InfiniteFuture()
             : absl::FromUnixMillis(row.end_ms() + kKeptAfterEndMs);
}

absl::Status ParseCommandEntry(const Entry& entry, StoredCommand& stored) {
  stored.version = entry.version;
  if (stored.exists() &&
      (!stored.row.ParseFromString(entry.value) || stored.row.schema() != 1)) {
    return Error(reason::kStoreCorrupt, "a command record cannot be read");
  }
  return absl::OkStatus();
}

void MoveTimer(const CommandRow& seen, CommandRow& next,
               audit::Transition& transition) {
  next.set_timer(TimerKey(next));
  if (next.timer() == seen.timer()) return;
  if (!seen.timer().empty()) transition.remove.push_back(seen.timer());
  if (!next.timer().empty()) {
    transition.put.push_back({next.timer(), next.command_id()});
  }
}

void MoveIndices(const CommandRow& seen, const CommandRow& next,
                 audit::Transition& transition) {
  if (next.transaction() != seen.transaction()) {
    transition.put.push_back(
        {TransactionKey(next.transaction()), next.command_id(),
         absl::FromUnixMillis(next.execute_by_ms() + kKeptAfterEndMs)});
  }
  if (next.gateway().empty()) return;
  const std::string key =
      absl::StrCat(ExecutesPrefix(next.gateway()), next.command_id());
  const bool was = seen.state() == v1::COMMAND_STATE_APPROVED ||
                   seen.state() == v1::COMMAND_STATE_DISPATCHED;
  const bool is = next.state() == v1::COMMAND_STATE_APPROVED ||
                  next.state() == v1::COMMAND_STATE_DISPATCHED;
  if (is && !was) transition.put.push_back({key, next.command_id()});
  if (was && !is) transition.remove.push_back(key);
}

void TakePlaces(const SubmitView& view, CommandRow& first,
                audit::Transition& transition) {
  transition.epoch = view.command.epoch;
  for (const SubmitView::Place& place : view.places) {
    for (const std::string& key : {place.account, place.gateway}) {
      if (key.empty()) continue;
      first.add_places(key);
      transition.expect.push_back({key, u2fi::store::kAbsent});
      transition.put.push_back({key, first.command_id()});
    }
  }
}

void PutCommand(const CommandRow& row, Version expected,
                audit::Transition& transition) {
  const std::string key = CommandKey(row.command_id());
  transition.expect.push_back({key, expected});
  transition.put.push_back({key, row.SerializeAsString(), ExpireHint(row)});
}

void AddOwnWrites(const CommandRow& seen, CommandRow& next,
                  audit::Transition& transition) {
  if (next.end_ms() != 0 && seen.end_ms() == 0) {
    transition.put.push_back(
        {ListKey(next), next.command_id(), ExpireHint(next)});
  }
  MoveTimer(seen, next, transition);
  MoveIndices(seen, next, transition);
}

}  // namespace

uint64_t DeadlineMs(const CommandRow& row) {
  switch (row.state()) {
    case v1::COMMAND_STATE_PREPARING:
    case v1::COMMAND_STATE_AWAITING_APPROVAL:
      return row.free() ? row.execute_by_ms() : row.approve_by_ms() + 1;
    case v1::COMMAND_STATE_APPROVED:
      return row.execute_by_ms() + 1;
    case v1::COMMAND_STATE_DISPATCHED:
      return row.execute_by_ms() + kResultGraceMs;
    default:
      return 0;
  }
}

uint64_t NextLookMs(const CommandRow& row) {
  const uint64_t deadline = DeadlineMs(row);
  const uint64_t step = LastStepMs(row);
  return step == 0 ? deadline : std::min(deadline, step + kRetryAfterMs);
}

absl::StatusOr<StoredCommand> CommandStore::Read(absl::string_view tenant,
                                                 absl::string_view command_id) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const Snapshot snapshot,
                   store_.Get(partition, {CommandKey(command_id)}));
  StoredCommand stored;
  stored.tenant = std::string(tenant);
  stored.epoch = snapshot.epoch;
  RETURN_IF_ERROR(ParseCommandEntry(snapshot.entries[0], stored));
  return stored;
}

absl::StatusOr<SubmitView> CommandStore::ReadForSubmit(absl::string_view tenant,
                                                       absl::string_view device,
                                                       const CommandRow& row) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  std::vector<std::string> keys = {CommandKey(row.command_id())};
  if (!device.empty()) keys.push_back(SequenceKey(device));
  const size_t places = keys.size();
  for (std::string& key : PlaceKeys(row)) keys.push_back(std::move(key));
  ASSIGN_OR_RETURN(const Snapshot snapshot, store_.Get(partition, keys));
  SubmitView view;
  view.command.tenant = std::string(tenant);
  view.command.epoch = snapshot.epoch;
  RETURN_IF_ERROR(ParseCommandEntry(snapshot.entries[0], view.command));
  if (!device.empty()) {
    RETURN_IF_ERROR(ParseSequenceEntry(snapshot.entries[1], snapshot.epoch,
                                       row.submit_ms(), view));
  }
  const auto requester_of =
      [this, tenant](const std::string& id) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const StoredCommand holder, Read(tenant, id));
    return holder.row.requester();
  };
  ApprovalPlaces free(requester_of, open_per_account_);
  for (size_t i = places; i < keys.size(); ++i) {
    free.Add(keys[i], snapshot.entries[i].value);
  }
  for (const records::v1::Slot& slot : row.slots()) {
    SubmitView::Place place;
    ASSIGN_OR_RETURN(place.account,
                     free.TakeOfAccount(slot.account(), row.requester()));
    place.gateway = free.TakeOfGateway(slot.gateway());
    view.places.push_back(std::move(place));
  }
  return view;
}

absl::StatusOr<BatchView> CommandStore::ReadForBatch(
    absl::string_view tenant, const std::vector<std::string>& devices,
    const CommandRow& row) {
  BatchView view;
  ASSIGN_OR_RETURN(view.first, ReadForSubmit(tenant, "", row));
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  std::vector<std::string> keys;
  keys.reserve(devices.size());
  for (const std::string& device : devices) keys.push_back(SequenceKey(device));
  ASSIGN_OR_RETURN(const Snapshot snapshot, store_.Get(partition, keys));
  if (snapshot.epoch != view.first.command.epoch) {
    return Error(reason::kStoreEpochChanged, "the store began anew");
  }
  for (size_t i = 0; i < devices.size(); ++i) {
    SubmitView one;
    RETURN_IF_ERROR(ParseSequenceEntry(snapshot.entries[i], snapshot.epoch,
                                       row.submit_ms(), one));
    view.sequences[devices[i]] = {one.last_sequence, one.sequence_version};
  }
  return view;
}

absl::StatusOr<std::vector<StoredCommand>> CommandStore::ReadBatch(
    const StoredCommand& first) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(first.tenant));
  std::vector<StoredCommand> commands;
  const auto& ids = first.row.batch_ids();
  for (int begin = 0; begin < ids.size(); begin += kReadAtOnce) {
    std::vector<std::string> keys;
    const int end = std::min(ids.size(), begin + kReadAtOnce);
    for (int i = begin; i < end; ++i) keys.push_back(CommandKey(ids[i]));
    ASSIGN_OR_RETURN(const Snapshot snapshot, store_.Get(partition, keys));
    for (const Entry& entry : snapshot.entries) {
      StoredCommand& one = commands.emplace_back();
      one.tenant = first.tenant;
      one.epoch = snapshot.epoch;
      RETURN_IF_ERROR(ParseCommandEntry(entry, one));
      if (!one.exists()) {
        return Error(reason::kResourceUnknown, "a command of a batch is gone");
      }
    }
  }
  return commands;
}

absl::StatusOr<std::vector<std::string>> CommandStore::ListForGateway(
    absl::string_view tenant, absl::string_view gateway) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  std::vector<std::string> ids;
  for (const std::string& prefix :
       {ExecutesPrefix(gateway), absl::StrCat("open/g/", gateway, "/")}) {
    ASSIGN_OR_RETURN(
        const u2fi::store::Page page,
        store_.Scan(partition, prefix, "", u2fi::store::kMaxScanLimit));
    for (const u2fi::store::Item& item : page.items) ids.push_back(item.value);
  }
  return ids;
}

absl::StatusOr<std::vector<std::string>> CommandStore::ListForApprover(
    absl::string_view tenant, absl::string_view account) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const u2fi::store::Page page,
                   store_.Scan(partition, absl::StrCat("open/a/", account, "/"),
                               "", kMaxOpenPerAccount + 1));
  std::vector<std::string> ids;
  for (const u2fi::store::Item& item : page.items) ids.push_back(item.value);
  return ids;
}

absl::StatusOr<std::vector<std::string>> CommandStore::ListOpen(
    absl::string_view tenant) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  std::set<std::string> ids;
  u2fi::store::Page page;
  do {
    const std::string after = page.items.empty() ? "" : page.items.back().key;
    ASSIGN_OR_RETURN(page,
                     store_.Scan(partition, "open/a/", after, kReadAtOnce));
    for (const u2fi::store::Item& item : page.items) ids.insert(item.value);
  } while (page.more);
  return std::vector<std::string>(ids.begin(), ids.end());
}

absl::StatusOr<uint32_t> CommandStore::CountOpen(absl::string_view tenant,
                                                 absl::string_view gateway) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const u2fi::store::Page page,
                   store_.Scan(partition, absl::StrCat("open/g/", gateway, "/"),
                               "", kMaxOpenPerGateway));
  return static_cast<uint32_t>(page.items.size());
}

absl::StatusOr<std::string> CommandStore::FindByTransaction(
    absl::string_view tenant, absl::string_view transaction) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const Snapshot snapshot,
                   store_.Get(partition, {TransactionKey(transaction)}));
  return snapshot.entries[0].value;
}

absl::StatusOr<std::vector<DueTimer>> CommandStore::ListDue(
    absl::string_view tenant, absl::Time now) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const u2fi::store::Page page,
                   store_.Scan(partition, "timer/", "", kTimersPerSweep));
  const std::string last =
      absl::StrCat("timer/", Millis(absl::ToUnixMillis(now)), "/~");
  std::vector<DueTimer> due;
  for (const u2fi::store::Item& item : page.items) {
    if (item.key > last) break;
    due.push_back({item.key, item.value});
  }
  return due;
}

absl::StatusOr<CommandStore::ListPage> CommandStore::List(
    absl::string_view tenant, absl::string_view account,
    absl::string_view after, size_t limit) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const u2fi::store::Page page,
                   store_.Scan(partition, ListPrefix(account), after, limit));
  ListPage list;
  list.more = page.more;
  for (const u2fi::store::Item& item : page.items) {
    list.command_ids.push_back(item.value);
    list.last_key = item.key;
  }
  return list;
}

void AddWrites(const StoredCommand& seen, CommandRow& next,
               audit::Transition& transition) {
  transition.epoch = seen.epoch;
  if (GivesUpPlaces(next.state())) {
    for (const std::string& place : next.places()) {
      transition.remove.push_back(place);
    }
    next.clear_places();
  }
  AddOwnWrites(seen.row, next, transition);
  PutCommand(next, seen.version, transition);
}

void AddDrivenWrites(const CommandRow& seen, CommandRow& next,
                     audit::Transition& transition) {
  AddOwnWrites(seen, next, transition);
  transition.put.push_back({CommandKey(next.command_id()),
                            next.SerializeAsString(), ExpireHint(next)});
}

void AddFirstWrites(const SubmitView& view, CommandRow& first,
                    audit::Transition& transition) {
  TakePlaces(view, first, transition);
  if (first.sequence() != 0) {
    PutSequence(first, view.sequence_version, transition);
  }
  transition.put.push_back({ListKey(first), first.command_id()});
  MoveTimer(CommandRow(), first, transition);
  PutCommand(first, u2fi::store::kAbsent, transition);
}

void AddBatchWrites(const BatchView& view, std::vector<CommandRow>& rows,
                    audit::Transition& transition) {
  TakePlaces(view.first, rows[0], transition);
  std::map<std::string, const CommandRow*> last;
  for (const CommandRow& row : rows) {
    const CommandRow*& high = last[row.device()];
    if (high == nullptr || high->sequence() < row.sequence()) high = &row;
  }
  for (const auto& [device, row] : last) {
    PutSequence(*row, view.sequences.at(device).version, transition);
  }
  for (CommandRow& row : rows) {
    transition.put.push_back({ListKey(row), row.command_id()});
    MoveTimer(CommandRow(), row, transition);
    // Ids come from the request: where the first one is new, all are.
    if (row.index() > 0) {
      transition.put.push_back(
          {CommandKey(row.command_id()), row.SerializeAsString()});
    }
  }
  PutCommand(rows[0], u2fi::store::kAbsent, transition);
}

}  // namespace u2fi::command_gate
