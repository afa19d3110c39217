#include "services/device-registry/unbinding.h"

#include "gmock/gmock.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/registry_test_case.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

class UnbindingTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeBoundWorld();
    ASSERT_OK(core_->confirmations().Confirm(gate_, ConfirmRequest()));
    bound_ = ConfirmRequest();
  }

  v1::ApplyRequest Request(proof::FakeToken& by) {
    NextRequest();
    proof::v1::UnbindArguments arguments;
    arguments.set_format(1);
    arguments.set_pins_hash(Device().pins_hash());
    proof::FakeRequest fake;
    fake.purpose = proof::v1::PURPOSE_UNBIND;
    fake.commands = {
        site_.CommandBytes("u2fi.unbind", proof::Encode(arguments))};
    fake.touches = {{&by, &site_.gw1}};
    v1::ApplyRequest request;
    request.set_tenant("acme");
    *request.mutable_approvals() = site_.Prove(fake).approvals();
    request.add_items()->set_command(fake.commands[0]);
    return request;
  }
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request) {
    return core_->applier().Apply(gate_, request);
  }
  void Unbind() { ASSERT_OK(Apply(Request(site_.alice))); }
  void BindAgain() {
    site_.now_ms = static_cast<uint64_t>(UnixMillis(clock_));
    ClaimDevice("lock-1", "alice");
    ArmAndStage();
    ASSERT_OK(Apply(PinsRequest(PlannedPins())));
  }
  // What the device says: blank.
  v1::ConfirmRequest Blank() {
    v1::ConfirmRequest request = bound_;
    request.mutable_results(0)->set_command_id(command_id());
    request.mutable_results(0)->clear_pins_revision();
    request.mutable_results(0)->clear_pins_hash();
    return request;
  }
  absl::StatusOr<v1::ConfirmResponse> Confirm(
      const v1::ConfirmRequest& request) {
    return core_->confirmations().Confirm(gate_, request);
  }
  v1::Binding Binding() {
    const auto list = core_->reader().ListBindings(operator_, {});
    EXPECT_OK(list);
    return list.ok() ? list->bindings(0) : v1::Binding();
  }

  // The device's word while it is bound.
  v1::ConfirmRequest bound_;
};

TEST_F(UnbindingTest, MarksTheDeviceReleasing) {
  ASSERT_OK_AND_ASSIGN(const auto applied, Apply(Request(site_.alice)));
  EXPECT_EQ(applied.results(0).resource(), Binding().name());
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_RELEASING);
  EXPECT_EQ(Binding().state(), v1::BINDING_STATE_RELEASING);
  EXPECT_TRUE(Binding().has_force_time());
}

TEST_F(UnbindingTest, NobodyRunsAnythingOnItFromThenOn) {
  Unbind();
  EXPECT_THAT(core_->resolver().Resolve(gate_, ResolveRequest("lamp.on")),
              HasReason(reason::kDeviceState));
}

TEST_F(UnbindingTest, TheSameCommandAgainChangesNothing) {
  const v1::ApplyRequest request = Request(site_.alice);
  ASSERT_OK(Apply(request));
  const int commits = Commits();
  ASSERT_OK_AND_ASSIGN(const auto second, Apply(request));
  EXPECT_TRUE(second.results(0).already_applied());
  EXPECT_EQ(Commits(), commits);
}

TEST_F(UnbindingTest, OnceTheDeviceIsBlankAnybodyMayClaimIt) {
  Unbind();
  ASSERT_OK(Confirm(Blank()));
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_IMPORTED);
  EXPECT_EQ(Device().account(), "");
  EXPECT_EQ(Device().gateway(), "");
  EXPECT_EQ(Device().site(), "");
  EXPECT_EQ(Device().pins_revision(), 0u);
  EXPECT_EQ(Device().pins_hash(), "");
  EXPECT_EQ(Binding().state(), v1::BINDING_STATE_ENDED);
  EXPECT_EQ(Binding().end_time().seconds(), UnixMillis(clock_) / 1000);
  MakeAccount("bob");
  ClaimDevice("lock-1", "bob");
  EXPECT_EQ(Device().account(), "bob");
}

TEST_F(UnbindingTest, ItMayBeBoundAgain) {
  Unbind();
  ASSERT_OK(Confirm(Blank()));
  BindAgain();
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_BOUND);
  EXPECT_EQ(Device().pins_revision(), 1u);
}

TEST_F(UnbindingTest, ADeviceThatIsStillBoundIsSentTheRelease) {
  const v1::ApplyRequest request = Request(site_.alice);
  ASSERT_OK(Apply(request));
  ASSERT_OK_AND_ASSIGN(const auto answer, Confirm(bound_));
  ASSERT_EQ(answer.releases_size(), 1);
  EXPECT_EQ(answer.releases(0).item().command(), request.items(0).command());
  EXPECT_EQ(answer.releases(0).approvals_size(), 1);
  ASSERT_OK_AND_ASSIGN(const auto none, Confirm(Blank()));
  EXPECT_EQ(none.releases_size(), 0);
}

TEST_F(UnbindingTest, ARefusedReleaseIsNotSentAgain) {
  Unbind();
  bound_.mutable_results(0)->set_reason("SEQUENCE_STALE");
  ASSERT_OK_AND_ASSIGN(const auto answer, Confirm(bound_));
  EXPECT_EQ(answer.releases_size(), 0);
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_RELEASING);
}

TEST_F(UnbindingTest, AtTheDeadlineItIsForcedWithAnAlarm) {
  Unbind();
  clock_.Advance(absl::Hours(24) - absl::Milliseconds(1));
  ASSERT_THAT(core_->sweeper().Sweep(), IsOkAndHolds(0));
  const size_t rows = AuditRows();
  clock_.Advance(absl::Milliseconds(1));
  ASSERT_THAT(core_->sweeper().Sweep(), IsOkAndHolds(1));
  EXPECT_EQ(AuditRows(), rows + 1);
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_IMPORTED);
  EXPECT_TRUE(Device().forced());
  EXPECT_EQ(Binding().state(), v1::BINDING_STATE_ENDED);
}

TEST_F(UnbindingTest, AForcedReleaseStillReachesTheDevice) {
  Unbind();
  clock_.Advance(absl::Hours(24));
  ASSERT_THAT(core_->sweeper().Sweep(), IsOkAndHolds(1));
  ASSERT_OK_AND_ASSIGN(const auto answer, Confirm(bound_));
  EXPECT_EQ(answer.releases_size(), 1);
  ASSERT_OK(Confirm(Blank()));
  EXPECT_FALSE(Device().forced());
  EXPECT_EQ(Device().gateway(), "");
}

TEST_F(UnbindingTest, AForcedReleaseDoesNotFreeTheDeviceOfItsNextOwner) {
  Unbind();
  clock_.Advance(absl::Hours(24));
  ASSERT_THAT(core_->sweeper().Sweep(), IsOkAndHolds(1));
  BindAgain();
  ASSERT_OK(Confirm(Blank()));
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_BOUND);
  EXPECT_EQ(Device().account(), "alice");
}

TEST_F(UnbindingTest, ADeviceThatIsBoundAnewIsNotSentTheReleaseOfBefore) {
  Unbind();
  clock_.Advance(absl::Hours(24));
  ASSERT_THAT(core_->sweeper().Sweep(), IsOkAndHolds(1));
  BindAgain();
  ASSERT_OK_AND_ASSIGN(const auto answer, Confirm(ConfirmRequest()));
  EXPECT_EQ(answer.releases_size(), 0);
  EXPECT_FALSE(Device().forced());
  ASSERT_OK_AND_ASSIGN(const auto later, Confirm(ConfirmRequest()));
  EXPECT_EQ(later.releases_size(), 0);
}

TEST_F(UnbindingTest, ABlankDeviceStopsTheTimer) {
  Unbind();
  ASSERT_OK(Confirm(Blank()));
  clock_.Advance(absl::Hours(25));
  ASSERT_THAT(core_->sweeper().Sweep(), IsOkAndHolds(0));
}

TEST_F(UnbindingTest, RefusesAKeyThatIsNotPinned) {
  EXPECT_THAT(Apply(Request(site_.bob)), HasReason(reason::kTokenNotPinned));
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_BOUND);
}

TEST_F(UnbindingTest, RefusesATouchThatIsTooOld) {
  const v1::ApplyRequest request = Request(site_.alice);
  clock_.Advance(absl::Hours(24 * 60));
  EXPECT_THAT(Apply(request), HasReason(reason::kExecuteByPassed));
}

TEST_F(UnbindingTest, RefusesATransaction) {
  v1::ApplyRequest request = Request(site_.alice);
  request.set_transaction("some-tx");
  EXPECT_THAT(Apply(request), HasReason(reason::kInvalidField));
}

TEST_F(UnbindingTest, RefusesADeviceThatIsReleasingAlready) {
  const v1::ApplyRequest second = Request(site_.alice);
  Unbind();
  EXPECT_THAT(Apply(second), HasReason(reason::kDeviceState));
}

}  // namespace
}  // namespace u2fi::device_registry
