#include "services/device-registry/device_update.h"

#include <string>

#include "gmock/gmock.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;

class DeviceUpdateTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeModel();
    ImportDevice("lock-1");
    request_.mutable_device()->set_name("devices/lock-1");
    request_.mutable_device()->set_display_name("Front door");
    request_.mutable_update_mask()->add_paths("display_name");
  }

  absl::StatusOr<v1::UpdateDeviceResponse> Update(
      const rpc::Caller* caller = nullptr) {
    return core_->device_update().UpdateDevice(
        caller == nullptr ? client_ : *caller, request_);
  }
  void ExpectRefused(const Reason& reason) {
    const std::string before = Device().SerializeAsString();
    const size_t rows = AuditRows();
    EXPECT_THAT(Update(), HasReason(reason));
    EXPECT_EQ(Device().SerializeAsString(), before);
    EXPECT_EQ(AuditRows(), rows);
  }

  v1::UpdateDeviceRequest request_;
};

TEST_F(DeviceUpdateTest, ADeviceGetsAName) {
  const std::string etag = Device().etag();
  ASSERT_OK_AND_ASSIGN(const auto updated, Update());
  EXPECT_EQ(updated.device().display_name(), "Front door");
  EXPECT_NE(updated.device().etag(), etag);
  EXPECT_EQ(Device().SerializeAsString(), updated.device().SerializeAsString());
}

TEST_F(DeviceUpdateTest, NothingElseChanges) {
  v1::Device before = Device();
  request_.mutable_device()->set_account("eve");
  request_.mutable_device()->set_state(v1::DEVICE_STATE_BOUND);
  ASSERT_OK_AND_ASSIGN(const auto updated, Update());
  before.set_display_name("Front door");
  before.set_etag(updated.device().etag());
  EXPECT_EQ(Device().SerializeAsString(), before.SerializeAsString());
}

TEST_F(DeviceUpdateTest, ANameCanBeTakenAway) {
  ASSERT_OK(Update());
  request_.mutable_device()->clear_display_name();
  ASSERT_OK(Update());
  EXPECT_EQ(Device().display_name(), "");
}

TEST_F(DeviceUpdateTest, TheSameNameAgainWritesNothing) {
  ASSERT_OK_AND_ASSIGN(const auto first, Update());
  const size_t rows = AuditRows();
  ASSERT_OK_AND_ASSIGN(const auto second, Update());
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(AuditRows(), rows);
}

TEST_F(DeviceUpdateTest, OnlyCheckedNothingIsStored) {
  request_.set_validate_only(true);
  ASSERT_OK_AND_ASSIGN(const auto checked, Update());
  EXPECT_EQ(checked.device().display_name(), "Front door");
  EXPECT_EQ(Device().display_name(), "");
}

TEST_F(DeviceUpdateTest, AnEtagMustBeThePresentOne) {
  request_.mutable_device()->set_etag("77");
  ExpectRefused(reason::kEtagMismatch);
  request_.mutable_device()->set_etag(Device().etag());
  EXPECT_OK(Update());
}

TEST_F(DeviceUpdateTest, OfTwoWithTheSameEtagOneIsRefused) {
  request_.mutable_device()->set_etag(Device().etag());
  store_.BeforeNextCommit([this] {
    v1::UpdateDeviceRequest other = request_;
    other.mutable_device()->set_display_name("Back door");
    ASSERT_OK(NewReplica()->core.device_update().UpdateDevice(client_, other));
  });
  EXPECT_THAT(Update(), HasReason(reason::kEtagMismatch));
  EXPECT_EQ(Device().display_name(), "Back door");
}

TEST_F(DeviceUpdateTest, AMaskIsRequired) {
  request_.clear_update_mask();
  ExpectRefused(reason::kInvalidField);
}

TEST_F(DeviceUpdateTest, NothingButTheNameCanBeChanged) {
  for (const char* path : {"account", "factory_key", "kit", "*"}) {
    request_.clear_update_mask();
    request_.mutable_update_mask()->add_paths("display_name");
    request_.mutable_update_mask()->add_paths(path);
    ExpectRefused(reason::kFieldImmutable);
  }
}

TEST_F(DeviceUpdateTest, ANameIsShortText) {
  request_.mutable_device()->set_display_name(std::string(128, 'x'));
  EXPECT_OK(Update());
  for (const std::string& bad : {std::string(129, 'x'), std::string("a\nb")}) {
    request_.mutable_device()->set_display_name(bad);
    const auto updated = Update();
    EXPECT_THAT(FieldsOf(updated.status()),
                ElementsAre(Key("device.display_name")));
  }
}

TEST_F(DeviceUpdateTest, AnUnknownDeviceIsRefused) {
  request_.mutable_device()->set_name("devices/lock-9");
  ExpectRefused(reason::kResourceUnknown);
}

TEST_F(DeviceUpdateTest, ANameThatIsNoneIsRefused) {
  request_.mutable_device()->set_name("lock-1");
  ExpectRefused(reason::kInvalidField);
}

TEST_F(DeviceUpdateTest, AnotherTenantDoesNotSeeIt) {
  EXPECT_THAT(Update(&stranger_), HasReason(reason::kResourceUnknown));
}

TEST_F(DeviceUpdateTest, TheAuditDoesNotKeepTheName) {
  ASSERT_OK(Update());
  const auto rows = memory_.Scan(
      *store::Partition::Make("device-registry", "acme"), "audit/", "", 1000);
  ASSERT_OK(rows);
  EXPECT_FALSE(rows->items.empty());
  for (const auto& item : rows->items) {
    EXPECT_THAT(item.value, Not(HasSubstr("Front door"))) << item.key;
  }
}

}  // namespace
}  // namespace u2fi::device_registry
