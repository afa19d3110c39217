#include "services/gateway-agent/site_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

using records::v1::DeviceRow;
using records::v1::JournalRow;
using records::v1::StageRow;

// Longer than any execute_by: an old command never becomes new again.
constexpr int64_t kKeptMs = int64_t{40} * 24 * 3'600'000;

std::string JournalKey(absl::string_view id) { return absl::StrCat("j/", id); }
std::string UnsentKey(absl::string_view id) { return absl::StrCat("u/", id); }
std::string DeviceKey(absl::string_view id) { return absl::StrCat("d/", id); }
std::string StageKey(absl::string_view id) { return absl::StrCat("s/", id); }

absl::Time KeptUntil(const JournalRow& row) {
  return absl::FromUnixMillis(static_cast<int64_t>(row.execute_by_ms()) +
                              kKeptMs);
}

}  // namespace

absl::StatusOr<SiteStore> SiteStore::Open(store::Store& store,
                                          absl::string_view tenant) {
  ASSIGN_OR_RETURN(store::Partition partition,
                   store::Partition::Make("gateway-agent", tenant));
  return SiteStore(store, std::move(partition));
}

template <typename Row>
absl::StatusOr<absl::optional<Row>> SiteStore::Find(const std::string& key) {
  ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                   store_->Get(partition_, {key}));
  if (!snapshot.entries[0].exists()) return absl::optional<Row>();
  Row row;
  if (!row.ParseFromString(snapshot.entries[0].value) || row.schema() != 1) {
    return Error(reason::kStoreCorrupt, "a record of the agent cannot be read");
  }
  return absl::make_optional(std::move(row));
}

absl::Status SiteStore::Commit(std::vector<store::Expect> expect,
                               std::vector<store::Put> put,
                               std::vector<std::string> remove) {
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, store_->Get(partition_, {}));
  store::CommitRequest commit;
  commit.epoch = snapshot.epoch;
  commit.expect = std::move(expect);
  commit.put = std::move(put);
  commit.remove = std::move(remove);
  commit.durability = store::Durability::kDurable;
  return store_->Commit(partition_, commit).status();
}

absl::StatusOr<absl::optional<JournalRow>> SiteStore::FindJournal(
    absl::string_view command_id) {
  return Find<JournalRow>(JournalKey(command_id));
}

absl::Status SiteStore::Hand(absl::string_view command_id,
                             const JournalRow& row) {
  const std::string key = JournalKey(command_id);
  return Commit({{key, store::kAbsent}},
                {{key, row.SerializeAsString(), KeptUntil(row)}}, {});
}

absl::Status SiteStore::Finish(absl::string_view command_id,
                               const gateway::v1::CommandResult& result) {
  ASSIGN_OR_RETURN(absl::optional<JournalRow> row, FindJournal(command_id));
  if (!row.has_value()) {
    return Error(reason::kResourceUnknown, "no such command was handed over");
  }
  if (!row->result().command_id().empty()) return absl::OkStatus();
  *row->mutable_result() = result;
  return Commit(
      {},
      {{JournalKey(command_id), row->SerializeAsString(), KeptUntil(*row)},
       {UnsentKey(command_id), std::string(command_id)}},
      {});
}

absl::Status SiteStore::Acknowledge(absl::string_view command_id) {
  return Commit({}, {}, {UnsentKey(command_id)});
}

absl::StatusOr<std::vector<gateway::v1::CommandResult>>
SiteStore::Unacknowledged() {
  ASSIGN_OR_RETURN(const store::Page page,
                   store_->Scan(partition_, "u/", "", store::kMaxScanLimit));
  std::vector<gateway::v1::CommandResult> results;
  for (const store::Item& item : page.items) {
    ASSIGN_OR_RETURN(const absl::optional<JournalRow> row,
                     FindJournal(item.value));
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
  return Commit({}, {{DeviceKey(device), row.SerializeAsString()}},
                {StageKey(device)});
}

}  // namespace u2fi::gateway_agent
