#include "services/gateway-agent/site_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/journal_rows.h"

namespace u2fi::gateway_agent {
namespace {

using records::v1::ChangeRow;
using records::v1::DenyRow;
using records::v1::DeviceRow;
using records::v1::JournalRow;
using records::v1::JournalStart;
using records::v1::StageRow;

constexpr char kJournalStart[] = "m/journal";
constexpr char kDenied[] = "m/denied";
// Ids that are read in one go.
constexpr size_t kMaxIds = 10'000;
// Longer than any execute_by: an old command never becomes new again.
constexpr int64_t kKeptMs = int64_t{40} * 24 * 3'600'000;

std::string JournalKey(absl::string_view id) { return absl::StrCat("j/", id); }
std::string HandedKey(absl::string_view device, absl::string_view id) {
  return absl::StrCat("h/", device, "/", id);
}
std::string UnsentKey(absl::string_view id) { return absl::StrCat("u/", id); }
std::string DeviceKey(absl::string_view id) { return absl::StrCat("d/", id); }
std::string StageKey(absl::string_view id) { return absl::StrCat("s/", id); }
std::string ChangeKey(absl::string_view id) { return absl::StrCat("p/", id); }

absl::Time KeptUntil(const JournalRow& row) {
  return absl::FromUnixMillis(static_cast<int64_t>(row.execute_by_ms()) +
                              kKeptMs);
}

template <typename Row>
absl::StatusOr<Row> Parse(const std::string& value) {
  Row row;
  if (row.ParseFromString(value) && row.schema() == 1) return row;
  return Error(reason::kStoreCorrupt, "a record of the agent cannot be read");
}

}  // namespace

absl::StatusOr<SiteStore> SiteStore::Open(store::Store& store,
                                          absl::string_view tenant,
                                          Journal* journal) {
  ASSIGN_OR_RETURN(store::Partition partition,
                   store::Partition::Make("gateway-agent", tenant));
  return SiteStore(store, std::move(partition), journal);
}

template <typename Row>
absl::StatusOr<absl::optional<Row>> SiteStore::Find(const std::string& key) {
  ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                   store_->Get(partition_, {key}));
  if (!snapshot.entries[0].exists()) return absl::optional<Row>();
  ASSIGN_OR_RETURN(Row row, Parse<Row>(snapshot.entries[0].value));
  return absl::make_optional(std::move(row));
}

template <typename Row>
absl::StatusOr<std::map<std::string, Row>> SiteStore::All(
    const std::string& prefix) {
  std::map<std::string, Row> all;
  std::string after;
  bool more = true;
  while (more) {
    ASSIGN_OR_RETURN(
        const store::Page page,
        store_->Scan(partition_, prefix, after, store::kMaxScanLimit));
    for (const store::Item& item : page.items) {
      after = item.key;
      ASSIGN_OR_RETURN(all[item.key.substr(prefix.size())],
                       Parse<Row>(item.value));
    }
    more = page.more;
  }
  return all;
}

absl::StatusOr<std::vector<std::string>> SiteStore::Ids(
    const std::string& prefix) {
  std::vector<std::string> ids;
  store::Page page;
  do {
    const std::string after = page.items.empty() ? "" : page.items.back().key;
    ASSIGN_OR_RETURN(
        page, store_->Scan(partition_, prefix, after, store::kMaxScanLimit));
    for (const store::Item& item : page.items) {
      ids.push_back(item.key.substr(item.key.rfind('/') + 1));
    }
  } while (page.more && ids.size() < kMaxIds);
  return ids;
}

absl::Status SiteStore::Commit(std::vector<store::Expect> expect,
                               std::vector<store::Put> put,
                               std::vector<std::string> remove,
                               store::Durability durability) {
  store::CommitRequest commit;
  ASSIGN_OR_RETURN(commit.epoch, Epoch());
  commit.expect = std::move(expect);
  commit.put = std::move(put);
  commit.remove = std::move(remove);
  commit.durability = durability;
  return NoteEpoch(store_->Commit(partition_, commit).status());
}

absl::Status SiteStore::Commit(store::CommitRequest commit,
                               std::vector<audit::RowContent> rows) {
  if (journal_ == nullptr) {
    return Commit(std::move(commit.expect), std::move(commit.put),
                  std::move(commit.remove), commit.durability);
  }
  audit::Transition transition;
  ASSIGN_OR_RETURN(transition.epoch, Epoch());
  transition.expect = std::move(commit.expect);
  transition.put = std::move(commit.put);
  transition.remove = std::move(commit.remove);
  transition.durability = commit.durability;
  for (audit::RowContent& content : rows) {
    ASSIGN_OR_RETURN(audit::PreparedRow row,
                     journal_->Prepare(std::move(content)));
    transition.rows.push_back(std::move(row));
  }
  return NoteEpoch(journal_->Commit(std::move(transition)).status());
}

absl::Status SiteStore::NoteEpoch(absl::Status status) {
  if (IsReason(status, reason::kStoreEpochChanged)) {
    MutexLock lock(known_->mutex);
    known_->epoch.clear();
  }
  return status;
}

absl::StatusOr<store::Epoch> SiteStore::Epoch() {
  MutexLock lock(known_->mutex);
  if (known_->epoch.empty()) {
    ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                     store_->Get(partition_, {}));
    known_->epoch = snapshot.epoch;
  }
  return known_->epoch;
}

absl::StatusOr<uint64_t> SiteStore::Begin(uint64_t now_ms) {
  ASSIGN_OR_RETURN(const absl::optional<JournalStart> begun,
                   Find<JournalStart>(kJournalStart));
  if (begun.has_value()) return begun->since_ms();
  JournalStart start;
  start.set_schema(1);
  start.set_since_ms(now_ms);
  RETURN_IF_ERROR(Commit({{kJournalStart, store::kAbsent}},
                         {{kJournalStart, start.SerializeAsString()}}, {}));
  return now_ms;
}

absl::StatusOr<absl::optional<JournalRow>> SiteStore::FindJournal(
    absl::string_view command_id) {
  return Find<JournalRow>(JournalKey(command_id));
}

absl::Status SiteStore::Hand(const std::vector<Handed>& commands) {
  if (commands.size() > kMaxHanded) {
    return Error(reason::kInternal, "too many commands for one commit");
  }
  if (journal_ != nullptr) {
    // With what will come of them.
    RETURN_IF_ERROR(journal_->CheckRoom(2 * commands.size()));
  }
  store::CommitRequest commit;
  commit.durability = store::Durability::kDurable;
  std::vector<audit::RowContent> rows;
  for (const auto& [command_id, row] : commands) {
    const std::string key = JournalKey(command_id);
    commit.expect.push_back({key, store::kAbsent});
    commit.put.push_back({key, row.SerializeAsString(), KeptUntil(row)});
    commit.put.push_back(
        {HandedKey(row.device(), command_id), "", KeptUntil(row)});
    rows.push_back(HandedContent(command_id, row));
  }
  return Commit(std::move(commit), std::move(rows));
}

absl::StatusOr<std::vector<std::string>> SiteStore::Unfinished(
    absl::string_view device) {
  return Ids(device.empty() ? "h/" : HandedKey(device, ""));
}

absl::StatusOr<gateway::v1::CommandResult> SiteStore::Finish(
    absl::string_view command_id, const gateway::v1::CommandResult& result) {
  ASSIGN_OR_RETURN(absl::optional<JournalRow> row, FindJournal(command_id));
  if (!row.has_value()) {
    return Error(reason::kResourceUnknown, "no such command was handed over");
  }
  if (!row->result().command_id().empty()) return row->result();
  *row->mutable_result() = result;
  store::CommitRequest commit;
  commit.put = {
      {JournalKey(command_id), row->SerializeAsString(), KeptUntil(*row)},
      {UnsentKey(command_id), ""}};
  commit.remove = {HandedKey(row->device(), command_id)};
  commit.durability = store::Durability::kVolatile;
  RETURN_IF_ERROR(Commit(std::move(commit), {EndContent(result)}));
  return result;
}

absl::Status SiteStore::Acknowledge(absl::string_view command_id) {
  return Commit({}, {}, {UnsentKey(command_id)}, store::Durability::kVolatile);
}

absl::StatusOr<std::vector<gateway::v1::CommandResult>>
SiteStore::Unacknowledged() {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, Ids("u/"));
  std::vector<gateway::v1::CommandResult> results;
  for (const std::string& id : ids) {
    ASSIGN_OR_RETURN(const absl::optional<JournalRow> row, FindJournal(id));
    if (row.has_value()) results.push_back(row->result());
  }
  return results;
}

absl::StatusOr<absl::optional<DeviceRow>> SiteStore::FindDevice(
    absl::string_view device) {
  return Find<DeviceRow>(DeviceKey(device));
}

absl::StatusOr<absl::optional<StageRow>> SiteStore::FindStage(
    absl::string_view device) {
  return Find<StageRow>(StageKey(device));
}

absl::StatusOr<std::map<std::string, DeviceRow>> SiteStore::Devices() {
  return All<DeviceRow>("d/");
}

absl::StatusOr<std::map<std::string, StageRow>> SiteStore::Staged() {
  return All<StageRow>("s/");
}

absl::Status SiteStore::Stage(absl::string_view device, const StageRow& row) {
  return Commit(
      {},
      {{StageKey(device), row.SerializeAsString(),
        absl::FromUnixMillis(static_cast<int64_t>(row.deadline_ms()))}},
      {});
}

absl::Status SiteStore::Unstage(absl::string_view device) {
  return Commit({}, {}, {StageKey(device)});
}

absl::Status SiteStore::Install(absl::string_view device,
                                const DeviceRow& row) {
  store::CommitRequest commit;
  commit.durability = store::Durability::kDurable;
  commit.put = {{DeviceKey(device), row.SerializeAsString()}};
  commit.remove = {StageKey(device), ChangeKey(device)};
  return Commit(std::move(commit), {PinsContent(device, row)});
}

absl::Status SiteStore::Forget(absl::string_view device) {
  store::CommitRequest commit;
  commit.durability = store::Durability::kDurable;
  commit.remove = {DeviceKey(device), StageKey(device), ChangeKey(device)};
  return Commit(std::move(commit), {ForgottenContent(device)});
}

absl::StatusOr<absl::optional<ChangeRow>> SiteStore::FindChange(
    absl::string_view device) {
  return Find<ChangeRow>(ChangeKey(device));
}

absl::StatusOr<std::map<std::string, ChangeRow>> SiteStore::Changes() {
  return All<ChangeRow>("p/");
}

absl::Status SiteStore::KeepChange(absl::string_view device,
                                   const ChangeRow& row) {
  const std::string key = ChangeKey(device);
  return Commit({{key, store::kAbsent}}, {{key, row.SerializeAsString()}}, {});
}

absl::Status SiteStore::DropChange(absl::string_view device) {
  return Commit({}, {}, {ChangeKey(device)});
}

absl::StatusOr<DenyRow> SiteStore::Denied() {
  ASSIGN_OR_RETURN(absl::optional<DenyRow> row, Find<DenyRow>(kDenied));
  return row.has_value() ? *std::move(row) : DenyRow();
}

absl::Status SiteStore::SetDenied(const DenyRow& row) {
  return Commit({}, {{kDenied, row.SerializeAsString()}}, {});
}

}  // namespace u2fi::gateway_agent
