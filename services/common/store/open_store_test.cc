#include "services/common/store/open_store.h"

#include <fstream>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

class OpenStoreTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Store>> Open() {
    return OpenStore(config_, clock_, random_);
  }

  config::v1::StoreConfig config_;
  FakeClock clock_;
  FakeRandomSource random_;
};

TEST_F(OpenStoreTest, OpensTheMemoryEngine) {
  config_.mutable_memory();
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Store> store, Open());
  EXPECT_OK(RequireFixedSetting(*store, "rp_id", "a.example"));
}

TEST_F(OpenStoreTest, OpensTheSqliteEngineWhereTheConfigurationSays) {
  const std::string file = testing::TempDir() + "/open_store_test.db";
  config_.mutable_sqlite()->set_file(file);
  ASSERT_OK(Open());
  EXPECT_TRUE(std::ifstream(file).good());
}

TEST_F(OpenStoreTest, RefusesAnEngineThatIsNotNamed) {
  EXPECT_THAT(Open(), HasReason(reason::kStoreMisconfigured));
}

TEST_F(OpenStoreTest, RefusesAPasswordFileThatIsNotThere) {
  config_.mutable_redis()->add_addresses("unix:/nowhere");
  config_.mutable_redis()->set_password_file("/nowhere/password");
  EXPECT_THAT(Open(), HasReason(reason::kFileNotFound));
}

TEST_F(OpenStoreTest, RefusesASentinelsPasswordFileThatIsNotThere) {
  config_.mutable_redis()->add_addresses("unix:/nowhere");
  config_.mutable_redis()->set_sentinel_master("u2fi");
  config_.mutable_redis()->set_sentinel_password_file("/nowhere/password");
  EXPECT_THAT(Open(), HasReason(reason::kFileNotFound));
}

TEST_F(OpenStoreTest, SaysThatAServerIsAway) {
  config_.mutable_redis()->add_addresses("unix:/nowhere");
  EXPECT_THAT(Open(), HasReason(reason::kStoreUnavailable));
}

class FixedSettingTest : public testing::Test {
 protected:
  FakeClock clock_;
  FakeRandomSource random_;
  MemoryStore store_{clock_, random_};
};

TEST_F(FixedSettingTest, TheFirstStartDecides) {
  EXPECT_OK(RequireFixedSetting(store_, "rp_id", "a.example"));
  EXPECT_OK(RequireFixedSetting(store_, "rp_id", "a.example"));
}

TEST_F(FixedSettingTest, AnotherValueIsRefusedForEver) {
  ASSERT_OK(RequireFixedSetting(store_, "rp_id", "a.example"));
  EXPECT_THAT(RequireFixedSetting(store_, "rp_id", "b.example"),
              HasReason(reason::kStoreMisconfigured));
  EXPECT_OK(RequireFixedSetting(store_, "rp_id", "a.example"));
}

TEST_F(FixedSettingTest, NamesDoNotMix) {
  ASSERT_OK(RequireFixedSetting(store_, "rp_id", "a.example"));
  EXPECT_OK(RequireFixedSetting(store_, "other", "b.example"));
}

}  // namespace
}  // namespace u2fi::store
