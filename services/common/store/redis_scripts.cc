#include "services/common/store/redis_scripts.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash_algorithm.h"
#include "services/common/store/redis_scripts_text.h"

namespace u2fi::store {
namespace {

struct Loaded {
  explicit Loaded(const char* body)
      : text(absl::StrCat(lua::kEpoch, body)),
        sha(absl::BytesToHexString(
            crypto::Hash(crypto::HashAlgorithm::kSha1, text))) {}

  const std::string text;
  const std::string sha;
};

// In the order of RedisScript.
const Loaded& Find(RedisScript script) {
  static const auto* const loaded =
      new std::array<Loaded, 4>{Loaded(lua::kCommit), Loaded(lua::kGet),
                                Loaded(lua::kScan), Loaded(lua::kSettle)};
  return (*loaded)[static_cast<size_t>(script)];
}

}  // namespace

const std::string& TextOf(RedisScript script) { return Find(script).text; }

const std::string& ShaOf(RedisScript script) { return Find(script).sha; }

}  // namespace u2fi::store
