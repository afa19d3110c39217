#include "services/common/store/redis_layout.h"

#include <cstdint>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace u2fi::store {
namespace {

// The slot that Redis Cluster gives a key: CRC16 (XMODEM) of what stands
// between the first { and the first } behind it (cluster specification, "Hash
// tags").
int SlotOf(const std::string& key) {
  const size_t open = key.find('{');
  const size_t close = key.find('}', open);
  uint16_t crc = 0;
  for (const char c : key.substr(open + 1, close - open - 1)) {
    crc ^= static_cast<uint16_t>(static_cast<uint8_t>(c) << 8);
    for (int bit = 0; bit < 8; ++bit) {
      crc = static_cast<uint16_t>((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021
                                                      : crc << 1);
    }
  }
  return crc % 16384;
}

RedisLayout LayoutOf(const std::string& tenant,
                     const std::string& prefix = "") {
  return RedisLayout(prefix, *Partition::Make("gate", tenant));
}

// All names that a partition can have.
std::set<std::string> NamesOf(const RedisLayout& layout) {
  return {layout.Record("a"), layout.Record("{b}"), layout.Record("}c{"),
          layout.Counter(),   layout.Index(),       layout.Expiry(),
          layout.Stop("id"),  layout.Channel("t"),  layout.Channel("{x}")};
}

TEST(SlotOfTest, IsThatOfTheSpecification) {
  // "123456789" has the check value 0x31c3 of CRC16/XMODEM.
  EXPECT_EQ(SlotOf("{123456789}"), 0x31c3);
}

TEST(RedisLayoutTest, AllNamesOfAPartitionShareASlot) {
  std::set<int> slots;
  for (const std::string& name : NamesOf(LayoutOf("acme"))) {
    slots.insert(SlotOf(name));
  }
  EXPECT_EQ(slots.size(), 1u);
}

TEST(RedisLayoutTest, TheSlotIsThatOfTheWholePartition) {
  EXPECT_EQ(SlotOf(LayoutOf("acme").Counter()), SlotOf("{gate/acme}"));
  EXPECT_EQ(SlotOf(LayoutOf("acme", "u2fi:").Counter()), SlotOf("{gate/acme}"));
}

TEST(RedisLayoutTest, NoTwoNamesAreTheSame) {
  EXPECT_EQ(NamesOf(LayoutOf("acme")).size(), 9u);
}

TEST(RedisLayoutTest, PartitionsShareNoName) {
  const std::set<std::string> others = NamesOf(LayoutOf("acme2"));
  for (const std::string& name : NamesOf(LayoutOf("acme"))) {
    EXPECT_EQ(others.count(name), 0u) << name;
  }
}

TEST(RedisLayoutTest, ARecordIsNeverTakenForWhatIsBesideIt) {
  EXPECT_NE(LayoutOf("acme").Record("version"), LayoutOf("acme").Counter());
  EXPECT_NE(LayoutOf("acme").Record("hint:t"), LayoutOf("acme").Channel("t"));
}

TEST(RedisLayoutTest, ThePrefixStandsBeforeEveryName) {
  for (const std::string& name : NamesOf(LayoutOf("acme", "blue:"))) {
    EXPECT_EQ(name.rfind("blue:{", 0), 0u) << name;
  }
}

TEST(RedisLayoutTest, ACommitIdIsWrittenInHex) {
  EXPECT_EQ(LayoutOf("acme").Stop("\x01\xff"), "{gate/acme}!stop:01ff");
}

}  // namespace
}  // namespace u2fi::store
