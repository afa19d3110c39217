#include "services/device-registry/registry_keys.h"

#include <string>

#include "gtest/gtest.h"

namespace u2fi::device_registry::key {
namespace {

TEST(RegistryKeysTest, TimersSortByTheirTime) {
  EXPECT_LT(Timer(999, "tx", "b"), Timer(1000, "tx", "a"));
  EXPECT_LT(Timer(999'999'999'999, "tx", "b"),
            Timer(1'700'000'000'000, "tx", "a"));
}

TEST(RegistryKeysTest, NewerPinSetsComeFirst) {
  EXPECT_LT(Pins("d", 0, 16), Pins("d", 0, 15));
  EXPECT_LT(Pins("d", 0, 2), Pins("d", 0, 1));
}

TEST(RegistryKeysTest, PinSetsOfALaterLifeComeFirst) {
  EXPECT_LT(Pins("d", 1, 1), Pins("d", 0, 100));
}

TEST(RegistryKeysTest, EntriesOfTheDenyListSortByNumber) {
  EXPECT_LT(Denied(9), Denied(16));
  EXPECT_LT(Denied(0xff), Denied(0x100));
}

// A prefix ends where the id does: "a" does not list what "a-b" has.
TEST(RegistryKeysTest, OneIdsListHasNothingOfALongerOne) {
  EXPECT_NE(Enrolment("a-b", "t").rfind(EnrolmentPrefix("a"), 0), 0u);
  EXPECT_NE(SiteGateway("a-b", "g").rfind(SiteGatewayPrefix("a"), 0), 0u);
  EXPECT_NE(Pins("a-b", 0, 1).rfind(PinPrefix("a"), 0), 0u);
}

TEST(RegistryKeysTest, KeysAreKeptByTheirHash) {
  EXPECT_EQ(FactoryKey("point").size(), sizeof("factory/") - 1 + 64);
  EXPECT_NE(FactoryKey("point"), FactoryKey("other"));
}

}  // namespace
}  // namespace u2fi::device_registry::key
