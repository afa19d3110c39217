#include "services/common/store/partition.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

TEST(PartitionTest, NamesServiceAndTenant) {
  ASSERT_OK_AND_ASSIGN(const Partition partition,
                       Partition::Make("command-gate", "acme-1"));
  EXPECT_EQ(partition.Name(), "command-gate/acme-1");
}

TEST(PartitionTest, ComparesBothParts) {
  ASSERT_OK_AND_ASSIGN(const Partition a, Partition::Make("gate", "acme"));
  ASSERT_OK_AND_ASSIGN(const Partition b, Partition::Make("gate", "other"));
  ASSERT_OK_AND_ASSIGN(const Partition c, Partition::Make("audit", "acme"));
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
  EXPECT_EQ(a, Partition::Make("gate", "acme").value());
}

TEST(PartitionTest, AcceptsAnIdOf64Characters) {
  EXPECT_OK(Partition::Make("gate", std::string(64, 'a')));
}

class BadIdTest : public testing::TestWithParam<std::string> {};

TEST_P(BadIdTest, IsRefusedAsTenant) {
  EXPECT_THAT(Partition::Make("gate", GetParam()),
              HasReason(reason::kStorePartitionInvalid));
}

TEST_P(BadIdTest, IsRefusedAsService) {
  EXPECT_THAT(Partition::Make(GetParam(), "acme"),
              HasReason(reason::kStorePartitionInvalid));
}

INSTANTIATE_TEST_SUITE_P(Ids, BadIdTest,
                         testing::Values("", "-a", "a-", "A", "a/b", "a}b",
                                         "a_b", "ä", std::string("a\0b", 3),
                                         std::string(65, 'a')));

}  // namespace
}  // namespace u2fi::store
