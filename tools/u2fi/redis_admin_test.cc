#include "tools/u2fi/redis_admin.h"

#include "gmock/gmock.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::cli {
namespace {

using testing::Contains;
using testing::Key;

std::string PasswordFile() {
  std::string path = testing::TempDir() + "/redis_admin_test.password";
  EXPECT_OK(WriteFileDurably(path, "secret\n", 0600));
  return path;
}

RedisAccess At(const std::string& url) {
  RedisAccess access;
  access.url = url;
  return access;
}

void ExpectBadField(const RedisAccess& access, const std::string& field) {
  const auto options = ToOptions(access);
  EXPECT_THAT(FieldsOf(options.status()), Contains(Key(field)));
}

TEST(RedisAdminTest, UrlsAreNotFiles) {
  EXPECT_TRUE(IsRedisUrl("redis://h:6379"));
  EXPECT_TRUE(IsRedisUrl("rediss://h:6379"));
  EXPECT_FALSE(IsRedisUrl("/var/lib/u2fi/u2fi.db"));
  EXPECT_FALSE(IsRedisUrl("redis.db"));
}

TEST(RedisAdminTest, AUrlIsAnAddress) {
  ASSERT_OK_AND_ASSIGN(const store::RedisOptions options,
                       ToOptions(At("redis://h:6379/")));
  EXPECT_EQ(options.address, "h:6379");
  EXPECT_FALSE(options.tls);
  EXPECT_THAT(ToOptions(At("redis://h")),
              HasReason(reason::kStoreMisconfigured));
}

TEST(RedisAdminTest, TlsNeedsACa) {
  RedisAccess access = At("rediss://h:6379");
  ExpectBadField(access, "--ca");
  access.ca_file = "ca.pem";
  ASSERT_OK_AND_ASSIGN(const store::RedisOptions options, ToOptions(access));
  EXPECT_TRUE(options.tls);
  EXPECT_EQ(options.ca_file, "ca.pem");
  access.cert_file = "cert.pem";
  ExpectBadField(access, "--cert");
}

TEST(RedisAdminTest, APasswordComesFromAFile) {
  RedisAccess access = At("redis://h:6379");
  access.user = "ops";
  access.password_file = PasswordFile();
  ASSERT_OK_AND_ASSIGN(const store::RedisOptions options, ToOptions(access));
  EXPECT_EQ(options.user, "ops");
  EXPECT_EQ(options.password, "secret");
  ExpectBadField(At("redis://ops:secret@h:6379"), "STORE");
}

TEST(RedisAdminTest, AUserWithoutAPasswordIsNotTheDefaultOne) {
  RedisAccess access = At("redis://h:6379");
  EXPECT_OK(ToOptions(access));
  access.user = "ops";
  ExpectBadField(access, "--user");
}

TEST(RedisAdminTest, KeysOfAllDatabasesCount) {
  EXPECT_EQ(KeysOf({{"db0", "keys=3,expires=0"}, {"db15", "keys=4,x=1"}}), 7u);
  EXPECT_EQ(KeysOf({{"dbsize", "keys=3"}, {"role", "master"}}), 0u);
}

}  // namespace
}  // namespace u2fi::cli
