#include "services/device-registry/device_claim.h"

#include "services/common/crypto/hash.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

class DeviceClaimTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeModel();
    MakeAccount("alice");
    MakeAccount("bob");
    v1::ImportDevicesRequest request;
    request.set_request_id(std::string(32, 'd'));
    v1::DeviceImport& device = *request.add_devices();
    device.set_device_id("lock-1");
    device.set_model("lock");
    device.set_factory_key(device_key_.public_key().point());
    device.set_claim_code_hash(crypto::ToString(crypto::Sha256("1234-5678")));
    ASSERT_OK(core_->device_import().ImportDevices(operator_, request));
  }

  static v1::ClaimDeviceRequest Request(const std::string& code = "1234-5678",
                                        const std::string& account = "alice") {
    v1::ClaimDeviceRequest request;
    request.set_name("devices/lock-1");
    request.set_account(account);
    request.set_claim_code(code);
    return request;
  }

  absl::StatusOr<v1::ClaimDeviceResponse> Claim(
      const v1::ClaimDeviceRequest& request) {
    return core_->device_claim().ClaimDevice(client_, request);
  }
};

TEST_F(DeviceClaimTest, GivesTheDeviceToTheAccount) {
  ASSERT_OK_AND_ASSIGN(const auto claimed, Claim(Request()));
  EXPECT_EQ(claimed.device().state(), v1::DEVICE_STATE_CLAIMED);
  EXPECT_EQ(claimed.device().account(), "alice");
  EXPECT_EQ(Device().SerializeAsString(), claimed.device().SerializeAsString());
}

TEST_F(DeviceClaimTest, TheSameAccountMayClaimAgain) {
  ASSERT_OK(Claim(Request()));
  const size_t rows = AuditRows();
  EXPECT_OK(Claim(Request()));
  EXPECT_EQ(AuditRows(), rows);
}

TEST_F(DeviceClaimTest, AnotherAccountMayNot) {
  ASSERT_OK(Claim(Request()));
  EXPECT_THAT(Claim(Request("1234-5678", "bob")),
              HasReason(reason::kDeviceState));
  EXPECT_EQ(Device().account(), "alice");
}

TEST_F(DeviceClaimTest, OneOfTwoAtATimeGetsIt) {
  store_.BeforeNextCommit([this] {
    ASSERT_OK(NewReplica()->core.device_claim().ClaimDevice(
        client_, Request("1234-5678", "bob")));
  });
  EXPECT_THAT(Claim(Request()), HasReason(reason::kDeviceState));
  EXPECT_EQ(Device().account(), "bob");
}

TEST_F(DeviceClaimTest, AWrongCodeSaysNoMoreThanAnUnknownDevice) {
  const auto wrong = Claim(Request("0000-0000"));
  EXPECT_THAT(wrong, HasReason(reason::kResourceUnknown));
  v1::ClaimDeviceRequest unknown = Request();
  unknown.set_name("devices/lock-2");
  EXPECT_EQ(Claim(unknown).status().code(), wrong.status().code());
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_IMPORTED);
}

TEST_F(DeviceClaimTest, AMissingCodeIsWrong) {
  EXPECT_THAT(Claim(Request("")), HasReason(reason::kResourceUnknown));
}

TEST_F(DeviceClaimTest, AWrongCodeIsAudited) {
  const size_t rows = AuditRows();
  EXPECT_FALSE(Claim(Request("0000-0000")).ok());
  EXPECT_EQ(AuditRows(), rows + 1);
}

TEST_F(DeviceClaimTest, TheCodeIsNowhereInTheStore) {
  EXPECT_FALSE(Claim(Request("0000-0000")).ok());
  ASSERT_OK(Claim(Request()));
  const auto all =
      memory_.Scan(*store::Partition::Make(kService, "acme"), "", "", 1000);
  for (const store::Item& item : all->items) {
    EXPECT_EQ(item.value.find("1234-5678"), std::string::npos) << item.key;
    EXPECT_EQ(item.value.find("0000-0000"), std::string::npos) << item.key;
  }
}

TEST_F(DeviceClaimTest, TenWrongCodesAreEnough) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(Claim(Request("0000-0000")),
                HasReason(reason::kResourceUnknown));
  }
  const auto refused = Claim(Request());
  EXPECT_THAT(refused, HasReason(reason::kClaimLimit));
  EXPECT_EQ(RetryOf(refused.status()), absl::Hours(1));
}

TEST_F(DeviceClaimTest, TheLimitEndsAfterAnHour) {
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Claim(Request("0")).ok());
  clock_.Advance(absl::Hours(1) - absl::Milliseconds(1));
  EXPECT_THAT(Claim(Request()), HasReason(reason::kClaimLimit));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_OK(Claim(Request()));
}

TEST_F(DeviceClaimTest, TheLimitIsTheAccountsOwn) {
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Claim(Request("0")).ok());
  EXPECT_OK(Claim(Request("1234-5678", "bob")));
}

TEST_F(DeviceClaimTest, ADeviceWithoutCodeIsFree) {
  ImportDevice("lock-9");
  v1::ClaimDeviceRequest request = Request("");
  request.set_name("devices/lock-9");
  EXPECT_OK(Claim(request));
}

TEST_F(DeviceClaimTest, RefusesAnAccountThatIsUnknown) {
  EXPECT_THAT(Claim(Request("1234-5678", "carol")),
              HasReason(reason::kResourceUnknown));
}

TEST_F(DeviceClaimTest, RefusesALongCode) {
  EXPECT_THAT(Claim(Request(std::string(65, '1'))),
              HasReason(reason::kInvalidField));
}

TEST_F(DeviceClaimTest, AnotherTenantsDeviceIsUnknown) {
  EXPECT_THAT(core_->device_claim().ClaimDevice(stranger_, Request()),
              HasReason(reason::kResourceUnknown));
}

}  // namespace
}  // namespace u2fi::device_registry
