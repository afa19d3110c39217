#include "tools/soft-token/fake_pin_store.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::soft_token {
namespace {

TEST(FakePinStoreTest, KeepsWhatIsSaved) {
  FakePinStore store;
  EXPECT_FALSE(store.record().is_set());
  ASSERT_OK(store.Save({"hash", 3}));
  EXPECT_TRUE(store.record().is_set());
  EXPECT_EQ(store.record().retries, 3);
}

TEST(FakePinStoreTest, ABrokenOneKeepsTheOld) {
  FakePinStore store;
  store.Break();
  EXPECT_THAT(store.Save({"hash", 3}), HasReason(reason::kInternal));
  EXPECT_FALSE(store.record().is_set());
}

}  // namespace
}  // namespace u2fi::soft_token
