#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_LAYOUT_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_LAYOUT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "services/common/store/store.h"

namespace u2fi::store {

// The names that a partition has in Redis. All contain the hash tag
// {service/tenant}, so that they share a slot of Redis Cluster:
//   <prefix>{service/tenant}:<key>         a record
//   <prefix>{service/tenant}!version       counter of versions
//   <prefix>{service/tenant}!index         sorted set of the keys
//   <prefix>{service/tenant}!expiry        sorted set of keys by expiry hint
//   <prefix>{service/tenant}!stop:<id>     a commit that must not happen
//   <prefix>{service/tenant}!hint:<topic>  a channel
class RedisLayout {
 public:
  RedisLayout(absl::string_view prefix, const Partition& partition);

  std::string Record(absl::string_view key) const;
  std::string Counter() const { return base_ + "!version"; }
  std::string Index() const { return base_ + "!index"; }
  std::string Expiry() const { return base_ + "!expiry"; }
  // `commit_id` is raw.
  std::string Stop(absl::string_view commit_id) const;
  std::string Channel(absl::string_view topic) const;

 private:
  const std::string base_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_LAYOUT_H_
