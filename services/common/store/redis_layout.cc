#include "services/common/store/redis_layout.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace u2fi::store {

RedisLayout::RedisLayout(absl::string_view prefix, const Partition& partition)
    : base_(absl::StrCat(prefix, "{", partition.Name(), "}")) {}

std::string RedisLayout::Record(absl::string_view key) const {
  return absl::StrCat(base_, ":", key);
}

std::string RedisLayout::Stop(absl::string_view commit_id) const {
  return absl::StrCat(base_, "!stop:", absl::BytesToHexString(commit_id));
}

std::string RedisLayout::Channel(absl::string_view topic) const {
  return absl::StrCat(base_, "!hint:", topic);
}

}  // namespace u2fi::store
