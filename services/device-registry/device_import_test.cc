#include "services/device-registry/device_import.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;

class DeviceImportTest : public RegistryTestCase {
 protected:
  void SetUp() override { MakeModel(); }

  static void Add(v1::ImportDevicesRequest& request, const std::string& id) {
    v1::DeviceImport& device = *request.add_devices();
    device.set_device_id(id);
    device.set_model("lock");
    device.set_factory_key(proof::FakeKey(id).public_key().point());
  }

  static v1::ImportDevicesRequest TwoDevices() {
    v1::ImportDevicesRequest request;
    request.set_request_id(std::string(32, 'a'));
    Add(request, "d1");
    Add(request, "d2");
    return request;
  }

  absl::StatusOr<v1::ImportDevicesResponse> Import(
      const v1::ImportDevicesRequest& request) {
    return core_->device_import().ImportDevices(operator_, request);
  }

  void ExpectRefused(const v1::ImportDevicesRequest& request,
                     const Reason& reason, const std::string& field = "") {
    const size_t rows = AuditRows();
    const auto refused = Import(request);
    EXPECT_THAT(refused, HasReason(reason));
    if (!field.empty()) {
      EXPECT_EQ(MetadataOf(refused.status())["field"], field)
          << refused.status();
    }
    EXPECT_EQ(AuditRows(), rows);
  }
};

TEST_F(DeviceImportTest, MakesEveryDevice) {
  EXPECT_THAT(Import(TwoDevices())->devices(),
              ElementsAre("devices/d1", "devices/d2"));
  const v1::Device device = Device("d1");
  EXPECT_EQ(device.state(), v1::DEVICE_STATE_IMPORTED);
  EXPECT_EQ(device.model(), "lock");
  EXPECT_EQ(device.factory_key(), proof::FakeKey("d1").public_key().point());
  EXPECT_EQ(device.account(), "");
  EXPECT_EQ(device.pins_revision(), 0u);
}

TEST_F(DeviceImportTest, IsOneCommitWithOneRow) {
  const int commits = Commits();
  const size_t rows = AuditRows();
  ASSERT_OK(Import(TwoDevices()));
  EXPECT_EQ(Commits(), commits + 1);
  EXPECT_EQ(AuditRows(), rows + 1);
}

TEST_F(DeviceImportTest, TakesAThousandDevices) {
  v1::ImportDevicesRequest request;
  request.set_request_id(std::string(32, 'b'));
  for (int i = 0; i < 1000; ++i) Add(request, absl::StrCat("d", i));
  ASSERT_OK(Import(request));
  EXPECT_EQ(Device("d999").state(), v1::DEVICE_STATE_IMPORTED);
}

TEST_F(DeviceImportTest, TheSameRequestAgainGivesTheSameAnswer) {
  ASSERT_OK_AND_ASSIGN(const auto first, Import(TwoDevices()));
  const size_t rows = AuditRows();
  ASSERT_OK_AND_ASSIGN(const auto second, Import(TwoDevices()));
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(AuditRows(), rows);
}

TEST_F(DeviceImportTest, RefusesTheSameRequestIdWithAnotherBody) {
  ASSERT_OK(Import(TwoDevices()));
  v1::ImportDevicesRequest request = TwoDevices();
  request.mutable_devices()->RemoveLast();
  ExpectRefused(request, reason::kRequestIdReused);
}

TEST_F(DeviceImportTest, ForgetsARequestAfterADay) {
  ASSERT_OK(Import(TwoDevices()));
  clock_.Advance(absl::Hours(24));
  ExpectRefused(TwoDevices(), reason::kResourceExists, "devices[0].device_id");
}

TEST_F(DeviceImportTest, RefusesADeviceThatExists) {
  ASSERT_OK(Import(TwoDevices()));
  v1::ImportDevicesRequest request = TwoDevices();
  request.set_request_id(std::string(32, 'c'));
  request.mutable_devices(0)->set_device_id("d3");
  request.mutable_devices(0)->set_factory_key(
      proof::FakeKey("d3").public_key().point());
  ExpectRefused(request, reason::kResourceExists, "devices[1].device_id");
}

TEST_F(DeviceImportTest, RefusesAFactoryKeyThatExists) {
  ASSERT_OK(Import(TwoDevices()));
  v1::ImportDevicesRequest request = TwoDevices();
  request.set_request_id(std::string(32, 'c'));
  request.mutable_devices(0)->set_device_id("d3");
  ExpectRefused(request, reason::kResourceExists, "devices[0].factory_key");
}

TEST_F(DeviceImportTest, OneOfTwoAtATimeGetsTheDevice) {
  v1::ImportDevicesRequest other = TwoDevices();
  other.set_request_id(std::string(32, 'c'));
  store_.BeforeNextCommit([&] {
    ASSERT_OK(
        NewReplica()->core.device_import().ImportDevices(operator_, other));
  });
  EXPECT_THAT(Import(TwoDevices()), HasReason(reason::kResourceExists));
}

TEST_F(DeviceImportTest, AllOrNone) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.mutable_devices(1)->set_model("toaster");
  ExpectRefused(request, reason::kResourceUnknown);
  v1::GetDeviceRequest get;
  get.set_name("devices/d1");
  EXPECT_THAT(core_->reader().GetDevice(operator_, get),
              HasReason(reason::kResourceUnknown));
}

TEST_F(DeviceImportTest, AnotherTenantMayHaveTheSameKeys) {
  ASSERT_OK(Import(TwoDevices()));
  const rpc::Caller other = rpc::TestCaller("operator/other/eve");
  v1::UpdateModelRequest model;
  model.mutable_model()->set_name("models/lock");
  ASSERT_OK(core_->policies().UpdateModel(other, model));
  EXPECT_OK(core_->device_import().ImportDevices(other, TwoDevices()));
}

TEST_F(DeviceImportTest, RefusesARequestIdThatIsNone) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.set_request_id("1");
  ExpectRefused(request, reason::kInvalidField, "request_id");
}

TEST_F(DeviceImportTest, RefusesNoDevice) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.clear_devices();
  ExpectRefused(request, reason::kInvalidField, "devices");
}

TEST_F(DeviceImportTest, RefusesMoreThanAThousandDevices) {
  v1::ImportDevicesRequest request = TwoDevices();
  for (int i = 0; i < 999; ++i) request.add_devices();
  ExpectRefused(request, reason::kInvalidField, "devices");
}

TEST_F(DeviceImportTest, RefusesADeviceThatIsThereTwice) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.mutable_devices(1)->set_device_id("d1");
  ExpectRefused(request, reason::kInvalidField, "devices[1].device_id");
}

TEST_F(DeviceImportTest, RefusesAKeyThatIsThereTwice) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.mutable_devices(1)->set_factory_key(request.devices(0).factory_key());
  ExpectRefused(request, reason::kInvalidField, "devices[1].factory_key");
}

TEST_F(DeviceImportTest, RefusesAKeyThatIsNotOnTheCurve) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.mutable_devices(1)->mutable_factory_key()->back() ^= 1;
  ExpectRefused(request, reason::kPublicKeyInvalid, "devices[1].factory_key");
}

TEST_F(DeviceImportTest, RefusesAnIdThatIsNone) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.mutable_devices(1)->set_device_id("d_2");
  ExpectRefused(request, reason::kInvalidField, "devices[1].device_id");
}

TEST_F(DeviceImportTest, RefusesACodeHashOfAnotherLength) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.mutable_devices(0)->set_claim_code_hash("short");
  ExpectRefused(request, reason::kInvalidField, "devices[0].claim_code_hash");
}

TEST_F(DeviceImportTest, AGrantSecretIsNotThereYet) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.mutable_devices(0)->set_grant_secret(std::string(32, 's'));
  ExpectRefused(request, reason::kUnimplemented);
}

TEST_F(DeviceImportTest, ChecksOnlyIfAsked) {
  v1::ImportDevicesRequest request = TwoDevices();
  request.set_validate_only(true);
  const size_t rows = AuditRows();
  ASSERT_OK(Import(request));
  EXPECT_EQ(AuditRows(), rows);
  EXPECT_OK(Import(TwoDevices()));
}

TEST_F(DeviceImportTest, ChecksExistenceOnlyIfAskedToo) {
  ASSERT_OK(Import(TwoDevices()));
  v1::ImportDevicesRequest request = TwoDevices();
  request.set_request_id(std::string(32, 'c'));
  request.set_validate_only(true);
  ExpectRefused(request, reason::kResourceExists);
}

}  // namespace
}  // namespace u2fi::device_registry
