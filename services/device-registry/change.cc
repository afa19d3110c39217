#include "services/device-registry/change.h"

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::device_registry {
namespace {

constexpr uint32_t kSchema = 1;
// Of what a change has put: any version that is one.
constexpr store::Version kPut = store::kAbsent + 1;

// Every record has its schema in field 1.
bool HasKnownSchema(const google::protobuf::Message& row) {
  const auto* field = row.GetDescriptor()->FindFieldByNumber(1);
  return row.GetReflection()->GetUInt32(row, field) == kSchema;
}

}  // namespace

absl::Status ParseRow(absl::string_view key, absl::string_view value,
                      google::protobuf::Message& row) {
  if (row.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
      HasKnownSchema(row)) {
    return absl::OkStatus();
  }
  return Error(reason::kStoreCorrupt, "a record is not one of schema 1",
               {{"key", std::string(key)}});
}

absl::Status UnknownResource(absl::string_view name) {
  return Error(reason::kResourceUnknown, absl::StrCat("there is no ", name),
               {{"resource", std::string(name)}});
}

absl::Status Change::Load(const std::vector<std::string>& keys) {
  std::vector<std::string> missing;
  for (const std::string& key : keys) {
    if (entries_.count(key) == 0) missing.push_back(key);
  }
  if (missing.empty() && !epoch_.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(store::Snapshot snapshot, store_.Get(partition_, missing));
  if (!epoch_.empty() && snapshot.epoch != epoch_) {
    return Error(reason::kStoreEpochChanged,
                 "the store began anew while it was read");
  }
  epoch_ = snapshot.epoch;
  for (size_t i = 0; i < missing.size(); ++i) {
    entries_[missing[i]] = std::move(snapshot.entries[i]);
  }
  return absl::OkStatus();
}

absl::StatusOr<const store::Entry*> Change::Find(const std::string& key) {
  RETURN_IF_ERROR(Load({key}));
  const auto settled = settled_.find(key);
  return settled == settled_.end() ? &entries_[key] : &settled->second;
}

void Change::Settle() {
  for (const auto& [key, put] : put_) settled_[key] = {put.value, kPut};
  for (const std::string& key : remove_) settled_[key] = store::Entry();
}

absl::StatusOr<bool> Change::Exists(const std::string& key) {
  expected_.insert(key);
  ASSIGN_OR_RETURN(const store::Entry* const entry, Find(key));
  return entry->exists();
}

void Change::Discard() {
  put_.clear();
  remove_.clear();
  settled_.clear();
  rows_.clear();
  events_.clear();
}

void Change::Announce(v1::EventKind kind, absl::string_view resource,
                      absl::string_view state) {
  v1::WatchEventsResponse event;
  event.set_kind(kind);
  event.set_resource(std::string(resource));
  event.set_state(std::string(state));
  events_.push_back(std::move(event));
}

absl::StatusOr<store::Epoch> Change::Epoch() {
  RETURN_IF_ERROR(Load({}));
  return epoch_;
}

std::vector<store::Expect> Change::Expected() const {
  std::vector<store::Expect> expected;
  for (const std::string& key : expected_) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      expected.push_back({key, found->second.version});
    }
  }
  return expected;
}

std::vector<store::Put> Change::Writes() const {
  std::vector<store::Put> writes;
  for (const auto& [key, put] : put_) {
    if (remove_.count(key) == 0) writes.push_back(put);
  }
  return writes;
}

std::vector<std::string> Change::Removals() const {
  return {remove_.begin(), remove_.end()};
}

}  // namespace u2fi::device_registry
