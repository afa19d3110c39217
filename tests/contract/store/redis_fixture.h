#ifndef U2FI_TESTS_CONTRACT_STORE_REDIS_FIXTURE_H_
#define U2FI_TESTS_CONTRACT_STORE_REDIS_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/redis_store.h"
#include "services/common/time/clock.h"
#include "tests/contract/store/redis_server.h"
#include "tests/contract/store/store_client.h"

namespace u2fi::store {

// For what only Redis and Valkey do: each test has servers of its own.
class RedisFixture : public testing::TestWithParam<ServerKind> {
 protected:
  static absl::StatusOr<OpenedStore> Open(const RedisOptions& options) {
    return OpenRedisStore(options, SystemClock(), SystemRandom());
  }
  // A store that must open.
  static std::unique_ptr<Store> MustOpen(const RedisOptions& options) {
    absl::StatusOr<OpenedStore> opened = Open(options);
    EXPECT_OK(opened);
    return std::move(opened.value().store);
  }
  // True if the condition holds within 10 s.
  static bool Eventually(const std::function<bool()>& condition) {
    const absl::Time end = absl::Now() + absl::Seconds(10);
    while (absl::Now() < end) {
      if (condition()) return true;
      absl::SleepFor(absl::Milliseconds(2));
    }
    return false;
  }

  const Partition partition_ = Partition::Make("gate", "acme").value();
};

#define U2FI_FOR_BOTH_SERVERS(suite)                            \
  INSTANTIATE_TEST_SUITE_P(                                     \
      Servers, suite,                                           \
      testing::Values(ServerKind::kRedis, ServerKind::kValkey), \
      [](const auto& info) { return NameOf(info.param); })

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_REDIS_FIXTURE_H_
