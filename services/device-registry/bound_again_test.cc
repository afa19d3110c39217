#include "services/device-registry/bound_again.h"

#include "gmock/gmock.h"
#include "services/common/proof/pin_set.h"
#include "services/device-registry/registry_test_case.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

// The lock is bound to alice, whose only key is lost; a recovery let another
// one in.
class BoundAgainTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeBoundWorld();
    ASSERT_OK(core_->confirmations().Confirm(gate_, ConfirmRequest()));
    v1::TokenWord word;
    word.set_account("alice");
    word.mutable_recovery()->set_recovery("r-1");
    *word.mutable_recovery()->mutable_open_time() =
        ToTimestamp(UnixMillis(clock_));
    *word.mutable_recovery()->mutable_expire_time() =
        ToTimestamp(UnixMillis(clock_) + 1000);
    ASSERT_OK(Tell(word));
    NextRequest();
    ASSERT_OK(core_->applier().Apply(
        gate_, EnrolRequest(new_, {{&new_, &site_.gw1}})));
  }
  // The device was reset and says that it is blank.
  void ReportBlank() {
    v1::ConfirmRequest request;
    request.set_tenant("acme");
    request.set_gateway("gw-1");
    request.add_reports()->set_device("lock-1");
    ASSERT_OK(core_->confirmations().Confirm(gate_, request));
  }
  // A command of its own for a device that is bound.
  v1::ArmRequest Refused() {
    NextRequest();
    return ArmRequest();
  }
  // The touch of the new key over the planned set.
  v1::ApplyRequest NewPins() {
    proof::FakeRequest fake;
    fake.purpose = proof::v1::PURPOSE_PROVISION;
    fake.commands = {site_.CommandBytes(
        "u2fi.pins", proof::PinSet::Encode(PlannedPins())->bytes())};
    fake.touches = {{&new_, &site_.gw1}};
    v1::ApplyRequest request;
    request.set_tenant("acme");
    *request.mutable_approvals() = site_.Prove(fake).approvals();
    request.add_items()->set_command(fake.commands[0]);
    request.set_transaction(command_id());
    return request;
  }
  std::vector<v1::BindingState> Bindings() {
    v1::ListBindingsRequest request;
    request.set_account("alice");
    const auto list = core_->reader().ListBindings(operator_, request);
    EXPECT_OK(list);
    std::vector<v1::BindingState> states;
    for (const v1::Binding& binding : list->bindings()) {
      states.push_back(binding.state());
    }
    return states;
  }

  proof::FakeToken new_{"tok-new", "alice"};
};

TEST_F(BoundAgainTest, IsBoundWithTheNewKeyAlone) {
  ReportBlank();
  clock_.Advance(absl::Milliseconds(1));
  ArmAndStage();
  ASSERT_OK(core_->applier().Apply(gate_, NewPins()));
  const v1::Device device = Device();
  EXPECT_EQ(device.state(), v1::DEVICE_STATE_BOUND);
  EXPECT_EQ(device.pins_revision(), 1u);
  EXPECT_THAT(Bindings(), testing::ElementsAre(v1::BINDING_STATE_COMMITTED,
                                               v1::BINDING_STATE_ENDED));
}

TEST_F(BoundAgainTest, ADeviceThatIsNotBlankStaysBound) {
  EXPECT_THAT(core_->transactions().Arm(gate_, Refused()),
              HasReason(reason::kDeviceState));
}

TEST_F(BoundAgainTest, TheGateMayAskForIt) {
  ReportBlank();
  v1::ResolveRequest request = ResolveRequest("u2fi.pins");
  request.set_purpose(proof::v1::PURPOSE_PROVISION);
  request.set_approver_gateway("gw-1");
  EXPECT_OK(core_->resolver().Resolve(gate_, request));
}

TEST_F(BoundAgainTest, OnceBoundAgainItIsBound) {
  ReportBlank();
  clock_.Advance(absl::Milliseconds(1));
  ArmAndStage();
  ASSERT_OK(core_->applier().Apply(gate_, NewPins()));
  EXPECT_THAT(core_->transactions().Arm(gate_, Refused()),
              HasReason(reason::kDeviceState));
}

TEST_F(BoundAgainTest, RolledBackItIsWhatItWas) {
  ReportBlank();
  const v1::Device before = Device();
  ArmAndStage();
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_STAGED);
  clock_.Advance(absl::Minutes(5));
  ASSERT_OK(core_->sweeper().Sweep());
  v1::Device after = Device();
  after.set_etag(before.etag());
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
}

TEST_F(BoundAgainTest, ArmedTwiceItIsStillWhatItWasAfterwards) {
  ReportBlank();
  const v1::Device before = Device();
  ArmAndStage();
  ArmAndStage();
  clock_.Advance(absl::Minutes(5));
  ASSERT_OK(core_->sweeper().Sweep());
  v1::Device after = Device();
  after.set_etag(before.etag());
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
}

TEST_F(BoundAgainTest, TheLostKeysDevicesOfOthersStayBound) {
  ReportBlank();
  records::v1::DeviceRow row;
  *row.mutable_device() = Device();
  row.mutable_device()->set_account("bob");
  EXPECT_FALSE(MayBeBoundAgain(row, Account()));
}

TEST_F(BoundAgainTest, ASuspendedNewKeyIsNoReason) {
  ReportBlank();
  v1::TokenWord word;
  word.set_account("alice");
  word.set_suspended("tok-new");
  ASSERT_OK(Tell(word));
  EXPECT_THAT(core_->transactions().Arm(gate_, Refused()),
              HasReason(reason::kDeviceState));
}

}  // namespace
}  // namespace u2fi::device_registry
