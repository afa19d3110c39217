#ifndef U2FI_SERVICES_DEVICE_REGISTRY_CHANGE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_CHANGE_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "google/protobuf/message.h"
#include "services/common/audit/row.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/store.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// Reads `value` into `row`, whose schema must be 1. STORE_CORRUPT otherwise.
absl::Status ParseRow(absl::string_view key, absl::string_view value,
                      google::protobuf::Message& row);

// RESOURCE_UNKNOWN naming the resource: also for another tenant's.
absl::Status UnknownResource(absl::string_view name);

// One decision on its way: what it read, what it writes, the audit rows that
// explain it and the events that tell of it. What was read with Read() is
// expected to be unchanged at the commit, so that decisions happen one after
// the other, whatever runs at the same time. Not thread-safe.
class Change {
 public:
  // `store` must outlive this object.
  Change(store::Store& store, store::Partition partition)
      : store_(store), partition_(std::move(partition)) {}

  const std::string& tenant() const { return partition_.tenant(); }

  // Reads keys in one round trip; Read() and Peek() then find them.
  absl::Status Load(const std::vector<std::string>& keys);

  // The row under `key`, or nothing if there is none; the commit expects it to
  // be like that still. Not what this change has put there, before Settle().
  template <typename Row>
  absl::StatusOr<absl::optional<Row>> Read(const std::string& key) {
    expected_.insert(key);
    return Peek<Row>(key);
  }

  // The same without expecting it: for what never changes.
  template <typename Row>
  absl::StatusOr<absl::optional<Row>> Peek(const std::string& key) {
    ASSIGN_OR_RETURN(const store::Entry* const entry, Find(key));
    if (!entry->exists()) return absl::optional<Row>();
    Row row;
    RETURN_IF_ERROR(ParseRow(key, entry->value, row));
    return absl::optional<Row>(std::move(row));
  }

  // Read(), or RESOURCE_UNKNOWN naming `name`.
  template <typename Row>
  absl::StatusOr<Row> Require(const std::string& key, absl::string_view name) {
    ASSIGN_OR_RETURN(absl::optional<Row> row, Read<Row>(key));
    if (!row.has_value()) return UnknownResource(name);
    return *std::move(row);
  }

  // Whether there is a row; the commit expects that it stays so.
  absl::StatusOr<bool> Exists(const std::string& key);

  // Writes `row`, with its schema, in place of what is there. Of Put() and
  // Remove() the later counts.
  template <typename Row>
  void Put(const std::string& key, Row row,
           absl::Time expire_hint = absl::InfiniteFuture()) {
    row.set_schema(1);
    remove_.erase(key);
    put_[key] = {key, row.SerializeAsString(), expire_hint};
  }
  void Remove(const std::string& key) { remove_.insert(key); }
  // From here on reads find what was put and removed so far, as if it had
  // happened: for the next command of a batch. The commit still expects what
  // was read from the store.
  void Settle();
  // Forgets what was to be written: nothing will happen.
  void Discard();

  // Every change needs at least one row.
  void Audit(audit::RowContent row) { rows_.push_back(std::move(row)); }

  // What is published after the commit.
  void Announce(v1::EventKind kind, absl::string_view resource,
                absl::string_view state = "");
  void Announce(v1::WatchEventsResponse event) {
    events_.push_back(std::move(event));
  }

  // For RegistryStore.
  bool empty() const { return put_.empty() && remove_.empty(); }
  absl::StatusOr<store::Epoch> Epoch();
  std::vector<store::Expect> Expected() const;
  std::vector<store::Put> Writes() const;
  std::vector<std::string> Removals() const;
  const std::vector<audit::RowContent>& rows() const { return rows_; }
  const std::vector<v1::WatchEventsResponse>& events() const { return events_; }

 private:
  absl::StatusOr<const store::Entry*> Find(const std::string& key);

  store::Store& store_;
  const store::Partition partition_;
  store::Epoch epoch_;
  std::map<std::string, store::Entry> entries_;
  // Keys that the commit expects, and keys that go.
  std::set<std::string> expected_;
  std::set<std::string> remove_;
  std::map<std::string, store::Put> put_;
  // What reads find in place of entries_.
  std::map<std::string, store::Entry> settled_;
  std::vector<audit::RowContent> rows_;
  std::vector<v1::WatchEventsResponse> events_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_CHANGE_H_
