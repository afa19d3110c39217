#include "services/device-registry/resources.h"

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "services/device-registry/registry_test_case.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Pair;

class ResourcesTest : public RegistryTestCase {
 protected:
  Change NewChange(const std::string& tenant = "acme") {
    return Change(store_, *store::Partition::Make(kService, tenant));
  }
};

TEST_F(ResourcesTest, FindsWhatIsThere) {
  MakeWorld();
  Change change = NewChange();
  EXPECT_OK(RequireAccount(change, "alice"));
  EXPECT_OK(RequireSite(change, "home"));
  EXPECT_OK(RequireGateway(change, "gw-1"));
  EXPECT_OK(RequireDevice(change, "lock-1"));
}

TEST_F(ResourcesTest, WhatIsNotThereIsUnknown) {
  Change change = NewChange();
  EXPECT_THAT(RequireAccount(change, "a"), HasReason(reason::kResourceUnknown));
  EXPECT_THAT(RequireSite(change, "a"), HasReason(reason::kResourceUnknown));
  EXPECT_THAT(RequireGateway(change, "a"), HasReason(reason::kResourceUnknown));
  EXPECT_THAT(RequireDevice(change, "a"), HasReason(reason::kResourceUnknown));
  EXPECT_THAT(RequireTransaction(change, "a"),
              HasReason(reason::kResourceUnknown));
}

TEST_F(ResourcesTest, AnothersIsAsUnknownAsNone) {
  MakeWorld();
  Change change = NewChange("other");
  EXPECT_EQ(MetadataOf(RequireDevice(change, "lock-1").status()).size(),
            MetadataOf(RequireDevice(change, "lock-9").status()).size());
  EXPECT_THAT(RequireDevice(change, "lock-1"),
              HasReason(reason::kResourceUnknown));
}

TEST_F(ResourcesTest, AnErasedAccountCountsAsNone) {
  MakeAccount("alice");
  Change change = NewChange();
  ASSERT_OK_AND_ASSIGN(records::v1::AccountRow row,
                       RequireAccount(change, "alice"));
  row.mutable_account()->set_erased(true);
  const auto partition = *store::Partition::Make(kService, "acme");
  row.set_schema(1);
  ASSERT_OK_AND_ASSIGN(const auto read, memory_.Get(partition, {}));
  store::CommitRequest commit;
  commit.epoch = read.epoch;
  commit.put = {{"account/alice", row.SerializeAsString()}};
  ASSERT_OK(memory_.Commit(partition, commit));
  Change later = NewChange();
  EXPECT_THAT(RequireAccount(later, "alice"),
              HasReason(reason::kResourceUnknown));
}

TEST_F(ResourcesTest, PuttingADeviceBackChangesItsEtagAndTells) {
  MakeWorld();
  Change change = NewChange();
  ASSERT_OK_AND_ASSIGN(const auto row, RequireDevice(change, "lock-1"));
  PutDevice(change, row);
  ASSERT_EQ(change.events().size(), 1u);
  EXPECT_EQ(change.events()[0].resource(), "devices/lock-1");
  EXPECT_EQ(change.events()[0].state(), "CLAIMED");
  records::v1::DeviceRow written;
  ASSERT_TRUE(written.ParseFromString(change.Writes()[0].value));
  EXPECT_NE(written.device().etag(), row.device().etag());
}

TEST(PlainIdTest, IsWhatFollowsTheCollection) {
  EXPECT_EQ(PlainId("gateways/g1"), "g1");
}

TEST(StateNameTest, LeavesTheTypeOut) {
  EXPECT_EQ(StateName(v1::GATEWAY_STATE_ACTIVE), "ACTIVE");
  EXPECT_EQ(StateName(v1::DEVICE_STATE_BOUND), "BOUND");
  EXPECT_EQ(StateName(v1::TRANSACTION_STATE_ROLLED_BACK), "ROLLED_BACK");
  EXPECT_EQ(StateName(v1::BINDING_STATE_ACTIVE), "ACTIVE");
}

TEST(CheckActiveTest, NamesTheGatewayAndItsState) {
  v1::Gateway gateway;
  gateway.set_name("gateways/gw-1");
  gateway.set_state(v1::GATEWAY_STATE_SUSPENDED);
  const absl::Status status = CheckActive(gateway);
  EXPECT_THAT(status, HasReason(reason::kGatewayNotActive));
  EXPECT_THAT(MetadataOf(status), IsSupersetOf({Pair("gateway", "gw-1"),
                                                Pair("state", "SUSPENDED")}));
}

TEST(CheckActiveTest, AGatewayOfNoStateIsNotActive) {
  EXPECT_THAT(CheckActive({}), HasReason(reason::kGatewayNotActive));
}

TEST(WrongStateTest, NamesTheDeviceAndItsState) {
  v1::Device device;
  device.set_name("devices/lock-1");
  device.set_state(v1::DEVICE_STATE_BOUND);
  const absl::Status status = WrongDeviceState(device);
  EXPECT_THAT(status, HasReason(reason::kDeviceState));
  EXPECT_THAT(MetadataOf(status), Contains(Pair("state", "BOUND")));
}

TEST(WrongStateTest, NamesTheTransactionAndItsState) {
  v1::Transaction transaction;
  transaction.set_name("transactions/t1");
  transaction.set_state(v1::TRANSACTION_STATE_ARMED);
  const absl::Status status = WrongTransactionState(transaction);
  EXPECT_THAT(status, HasReason(reason::kTransactionState));
  EXPECT_THAT(MetadataOf(status), Contains(Pair("transaction", "t1")));
}

}  // namespace
}  // namespace u2fi::device_registry
