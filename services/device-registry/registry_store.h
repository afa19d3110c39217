#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_STORE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/audit/decider.h"
#include "services/common/random/random_source.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"
#include "services/device-registry/change.h"
#include "services/device-registry/event_bus.h"
#include "services/device-registry/record_cache.h"
#include "services/device-registry/tenant_directory.h"

namespace u2fi::device_registry {

// What a list asks for.
struct ListQuery {
  // All keys of the list begin with it.
  std::string prefix;
  // As in the request; 0 means 100.
  int32_t page_size = 0;
  // As in the request.
  std::string page_token;
  // Everything that narrows the list, in one text: a token is good only with
  // the same.
  std::string filter;
};

// The registry's state: typed rows in the partition (device-registry, tenant),
// decisions with their audit rows, and events. Keys: registry_keys.h.
// Thread-safe. Errors are those of the store and of the decider.
class RegistryStore {
 public:
  // What it is built from; all must outlive it.
  struct Parts {
    store::Store& store;
    audit::Decider& decider;
    const Clock& clock;
    RandomSource& random;
    EventBus& events;
    RecordCache& cache;
    TenantDirectory& tenants;
  };
  explicit RegistryStore(Parts parts) : parts_(parts) {}

  // Runs `body` and commits what it put into the change, rows and all; runs it
  // again, on what is there by then, if somebody was faster. An error of
  // `body` ends it without a write, and so does a change that writes nothing.
  // `body` has no other effects than on the change and its own results.
  absl::Status Decide(absl::string_view tenant,
                      const std::function<absl::Status(Change&)>& body);

  // The row under `key`, or nothing.
  template <typename Row>
  absl::StatusOr<absl::optional<Row>> Get(absl::string_view tenant,
                                          const std::string& key) {
    ASSIGN_OR_RETURN(const store::Partition partition,
                     store::Partition::Make(kService, tenant));
    return Change(parts_.store, partition).Peek<Row>(key);
  }

  // Get(), or RESOURCE_UNKNOWN naming `name`.
  template <typename Row>
  absl::StatusOr<Row> Require(absl::string_view tenant, const std::string& key,
                              absl::string_view name) {
    ASSIGN_OR_RETURN(absl::optional<Row> row, Get<Row>(tenant, key));
    if (!row.has_value()) return UnknownResource(name);
    return *std::move(row);
  }

  // A page of the rows for which `keep` is true, ascending by key. Looks at a
  // bounded number of rows: a page may have fewer than asked for and still not
  // be the last. INVALID_FIELD, PAGE_TOKEN_INVALID.
  template <typename Row>
  absl::StatusOr<std::pair<std::vector<Row>, std::string>> List(
      absl::string_view tenant, const ListQuery& query,
      const std::function<bool(const Row&)>& keep) {
    std::vector<Row> rows;
    const auto visit = [&rows, &keep](absl::string_view key,
                                      absl::string_view value) {
      Row row;
      absl::Status parsed = ParseRow(key, value, row);
      if (parsed.ok() && keep(row)) rows.push_back(std::move(row));
      return parsed;
    };
    ASSIGN_OR_RETURN(std::string next, Visit(tenant, query, visit,
                                             [&rows] { return rows.size(); }));
    return std::make_pair(std::move(rows), std::move(next));
  }

  // All rows under a prefix, for short lists: at most `limit`, else
  // STORE_LIMIT.
  template <typename Row>
  absl::StatusOr<std::vector<std::pair<std::string, Row>>> ReadAll(
      absl::string_view tenant, absl::string_view prefix, size_t limit) {
    std::vector<std::pair<std::string, Row>> rows;
    RETURN_IF_ERROR(
        ScanAll(tenant, prefix, limit,
                [&rows](absl::string_view key, absl::string_view value) {
                  Row row;
                  RETURN_IF_ERROR(ParseRow(key, value, row));
                  rows.emplace_back(std::string(key), std::move(row));
                  return absl::OkStatus();
                }));
    return rows;
  }

  // The first keys under a prefix, at most `limit` (1 to 1,000), ascending.
  absl::StatusOr<std::vector<std::string>> FirstKeys(absl::string_view tenant,
                                                     absl::string_view prefix,
                                                     size_t limit);

  // The same rows from memory; see RecordCache.
  template <typename Row>
  absl::StatusOr<std::shared_ptr<const Row>> GetCached(absl::string_view tenant,
                                                       const std::string& key) {
    return parts_.cache.Get<Row>(tenant, key);
  }

  const Clock& clock() const { return parts_.clock; }
  // The time by the clock that all replicas share.
  absl::StatusOr<absl::Time> SharedNow() { return parts_.store.Now(); }
  RandomSource& random() const { return parts_.random; }
  TenantDirectory& tenants() const { return parts_.tenants; }

 private:
  // Takes one row.
  using Visitor =
      std::function<absl::Status(absl::string_view, absl::string_view)>;

  absl::Status DecideOnce(const store::Partition& partition,
                          const std::function<absl::Status(Change&)>& body);
  absl::Status Commit(Change& change);
  void Tell(const Change& change);
  absl::StatusOr<std::string> Visit(absl::string_view tenant,
                                    const ListQuery& query,
                                    const Visitor& visit,
                                    const std::function<size_t()>& kept);
  absl::Status ScanAll(absl::string_view tenant, absl::string_view prefix,
                       size_t limit, const Visitor& visit);

  const Parts parts_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_STORE_H_
