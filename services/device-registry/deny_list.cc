#include "services/device-registry/deny_list.h"

#include <algorithm>
#include <utility>

#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {

using records::v1::DenyHeadRow;
using records::v1::DenyRow;
using records::v1::RevokedTokenRow;

namespace {

// Adds `row`, which names what is denied, with the next number.
absl::Status Deny(Change& change, uint64_t now_ms, DenyRow row) {
  ASSIGN_OR_RETURN(const absl::optional<DenyHeadRow> head,
                   change.Read<DenyHeadRow>(key::DenyHead()));
  const uint64_t last = head.has_value() ? head->revision() : 0;
  row.set_revision(std::max(last + 1, now_ms));
  change.Put(key::Denied(row.revision()), row);
  DenyHeadRow next;
  next.set_revision(row.revision());
  change.Put(key::DenyHead(), std::move(next));
  v1::WatchEventsResponse event;
  event.set_kind(v1::EVENT_KIND_REVOCATIONS);
  gateway::v1::Revocations& added = *event.mutable_revocations();
  added.set_revision(row.revision());
  added.set_since_revision(last);
  if (!row.gateway().empty()) added.add_gateways(row.gateway());
  if (!row.token().empty()) added.add_tokens(row.token());
  change.Announce(std::move(event));
  return absl::OkStatus();
}

}  // namespace

absl::Status DenyGateway(Change& change, uint64_t now_ms,
                         absl::string_view gateway) {
  DenyRow row;
  row.set_gateway(std::string(gateway));
  return Deny(change, now_ms, std::move(row));
}

absl::Status DenyToken(Change& change, uint64_t now_ms,
                       absl::string_view account, absl::string_view token) {
  ASSIGN_OR_RETURN(const bool denied, change.Exists(key::RevokedToken(token)));
  if (denied) return absl::OkStatus();
  RevokedTokenRow revoked;
  revoked.set_account(std::string(account));
  change.Put(key::RevokedToken(token), std::move(revoked));
  DenyRow row;
  row.set_token(std::string(token));
  return Deny(change, now_ms, std::move(row));
}

absl::StatusOr<gateway::v1::Revocations> ReadDenyList(
    RegistryStore& store, absl::string_view tenant) {
  ASSIGN_OR_RETURN(const auto rows,
                   store.ReadAll<DenyRow>(tenant, key::kDenied, kMaxDenied));
  gateway::v1::Revocations list;
  for (const auto& [key, row] : rows) {
    list.set_revision(row.revision());
    if (!row.token().empty()) list.add_tokens(row.token());
    if (!row.gateway().empty()) list.add_gateways(row.gateway());
    if (!row.lease().empty()) list.add_leases(row.lease());
  }
  return list;
}

}  // namespace u2fi::device_registry
