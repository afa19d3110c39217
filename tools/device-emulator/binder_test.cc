#include "tools/device-emulator/binder.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/status_matchers.h"
#include "tools/device-emulator/device_test_fixture.h"

namespace u2fi::device {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using BinderTest = DeviceTest;

TEST_F(BinderTest, IsProvisionedByStageAndCommit) {
  const v1::PinsReport staged = Pins(agent_.Stage());
  EXPECT_EQ(staged.state(), v1::BINDING_STATE_STAGED);
  EXPECT_EQ(staged.tx(), "tx-1");
  const v1::PinsReport bound = Pins(agent_.Commit());
  EXPECT_EQ(bound.reason(), "");
  EXPECT_EQ(bound.state(), v1::BINDING_STATE_BOUND);
  EXPECT_EQ(bound.tx(), "tx-1");
  EXPECT_EQ(bound.revision(), 1u);
  EXPECT_EQ(bound.pins_hash(), crypto::ToString(agent_.genesis().hash()));
}

TEST_F(BinderTest, AStagedDeviceObeysNobody) {
  device_->Handle(agent_.Stage());
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 2)), HasSubstr("REFUSED"));
}

TEST_F(BinderTest, RefusesACommitWithoutAStage) {
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "STAGE_UNKNOWN");
}

TEST_F(BinderTest, RefusesACommitOfAnotherTransaction) {
  device_->Handle(agent_.Stage("tx-1"));
  EXPECT_EQ(Pins(agent_.Commit("tx-2")).reason(), "STAGE_UNKNOWN");
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_STAGED);
}

TEST_F(BinderTest, ACommitMayComeAgain) {
  Bind();
  const v1::PinsReport again = Pins(agent_.Commit());
  EXPECT_EQ(again.reason(), "");
  EXPECT_EQ(again.state(), v1::BINDING_STATE_BOUND);
}

TEST_F(BinderTest, AStageMayBeReplaced) {
  device_->Handle(agent_.Stage("tx-1"));
  device_->Handle(agent_.Stage("tx-2"));
  EXPECT_EQ(Pins(agent_.Commit("tx-2")).state(), v1::BINDING_STATE_BOUND);
}

TEST_F(BinderTest, RefusesACommitThatAStrangerTouchedFor) {
  device_->Handle(agent_.Stage());
  agent_.site.alice.key = proof::FakeKey("stranger");
  EXPECT_NE(Pins(agent_.Commit()).reason(), "");
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_STAGED);
}

TEST_F(BinderTest, RefusesAFurtherKeyWithoutItsEnrolment) {
  proof::v1::PinSet pins = agent_.genesis().fields();
  *pins.add_keys() = agent_.site.bob.Pinned(proof::v1::KEY_ROLE_MEMBER);
  const std::string stage = agent_.StageOf(pins);
  v1::ToDevice parsed;
  ASSERT_TRUE(parsed.ParseFromString(stage));
  device_->Handle(stage);
  v1::ToDevice commit;
  commit.mutable_commit()->set_tx("tx-1");
  commit.mutable_commit()->set_proof(agent_.ProofBytes(
      parsed.stage().command(), proof::v1::PURPOSE_PROVISION));
  EXPECT_EQ(Pins(commit.SerializeAsString()).reason(), "ENROLMENT_MISSING");
}

TEST_F(BinderTest, DoesNotStageForAnotherDevice) {
  agent_.site.device = "lock-2";
  EXPECT_EQ(Pins(agent_.Stage()).reason(), "DEVICE_MISMATCH");
}

TEST_F(BinderTest, DoesNotStageForAnotherGateway) {
  proof::v1::PinSet pins = agent_.genesis().fields();
  pins.mutable_gateways(0)->set_id("gw-9");
  EXPECT_EQ(Pins(agent_.StageOf(pins)).reason(), "GATEWAY_NOT_PINNED");
}

TEST_F(BinderTest, StagesRevisionOneOnly) {
  EXPECT_EQ(
      Pins(agent_.StageOf(proof::FakeSite::Next(agent_.genesis()))).reason(),
      "PINS_REVISION");
}

TEST_F(BinderTest, StagesPinSetsOnly) {
  v1::ToDevice message;
  message.mutable_stage()->set_tx("tx-1");
  message.mutable_stage()->set_command(agent_.CommandBytes("lock.unlock", 1));
  message.mutable_stage()->set_fail_safe_ms(1);
  EXPECT_EQ(Pins(message.SerializeAsString()).reason(), "OPERATION_UNKNOWN");
}

TEST_F(BinderTest, ABoundDeviceIsNotStaged) {
  Bind();
  EXPECT_EQ(Pins(agent_.Stage("tx-2")).reason(), "DEVICE_STATE");
}

TEST_F(BinderTest, ARollbackForgetsWhatIsStaged) {
  device_->Handle(agent_.Stage());
  EXPECT_EQ(Pins(agent_.Rollback()).state(), v1::BINDING_STATE_BLANK);
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "STAGE_UNKNOWN");
}

TEST_F(BinderTest, ARollbackOfAnotherTransactionChangesNothing) {
  device_->Handle(agent_.Stage());
  EXPECT_EQ(Pins(agent_.Rollback("tx-2")).state(), v1::BINDING_STATE_STAGED);
}

TEST_F(BinderTest, ARollbackDoesNotUndoACommit) {
  Bind();
  EXPECT_EQ(Pins(agent_.Rollback()).state(), v1::BINDING_STATE_BOUND);
}

TEST_F(BinderTest, ForgetsWhatIsStagedAtItsFailSafe) {
  device_->Handle(agent_.Stage("tx-1", 5000));
  clock_.Advance(absl::Milliseconds(4999));
  EXPECT_THAT(device_->Tick(), IsEmpty());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(LastPins(device_->Tick()).state(), v1::BINDING_STATE_BLANK);
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "STAGE_UNKNOWN");
}

TEST_F(BinderTest, AsksForTheOutcomeWhenItComesBack) {
  device_->Handle(agent_.Stage());
  SwitchOn();
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_STAGED);
  EXPECT_EQ(Now().tx(), "tx-1");
  EXPECT_EQ(Pins(agent_.Commit()).state(), v1::BINDING_STATE_BOUND);
}

TEST_F(BinderTest, TheFailSafeRunsAgainFromARestartOn) {
  device_->Handle(agent_.Stage("tx-1", 5000));
  SwitchOn();
  clock_.Advance(absl::Milliseconds(5000));
  EXPECT_EQ(LastPins(device_->Tick()).state(), v1::BINDING_STATE_BLANK);
}

TEST_F(BinderTest, TheFailSafeSparesWhatWasCommitted) {
  Bind();
  clock_.Advance(absl::Hours(1));
  device_->Tick();
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_BOUND);
}

TEST_F(BinderTest, StaysBlankIfItCannotWriteItsPins) {
  device_->Handle(agent_.Stage());
  storage_.Break("binding");
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "FILE_UNAVAILABLE");
  storage_.Break("");
  SwitchOn();
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_STAGED);
}

TEST_F(BinderTest, ACrashAfterTheBindingUsesUpTheSequenceNumber) {
  device_->Handle(agent_.Stage());
  storage_.Break("memory");
  EXPECT_EQ(Pins(agent_.Commit()).state(), v1::BINDING_STATE_BOUND);
  storage_.Break("");
  SwitchOn();
  EXPECT_EQ(StatusOfSequence(1).state(), v1::SEQUENCE_STATE_USED);
  EXPECT_EQ(storage_.Load().memory.window.high(), 1u);
}

TEST_F(BinderTest, KeepsWhatItBelievesAcrossARestart) {
  Bind();
  SwitchOn();
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_BOUND);
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 2)),
              HasSubstr("SUCCEEDED"));
}

TEST_F(BinderTest, DoesNotStartWithADamagedPinSet) {
  Binding binding;
  binding.pins = "junk";
  StoredState stored;
  stored.binding = binding;
  Device::Parts parts{{"lock-1", "gw-1"}, proof::FakeKey("x"), "lock", nullptr};
  EXPECT_THAT(
      Device::Create(std::move(parts), storage_, stored, clock_, console_),
      HasReason(reason::kFileUnavailable));
}

TEST_F(BinderTest, InstallsTheNextPinSet) {
  Bind();
  proof::v1::PinSet next = proof::FakeSite::Next(agent_.genesis());
  next.mutable_rules()->DeleteSubrange(0, 1);  // device.identify: touch now.
  const auto answers = device_->Handle(agent_.Update(next, 2));
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].result().outcome(), "SUCCEEDED");
  EXPECT_EQ(answers[1].pins().revision(), 2u);
  EXPECT_EQ(
      Outcome(agent_.Command(agent_.CommandBytes("device.identify", 3), "")),
      "REFUSED OPERATION_NOT_FREE");
}

TEST_F(BinderTest, AnUpdateMayComeAgain) {
  Bind();
  const std::string update =
      agent_.Update(proof::FakeSite::Next(agent_.genesis()), 2);
  EXPECT_EQ(Outcome(update), "SUCCEEDED");
  EXPECT_EQ(Outcome(update), "SUCCEEDED");
  SwitchOn();
  EXPECT_EQ(Outcome(update), "SUCCEEDED");
  EXPECT_EQ(Now().revision(), 2u);
}

TEST_F(BinderTest, RefusesAnUpdateThatSkipsARevision) {
  Bind();
  proof::v1::PinSet next = proof::FakeSite::Next(agent_.genesis());
  next.set_revision(3);
  EXPECT_EQ(Outcome(agent_.Update(next, 2)), "REFUSED PINS_REVISION");
  EXPECT_EQ(Now().revision(), 1u);
}

TEST_F(BinderTest, RefusesAnUpdateWithAUsedSequenceNumber) {
  Bind();
  Outcome(agent_.Touched("lock.unlock", 2));
  EXPECT_EQ(Outcome(agent_.Update(proof::FakeSite::Next(agent_.genesis()), 2)),
            "REFUSED SEQUENCE_STALE");
}

TEST_F(BinderTest, ABlankDeviceTakesNoUpdate) {
  EXPECT_EQ(Outcome(agent_.Update(proof::FakeSite::Next(agent_.genesis()), 2)),
            "REFUSED DEVICE_STATE");
}

TEST_F(BinderTest, AnUpdateIsWrittenBeforeTheWindow) {
  Bind();
  storage_.TakeWrites();
  Outcome(agent_.Update(proof::FakeSite::Next(agent_.genesis()), 2));
  EXPECT_THAT(storage_.TakeWrites(),
              ElementsAre("binding", "memory", "BEGIN", "END"));
}

TEST_F(BinderTest, BecomesBlankByRelease) {
  Bind();
  const auto answers = device_->Handle(agent_.Release(2));
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].result().outcome(), "SUCCEEDED");
  EXPECT_EQ(answers[1].pins().state(), v1::BINDING_STATE_BLANK);
}

TEST_F(BinderTest, AReleaseMayComeAgain) {
  Bind();
  const std::string release = agent_.Release(2);
  Outcome(release);
  SwitchOn();
  EXPECT_EQ(Outcome(release), "SUCCEEDED");
}

TEST_F(BinderTest, ABlankDeviceRefusesARelease) {
  EXPECT_EQ(Outcome(agent_.Release(2)), "REFUSED DEVICE_STATE");
}

TEST_F(BinderTest, ReleasesByUnbindOnly) {
  Bind();
  const std::string command = agent_.CommandBytes("lock.unlock", 2);
  v1::ToDevice message;
  message.mutable_release()->set_command(command);
  message.mutable_release()->set_proof(agent_.ProofBytes(command));
  EXPECT_EQ(Outcome(message.SerializeAsString()), "REFUSED OPERATION_UNKNOWN");
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_BOUND);
}

TEST_F(BinderTest, AnOldGenesisDoesNotBindAReleasedDeviceAgain) {
  Bind();
  device_->Handle(agent_.Release(2));
  device_->Handle(agent_.Stage());
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "SEQUENCE_STALE");
}

TEST_F(BinderTest, TheResetButtonMakesItBlank) {
  Bind();
  const auto answers = device_->Reset();
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].event().name(), "device.reset");
  EXPECT_EQ(answers[1].pins().state(), v1::BINDING_STATE_BLANK);
}

TEST_F(BinderTest, AnOldGenesisDoesNotBindAResetDeviceAgain) {
  Bind();
  device_->Reset();
  device_->Handle(agent_.Stage());
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "SEQUENCE_STALE");
}

}  // namespace
}  // namespace u2fi::device
