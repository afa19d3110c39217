#include "services/device-registry/registry_store.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/common/rpc/request_checks.h"
#include "services/common/status/error.h"

namespace u2fi::device_registry {
namespace {

using ::google::protobuf::util::TimeUtil;

// How often a decision that lost a race is made anew.
constexpr int kTries = 8;
// Rows that one call of a list looks at.
constexpr size_t kMaxVisited = 10'000;

bool LostRace(const absl::Status& status) {
  return IsReason(status, reason::kStoreAborted) ||
         IsReason(status, reason::kStoreEpochChanged);
}

// What a page token is good for.
std::string ListOf(absl::string_view tenant, const ListQuery& query) {
  return absl::StrCat(tenant, "|", query.prefix, "|", query.filter);
}

// The page that a list asks for.
absl::StatusOr<rpc::Page> ReadQuery(const ListQuery& query,
                                    const std::string& list) {
  ASSIGN_OR_RETURN(rpc::Page page,
                   rpc::ReadPage(query.page_size, query.page_token, list));
  if (page.after.empty() || absl::StartsWith(page.after, query.prefix)) {
    return page;
  }
  return Error(reason::kPageTokenInvalid,
               "the page token was not given for this list");
}

}  // namespace

absl::Status RegistryStore::Decide(
    absl::string_view tenant,
    const std::function<absl::Status(Change&)>& body) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make(kService, tenant));
  absl::Status status;
  for (int i = 0; i < kTries; ++i) {
    status = DecideOnce(partition, body);
    if (!LostRace(status)) return status;
  }
  return status;
}

absl::Status RegistryStore::DecideOnce(
    const store::Partition& partition,
    const std::function<absl::Status(Change&)>& body) {
  Change change(parts_.store, partition);
  RETURN_IF_ERROR(body(change));
  if (change.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const store::Epoch epoch, change.Epoch());
  RETURN_IF_ERROR(parts_.tenants.Remember(change.tenant(), epoch));
  absl::Status committed = Commit(change);
  // Also after a failure: the outcome may be unknown.
  for (const store::Put& put : change.Writes()) {
    parts_.cache.Drop(change.tenant(), put.key);
  }
  // Events say what to read again, or what to refuse.
  if (committed.ok() || IsReason(committed, reason::kStoreOutcomeUnknown)) {
    Tell(change);
  }
  return committed;
}

absl::Status RegistryStore::Commit(Change& change) {
  audit::Transition transition;
  ASSIGN_OR_RETURN(transition.epoch, change.Epoch());
  transition.expect = change.Expected();
  transition.put = change.Writes();
  transition.remove = change.Removals();
  for (const audit::RowContent& content : change.rows()) {
    ASSIGN_OR_RETURN(audit::PreparedRow row,
                     audit::PreparedRow::Make(content, parts_.random));
    transition.rows.push_back(std::move(row));
  }
  return parts_.decider.Decide(change.tenant(), std::move(transition)).status();
}

void RegistryStore::Tell(const Change& change) {
  for (v1::WatchEventsResponse event : change.events()) {
    event.set_tenant(change.tenant());
    *event.mutable_time() =
        TimeUtil::MillisecondsToTimestamp(UnixMillis(parts_.clock));
    parts_.events.Publish(event);
  }
}

absl::StatusOr<std::string> RegistryStore::Visit(
    absl::string_view tenant, const ListQuery& query, const Visitor& visit,
    const std::function<size_t()>& kept) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make(kService, tenant));
  const std::string list = ListOf(tenant, query);
  ASSIGN_OR_RETURN(rpc::Page page, ReadQuery(query, list));
  const auto size = static_cast<size_t>(page.size);
  for (size_t visited = 0; visited < kMaxVisited;) {
    // Where a filter lets little through, many at once.
    const size_t limit =
        visited == 0 ? size
                     : std::min(store::kMaxScanLimit, kMaxVisited - visited);
    ASSIGN_OR_RETURN(
        const store::Page read,
        parts_.store.Scan(partition, query.prefix, page.after, limit));
    for (const store::Item& item : read.items) {
      RETURN_IF_ERROR(visit(item.key, item.value));
      page.after = item.key;
      ++visited;
      const bool last = &item == &read.items.back() && !read.more;
      if (kept() == size) {
        return last ? std::string() : rpc::PageToken(page.after, list);
      }
    }
    if (!read.more) return std::string();
  }
  return rpc::PageToken(page.after, list);
}

absl::StatusOr<std::vector<std::string>> RegistryStore::FirstKeys(
    absl::string_view tenant, absl::string_view prefix, size_t limit) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make(kService, tenant));
  ASSIGN_OR_RETURN(const store::Page page,
                   parts_.store.Scan(partition, prefix, "", limit));
  std::vector<std::string> keys;
  for (const store::Item& item : page.items) keys.push_back(item.key);
  return keys;
}

absl::Status RegistryStore::ScanAll(absl::string_view tenant,
                                    absl::string_view prefix, size_t limit,
                                    const Visitor& visit) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make(kService, tenant));
  std::string after;
  size_t visited = 0;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(
        const store::Page page,
        parts_.store.Scan(partition, prefix, after, store::kMaxScanLimit));
    for (const store::Item& item : page.items) {
      if (++visited > limit) {
        return Error(reason::kStoreLimit, "a list is longer than it may be");
      }
      RETURN_IF_ERROR(visit(item.key, item.value));
      after = item.key;
    }
    more = page.more;
  }
  return absl::OkStatus();
}

}  // namespace u2fi::device_registry
