#include "services/command-gate/gateway_directory.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/command-gate/command_states.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using records::v1::DirectoryRow;

constexpr char kPrefix[] = "dir/";
constexpr uint32_t kSchema = 1;
// How often a write that lost a race is made again.
constexpr int kTries = 8;
// A record stays this long after its last change: generations go on from it.
constexpr absl::Duration kKept = absl::Hours(24);

std::string KeyOf(absl::string_view gateway) {
  return absl::StrCat(kPrefix, gateway);
}

uint64_t Millis(absl::Time time) {
  return static_cast<uint64_t>(absl::ToUnixMillis(time));
}

absl::Time TimeOf(uint64_t ms) {
  return absl::FromUnixMillis(static_cast<int64_t>(ms));
}

// An empty row if there is no record.
absl::StatusOr<DirectoryRow> Parse(const std::string& value, bool exists) {
  DirectoryRow row;
  if (!exists) return row;
  if (!row.ParseFromString(value) || row.schema() != kSchema) {
    return Error(reason::kStoreCorrupt, "a directory record cannot be read");
  }
  return row;
}

DirectoryEntry EntryOf(absl::string_view tenant, absl::string_view gateway,
                       const DirectoryRow& row) {
  DirectoryEntry entry;
  entry.session.tenant = std::string(tenant);
  entry.session.gateway = std::string(gateway);
  entry.session.site = row.site();
  entry.session.channel_key = row.channel_key();
  entry.session.generation = row.generation();
  entry.session.open_time = TimeOf(row.open_ms());
  entry.session.agent_version = row.agent_version();
  entry.session.takes_batches = row.takes_batches();
  entry.replica = row.replica();
  entry.address = row.address();
  entry.lease_end = TimeOf(row.lease_end_ms());
  entry.gone =
      row.gone_ms() == 0 ? absl::InfiniteFuture() : TimeOf(row.gone_ms());
  return entry;
}

}  // namespace

bool DirectoryEntry::IsPresent(absl::Time now, absl::Duration grace) const {
  return replica.empty() ? now <= gone + grace : now < lease_end;
}

DirectoryRow GatewayDirectory::RowOf(const GatewaySession& session) const {
  DirectoryRow row;
  row.set_schema(kSchema);
  row.set_replica(options_.replica);
  row.set_address(options_.address);
  row.set_generation(session.generation);
  row.set_lease_end_ms(Millis(clock_.Now() + options_.lease));
  row.set_site(session.site);
  row.set_channel_key(session.channel_key);
  row.set_open_ms(Millis(session.open_time));
  row.set_agent_version(session.agent_version);
  row.set_takes_batches(session.takes_batches);
  return row;
}

bool GatewayDirectory::IsMine(const DirectoryRow& row,
                              const GatewaySession& session) const {
  return row.replica() == options_.replica &&
         row.generation() == session.generation;
}

absl::StatusOr<GatewaySession> GatewayDirectory::Claim(GatewaySession session) {
  RETURN_IF_ERROR(
      Update(session.tenant, {session.gateway}, [&](size_t, DirectoryRow& row) {
        session.generation =
            std::max(row.generation() + 1, Millis(clock_.Now()));
        row = RowOf(session);
        return true;
      }));
  return session;
}

absl::StatusOr<std::vector<GatewaySession>> GatewayDirectory::Renew(
    const std::vector<GatewaySession>& sessions) {
  std::vector<std::string> gateways;
  gateways.reserve(sessions.size());
  for (const GatewaySession& session : sessions) {
    gateways.push_back(session.gateway);
  }
  std::set<size_t> lost;
  if (sessions.empty()) return std::vector<GatewaySession>();
  RETURN_IF_ERROR(Update(
      sessions[0].tenant, gateways, [&](size_t index, DirectoryRow& row) {
        const GatewaySession& session = sessions[index];
        const bool stays =
            IsMine(row, session) || row.generation() < session.generation;
        if (stays) lost.erase(index);
        if (!stays) lost.insert(index);
        if (stays) row = RowOf(session);
        return stays;
      }));
  std::vector<GatewaySession> stale;
  stale.reserve(lost.size());
  for (const size_t index : lost) stale.push_back(sessions[index]);
  return stale;
}

absl::Status GatewayDirectory::Release(const std::vector<Closed>& closed) {
  std::vector<std::string> gateways;
  gateways.reserve(closed.size());
  for (const Closed& one : closed) gateways.push_back(one.session.gateway);
  if (closed.empty()) return absl::OkStatus();
  return Update(closed[0].session.tenant, gateways,
                [&](size_t index, DirectoryRow& row) {
                  if (!IsMine(row, closed[index].session)) return false;
                  row.clear_replica();
                  row.clear_address();
                  row.set_gone_ms(Millis(closed[index].gone));
                  return true;
                });
}

absl::Status GatewayDirectory::Update(absl::string_view tenant,
                                      const std::vector<std::string>& gateways,
                                      const Change& change) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make("command-gate", tenant));
  std::vector<std::string> keys;
  keys.reserve(gateways.size());
  for (const std::string& gateway : gateways) keys.push_back(KeyOf(gateway));
  absl::Status status = UpdateOnce(partition, keys, change);
  for (int i = 1; i < kTries && MayHaveChanged(status); ++i) {
    status = UpdateOnce(partition, keys, change);
  }
  return status;
}

absl::Status GatewayDirectory::UpdateOnce(const store::Partition& partition,
                                          const std::vector<std::string>& keys,
                                          const Change& change) {
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, store_.Get(partition, keys));
  store::CommitRequest request;
  request.epoch = snapshot.epoch;
  request.durability = store::Durability::kVolatile;
  for (size_t i = 0; i < keys.size(); ++i) {
    const store::Entry& entry = snapshot.entries[i];
    ASSIGN_OR_RETURN(DirectoryRow row, Parse(entry.value, entry.exists()));
    if (!change(i, row)) continue;
    request.expect.push_back({keys[i], entry.version});
    request.put.push_back(
        {keys[i], row.SerializeAsString(), clock_.Now() + kKept});
  }
  if (request.put.empty()) return absl::OkStatus();
  return store_.Commit(partition, request).status();
}

absl::StatusOr<absl::optional<DirectoryEntry>> GatewayDirectory::Find(
    absl::string_view tenant, absl::string_view gateway) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make("command-gate", tenant));
  ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                   store_.Get(partition, {KeyOf(gateway)}));
  const store::Entry& entry = snapshot.entries[0];
  if (!entry.exists()) return {absl::nullopt};
  ASSIGN_OR_RETURN(const DirectoryRow row, Parse(entry.value, true));
  return absl::make_optional(EntryOf(tenant, gateway, row));
}

absl::StatusOr<GatewayDirectory::Page> GatewayDirectory::List(
    absl::string_view tenant, absl::string_view after, size_t limit) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make("command-gate", tenant));
  ASSIGN_OR_RETURN(const store::Page found,
                   store_.Scan(partition, kPrefix,
                               after.empty() ? "" : KeyOf(after), limit));
  Page page;
  page.more = found.more;
  for (const store::Item& item : found.items) {
    ASSIGN_OR_RETURN(const DirectoryRow row, Parse(item.value, true));
    page.entries.push_back(
        EntryOf(tenant, item.key.substr(sizeof(kPrefix) - 1), row));
  }
  return page;
}

}  // namespace u2fi::command_gate
