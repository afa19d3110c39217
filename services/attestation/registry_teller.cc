#include "services/attestation/registry_teller.h"

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using ::u2fi::store::Item;
using ::u2fi::store::Page;
using ::u2fi::store::Partition;

// As many as one request takes.
constexpr size_t kWordsAtOnce = 100;

// Nobody has heard it, and the next words would fare no better.
bool IsAway(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded;
}

absl::StatusOr<Partition> PartitionOf(const std::string& tenant) {
  return Partition::Make("attestation", tenant);
}

}  // namespace

absl::StatusOr<int> RegistryTeller::Tell() {
  int told = 0;
  if (client_ == nullptr) return told;
  ASSIGN_OR_RETURN(const std::vector<std::string> tenants, tokens_.Tenants());
  absl::Status first_error;
  for (const std::string& tenant : tenants) {
    first_error.Update(TellTenant(tenant, told));
  }
  if (!first_error.ok()) return first_error;
  return told;
}

absl::Status RegistryTeller::TellTenant(const std::string& tenant, int& told) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  absl::Status first_error;
  std::string after;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(
        const Page page,
        tokens_.store().Scan(partition, kWords, after, kWordsAtOnce));
    if (page.items.empty()) break;
    const absl::Status sent = Send(tenant, page.items);
    if (IsAway(sent)) return sent;
    first_error.Update(sent);
    if (sent.ok()) {
      told += static_cast<int>(page.items.size());
      RETURN_IF_ERROR(Remove(tenant, page));
    }
    after = page.items.back().key;
    more = page.more;
  }
  return first_error;
}

absl::Status RegistryTeller::Send(const std::string& tenant,
                                  const std::vector<Item>& items) {
  device_registry::v1::ReportTokensRequest request;
  request.set_tenant(tenant);
  for (const Item& item : items) {
    records::v1::WordRow row;
    if (!row.ParseFromString(item.value) || row.schema() != 1) {
      return Error(reason::kStoreCorrupt, "a word cannot be read");
    }
    request.add_words()->Swap(row.mutable_word());
  }
  return client_->ReportTokens(request).status();
}

// One by one: a word that was replaced meanwhile stays and is told next time.
absl::Status RegistryTeller::Remove(const std::string& tenant,
                                    const Page& page) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  for (const Item& item : page.items) {
    u2fi::store::CommitRequest request;
    request.epoch = page.epoch;
    request.expect = {{item.key, item.version}};
    request.remove = {item.key};
    request.durability = u2fi::store::Durability::kVolatile;
    absl::Status removed = tokens_.store().Commit(partition, request).status();
    if (!removed.ok() && !IsReason(removed, reason::kStoreAborted)) {
      return removed;
    }
  }
  return absl::OkStatus();
}

}  // namespace u2fi::attestation
