#ifndef U2FI_TESTS_CONTRACT_STORE_STORE_CLIENT_H_
#define U2FI_TESTS_CONTRACT_STORE_STORE_CLIENT_H_

#include <string>
#include <utility>
#include <vector>

#include "services/common/store/store.h"

namespace u2fi::store {

// Short words for what tests do with one partition of a store.
class StoreClient {
 public:
  StoreClient(Store& store, Partition partition)
      : store_(store), partition_(std::move(partition)) {}

  Epoch epoch() { return store_.Get(partition_, {}).value().epoch; }
  Entry Read(const std::string& key) {
    return store_.Get(partition_, {key}).value().entries[0];
  }
  std::string Value(const std::string& key) { return Read(key).value; }

  absl::StatusOr<Version> Commit(const CommitRequest& request,
                                 absl::Duration timeout = kDefaultTimeout) {
    return store_.Commit(partition_, request, timeout);
  }
  // A write without condition.
  absl::StatusOr<Version> Write(const std::string& key, std::string value,
                                Durability durability = Durability::kDurable) {
    return Commit({epoch(), {}, {{key, std::move(value)}}, {}, durability});
  }
  // A write of a key that must have this version.
  absl::StatusOr<Version> Replace(const Epoch& epoch, const std::string& key,
                                  Version version, std::string value,
                                  absl::Duration timeout = kDefaultTimeout) {
    return Commit({epoch,
                   {{key, version}},
                   {{key, std::move(value)}},
                   {},
                   Durability::kDurable},
                  timeout);
  }
  absl::StatusOr<Version> Remove(std::vector<std::string> keys) {
    return Commit({epoch(), {}, {}, std::move(keys), Durability::kDurable});
  }

  Store& store() { return store_; }
  const Partition& partition() const { return partition_; }

 private:
  Store& store_;
  const Partition partition_;
};

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_STORE_CLIENT_H_
