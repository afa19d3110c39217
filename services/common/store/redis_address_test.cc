#include "services/common/store/redis_address.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

class GoodAddressTest : public testing::TestWithParam<const char*> {};

TEST_P(GoodAddressTest, IsReadAndWrittenTheSame) {
  ASSERT_OK_AND_ASSIGN(const RedisAddress address,
                       RedisAddress::Parse(GetParam()));
  EXPECT_EQ(address.ToString(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Addresses, GoodAddressTest,
                         testing::Values("redis:6379", "10.0.0.1:1",
                                         "[::1]:65535",
                                         "unix:/run/redis.sock"));

TEST(RedisAddressTest, TakesBracketsOff) {
  ASSERT_OK_AND_ASSIGN(const RedisAddress address,
                       RedisAddress::Parse("[::1]:6379"));
  EXPECT_EQ(address.host, "::1");
  EXPECT_EQ(address.port, 6379);
}

class BadAddressTest : public testing::TestWithParam<const char*> {};

TEST_P(BadAddressTest, IsRefused) {
  EXPECT_THAT(RedisAddress::Parse(GetParam()),
              HasReason(reason::kStoreMisconfigured));
}

INSTANTIATE_TEST_SUITE_P(Addresses, BadAddressTest,
                         testing::Values("", "redis", ":6379",
                                         "redis:", "redis:0", "redis:65536",
                                         "redis:x", "::1:6379", "[::1:6379",
                                         "unix:relative"));

}  // namespace
}  // namespace u2fi::store
