#include "services/common/store/record_cache.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace u2fi::store {
namespace {

constexpr size_t kBytes = 64 << 10;

class RecordCacheTest : public testing::Test {
 protected:
  // What it says of `key` in partition p.
  std::string Read(const std::string& key) {
    const Entry* entry = cache_.Find("p", key);
    if (entry == nullptr) return "unknown";
    return entry->exists() ? absl::StrCat(entry->value, "@", entry->version)
                           : "absent";
  }

  RecordCache cache_{kBytes};
};

TEST_F(RecordCacheTest, KnowsWhatWasPut) {
  EXPECT_EQ(Read("a"), "unknown");
  cache_.Put("p", "a", {"1", 7});
  EXPECT_EQ(Read("a"), "1@7");
  cache_.Put("p", "a", {"2", 8});
  EXPECT_EQ(Read("a"), "2@8");
}

TEST_F(RecordCacheTest, KnowsWhatIsAbsent) {
  cache_.Put("p", "a", {"1", 7});
  cache_.Put("p", "a", {});
  EXPECT_EQ(Read("a"), "absent");
}

TEST_F(RecordCacheTest, PartitionsAreApart) {
  cache_.Put("q", "a", {"1", 7});
  EXPECT_EQ(Read("a"), "unknown");
}

TEST_F(RecordCacheTest, WhatIsForgottenIsUnknownNotAbsent) {
  cache_.Put("p", "a", {"1", 7});
  cache_.Forget("p", "a");
  EXPECT_EQ(Read("a"), "unknown");
}

TEST_F(RecordCacheTest, ClearForgetsAll) {
  cache_.Put("p", "a", {"1", 7});
  cache_.Clear();
  EXPECT_EQ(Read("a"), "unknown");
  EXPECT_EQ(cache_.bytes(), 0u);
}

TEST_F(RecordCacheTest, IsBounded) {
  for (int i = 0; i < 1000; ++i) {
    cache_.Put("p", absl::StrCat(i), {std::string(1000, 'x'), 1});
    ASSERT_LE(cache_.bytes(), kBytes);
  }
  EXPECT_EQ(Read("0"), "unknown");
  EXPECT_NE(Read("999"), "unknown");
}

TEST_F(RecordCacheTest, WhatIsUsedStays) {
  cache_.Put("p", "used", {"1", 7});
  for (int i = 0; i < 1000; ++i) {
    cache_.Put("p", absl::StrCat(i), {std::string(1000, 'x'), 1});
    ASSERT_EQ(Read("used"), "1@7");
  }
}

TEST_F(RecordCacheTest, ALargeRecordIsNotKeptNorAnOlderOneOfItsKey) {
  cache_.Put("p", "a", {"1", 7});
  cache_.Put("p", "a", {std::string(kBytes / 8, 'x'), 8});
  EXPECT_EQ(Read("a"), "unknown");
}

TEST_F(RecordCacheTest, ForgetsInBothHalves) {
  cache_.Put("p", "a", {"1", 7});
  for (int i = 0; i < 40; ++i) {
    cache_.Put("p", absl::StrCat(i), {std::string(1000, 'x'), 1});
  }
  cache_.Put("p", "a", {"2", 8});
  cache_.Forget("p", "a");
  EXPECT_EQ(Read("a"), "unknown");
}

}  // namespace
}  // namespace u2fi::store
