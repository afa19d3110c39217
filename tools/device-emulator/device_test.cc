#include "tools/device-emulator/device.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/device-emulator/fake_agent.h"
#include "tools/device-emulator/fake_console.h"
#include "tools/device-emulator/fake_device_storage.h"

namespace u2fi::device {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class DeviceTest : public testing::Test {
 protected:
  DeviceTest() { SwitchOn(); }

  // Also again, after a crash.
  void SwitchOn() {
    Device::Parts parts{
        {"lock-1", "gw-1"}, proof::FakeKey("lock-1"), "lock", [this] {
          ++acts_;
        }};
    device_ = Device::Create(std::move(parts), storage_, storage_.Load(),
                             clock_, console_)
                  .value();
  }
  void Bind() {
    device_->Handle(agent_.Stage());
    device_->Handle(agent_.Commit());
  }
  // The outcome of the one result, without the answer.
  std::string Outcome(const std::string& message) {
    for (const v1::FromDevice& answer : device_->Handle(message)) {
      if (answer.has_result()) return answer.result().outcome();
    }
    return "no result";
  }
  // The last report in the answers.
  v1::PinsReport Pins(const std::string& message) {
    return LastPins(device_->Handle(message));
  }
  static v1::PinsReport LastPins(const Device::Answers& answers) {
    v1::PinsReport report;
    for (const v1::FromDevice& answer : answers) {
      if (answer.has_pins()) report = answer.pins();
    }
    return report;
  }
  v1::PinsReport Now() { return device_->Hello()[0].hello().pins(); }
  v1::StatusReply StatusOfSequence(uint64_t sequence) {
    return device_->Handle(agent_.Status(sequence))[0].status();
  }

  FakeClock clock_;
  FakeConsole console_;
  FakeDeviceStorage storage_;
  FakeAgent agent_;
  int acts_ = 0;
  std::unique_ptr<Device> device_;
};

// Commands.

TEST_F(DeviceTest, DoesWhatAPinnedKeyWasTouchedFor) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            R"(SUCCEEDED {"bolt":"unlocked"})");
  EXPECT_EQ(acts_, 1);
}

TEST_F(DeviceTest, DoesAFreeOperationWithoutATouch) {
  Bind();
  EXPECT_EQ(
      Outcome(agent_.Command(agent_.CommandBytes("device.identify", 2), "")),
      R"(SUCCEEDED {"blinked":true})");
}

TEST_F(DeviceTest, ABlankDeviceObeysNobody) {
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 2)), HasSubstr("REFUSED"));
  EXPECT_THAT(
      Outcome(agent_.Command(agent_.CommandBytes("device.identify", 2), "")),
      HasSubstr("REFUSED"));
  EXPECT_EQ(acts_, 0);
}

TEST_F(DeviceTest, RefusesToGoWithoutATouchIfItsOwnPinsAskForOne) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Command(agent_.CommandBytes("lock.unlock", 2), "")),
            "REFUSED OPERATION_NOT_FREE");
}

TEST_F(DeviceTest, RefusesWhatItsPinsForbid) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Touched("lock.lock", 2)),
            "REFUSED OPERATION_FORBIDDEN");
}

TEST_F(DeviceTest, RefusesATouchThatIsTooWeak) {
  Bind();
  EXPECT_THAT(
      Outcome(agent_.Touched("settings.set", 2, R"({"name":"a","value":"b"})")),
      HasSubstr("REFUSED"));
}

TEST_F(DeviceTest, RefusesAProofForAnotherCommand) {
  Bind();
  const std::string asked = agent_.CommandBytes("device.identify", 2);
  const std::string other = agent_.CommandBytes("lock.unlock", 2);
  EXPECT_THAT(Outcome(agent_.Command(other, agent_.ProofBytes(asked))),
              HasSubstr("REFUSED"));
}

TEST_F(DeviceTest, RefusesAnotherDevicesCommand) {
  Bind();
  agent_.site.device = "lock-2";
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            "REFUSED DEVICE_MISMATCH");
}

TEST_F(DeviceTest, RefusesAReservedOperationInAPlainCommand) {
  Bind();
  const std::string command =
      agent_.CommandBytes("u2fi.pins", 2, agent_.genesis().bytes());
  EXPECT_THAT(
      Outcome(agent_.Command(
          command, agent_.ProofBytes(command, proof::v1::PURPOSE_PINS))),
      HasSubstr("REFUSED"));
}

TEST_F(DeviceTest, RefusesAnOperationThatTheModelDoesNotHave) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Touched("camera.on", 2)),
            "REFUSED OPERATION_UNKNOWN");
}

TEST_F(DeviceTest, RefusesArgumentsThatTheModelDoesNotTake) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2, R"({"speed":2})")),
            "REFUSED ARGUMENTS_FORMAT");
}

TEST_F(DeviceTest, SignsItsResults) {
  Bind();
  const auto answers = device_->Handle(agent_.Touched("lock.unlock", 2));
  ASSERT_THAT(answers, SizeIs(1));
  const v1::DeviceResult& result = answers[0].result();
  const auto digest = crypto::Sha256(
      {"u2fi/result/v1", crypto::LengthPrefixed(result.command_id()),
       crypto::LengthPrefixed(result.outcome())});
  EXPECT_OK(crypto::P256PublicKey::FromPoint(device_->factory_point())
                ->Verify(digest, result.device_signature()));
}

TEST_F(DeviceTest, SaysInPlainWordsWhatItDoes) {
  Bind();
  device_->Handle(agent_.Touched("lock.unlock", 2));
  device_->Handle(agent_.Touched("camera.on", 3));
  EXPECT_THAT(
      console_.lines(),
      ElementsAre("lock-1: stage tx-1: done", "lock-1: commit tx-1: done",
                  R"(lock-1: lock.unlock: done {"bolt":"unlocked"})",
                  "lock-1: camera.on: refused: OPERATION_UNKNOWN (a lock "
                  "cannot camera.on)"));
}

// Replays.

TEST_F(DeviceTest, ActsOnceHoweverOftenACommandComes) {
  Bind();
  const std::string message = agent_.Touched("lock.unlock", 2);
  const std::string first = Outcome(message);
  EXPECT_EQ(Outcome(message), first);
  EXPECT_EQ(acts_, 1);
}

TEST_F(DeviceTest, ActsOnceAlsoWithAnotherProof) {
  Bind();
  const std::string command = agent_.CommandBytes("lock.unlock", 2);
  Outcome(agent_.Command(command, agent_.ProofBytes(command)));
  Outcome(agent_.Command(command, agent_.ProofBytes(command)));
  EXPECT_EQ(acts_, 1);
}

TEST_F(DeviceTest, ActsOnceAcrossARestart) {
  Bind();
  const std::string message = agent_.Touched("lock.unlock", 2);
  const std::string first = Outcome(message);
  SwitchOn();
  EXPECT_EQ(Outcome(message), first);
  EXPECT_EQ(acts_, 1);
}

TEST_F(DeviceTest, RefusesASequenceNumberThatWasUsed) {
  Bind();
  Outcome(agent_.Touched("lock.unlock", 2));
  const auto answers = device_->Handle(agent_.Touched("device.identify", 2));
  EXPECT_EQ(answers[0].result().outcome(), "REFUSED SEQUENCE_STALE");
  EXPECT_EQ(answers[0].result().sequence_high(), 2u);
}

TEST_F(DeviceTest, RefusesASequenceNumberThatIsTooOld) {
  Bind();
  Outcome(agent_.Touched("lock.unlock", 100));
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 36)),
            "REFUSED SEQUENCE_STALE");
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 37)),
              HasSubstr("SUCCEEDED"));
}

TEST_F(DeviceTest, ARefusedCommandUsesUpNothing) {
  Bind();
  Outcome(agent_.Touched("camera.on", 2));
  EXPECT_EQ(StatusOfSequence(2).state(), v1::SEQUENCE_STATE_FREE);
}

TEST_F(DeviceTest, WritesTheWindowBeforeItActs) {
  Bind();
  storage_.TakeWrites();
  Outcome(agent_.Touched("lock.unlock", 2));
  EXPECT_THAT(storage_.TakeWrites(), ElementsAre("memory", "BEGIN", "END"));
}

TEST_F(DeviceTest, DoesNotActIfItCannotWriteTheWindow) {
  Bind();
  storage_.Break("memory");
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            "REFUSED FILE_UNAVAILABLE");
  EXPECT_EQ(acts_, 0);
  storage_.Break("");
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 2)),
              HasSubstr("SUCCEEDED"));
}

TEST_F(DeviceTest, DoesNotActIfItCannotWriteThatItBegins) {
  Bind();
  storage_.Break("BEGIN");
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            "REFUSED FILE_UNAVAILABLE");
  EXPECT_EQ(acts_, 0);
}

TEST_F(DeviceTest, ACommandWhoseEndWasLostIsUnknownAndNotDoneAgain) {
  Bind();
  storage_.Break("END");
  const std::string message = agent_.Touched("lock.unlock", 2);
  Outcome(message);
  SwitchOn();
  EXPECT_EQ(Outcome(message), "UNKNOWN");
  EXPECT_EQ(acts_, 1);
}

// Status.

TEST_F(DeviceTest, TellsThatASequenceNumberIsFree) {
  Bind();
  EXPECT_EQ(StatusOfSequence(2).state(), v1::SEQUENCE_STATE_FREE);
  EXPECT_EQ(StatusOfSequence(2).sequence_high(), 1u);
}

TEST_F(DeviceTest, TellsTheResultOfASequenceNumber) {
  Bind();
  const std::string outcome = Outcome(agent_.Touched("lock.unlock", 2));
  SwitchOn();
  const v1::StatusReply reply = StatusOfSequence(2);
  EXPECT_EQ(reply.state(), v1::SEQUENCE_STATE_USED);
  EXPECT_EQ(reply.result().outcome(), outcome);
}

TEST_F(DeviceTest, TellsThatItDoesNotKnowTheEnd) {
  Bind();
  storage_.Break("END");
  Outcome(agent_.Touched("lock.unlock", 2));
  SwitchOn();
  const v1::StatusReply reply = StatusOfSequence(2);
  EXPECT_EQ(reply.state(), v1::SEQUENCE_STATE_USED);
  EXPECT_FALSE(reply.has_result());
}

TEST_F(DeviceTest, TellsThatASequenceNumberIsForgotten) {
  Bind();
  Outcome(agent_.Touched("lock.unlock", 100));
  EXPECT_EQ(StatusOfSequence(36).state(), v1::SEQUENCE_STATE_FORGOTTEN);
}

// Time.

TEST_F(DeviceTest, RefusesWhatIsTooLateByWhatItKnowsOfTheTime) {
  Bind();  // The touch raises the bound to now_ms.
  const std::string message = agent_.Touched("lock.unlock", 2);
  // execute_by is two minutes after, and 30 s of skew are allowed.
  clock_.Advance(absl::Seconds(151));
  EXPECT_EQ(Outcome(message), "REFUSED EXECUTE_BY_PASSED");
}

TEST_F(DeviceTest, KnowsTheTimeAfterARestart) {
  Bind();
  const std::string message = agent_.Touched("lock.unlock", 2);
  clock_.Advance(absl::Seconds(151));
  Outcome(agent_.Command(agent_.CommandBytes("device.identify", 3), ""));
  SwitchOn();
  EXPECT_EQ(Outcome(message), "REFUSED EXECUTE_BY_PASSED");
}

TEST_F(DeviceTest, AnAccessTokenTellsTheTimeToo) {
  Bind();
  device_->Handle(
      agent_.Token(agent_.Jwt(agent_.site.now_ms / 1000 + 151, 3600)));
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            "REFUSED EXECUTE_BY_PASSED");
}

// Messages.

TEST_F(DeviceTest, RefusesAMessageThatItCannotRead) {
  const auto answers = device_->Handle("\xff");
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].refused().reason(), "MESSAGE_FORMAT");
}

TEST_F(DeviceTest, RefusesACommandThatItCannotRead) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Command("junk", "")), "REFUSED COMMAND_FORMAT");
}

TEST_F(DeviceTest, SaysWhoItIs) {
  v1::ToDevice ask;
  ask.mutable_hello_request();
  const auto answers = device_->Handle(ask.SerializeAsString());
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].hello().model(), "lock");
  EXPECT_EQ(answers[0].hello().factory_point(), device_->factory_point());
  EXPECT_EQ(answers[0].hello().pins().state(), v1::BINDING_STATE_BLANK);
}

TEST_F(DeviceTest, ProvesThatItHasItsFactoryKey) {
  v1::ToDevice ask;
  ask.mutable_prove()->set_tx("tx-1");
  ask.mutable_prove()->set_nonce(std::string(32, 'n'));
  ask.mutable_prove()->set_gateway_point(
      agent_.site.gw1.key.public_key().point());
  const v1::DeviceProof proof =
      device_->Handle(ask.SerializeAsString())[0].proof();
  const auto digest = crypto::Sha256(
      {"u2fi/device/v1", crypto::LengthPrefixed(std::string(32, 'n')),
       crypto::LengthPrefixed("tx-1"),
       crypto::LengthPrefixed(agent_.site.gw1.key.public_key().point())});
  EXPECT_OK(crypto::P256PublicKey::FromPoint(proof.factory_point())
                ->Verify(digest, proof.signature()));
}

// Provisioning.

TEST_F(DeviceTest, IsProvisionedByStageAndCommit) {
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

TEST_F(DeviceTest, AStagedDeviceObeysNobody) {
  device_->Handle(agent_.Stage());
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 2)), HasSubstr("REFUSED"));
}

TEST_F(DeviceTest, RefusesACommitWithoutAStage) {
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "STAGE_UNKNOWN");
}

TEST_F(DeviceTest, RefusesACommitOfAnotherTransaction) {
  device_->Handle(agent_.Stage("tx-1"));
  EXPECT_EQ(Pins(agent_.Commit("tx-2")).reason(), "STAGE_UNKNOWN");
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_STAGED);
}

TEST_F(DeviceTest, ACommitMayComeAgain) {
  Bind();
  const v1::PinsReport again = Pins(agent_.Commit());
  EXPECT_EQ(again.reason(), "");
  EXPECT_EQ(again.state(), v1::BINDING_STATE_BOUND);
}

TEST_F(DeviceTest, AStageMayBeReplaced) {
  device_->Handle(agent_.Stage("tx-1"));
  device_->Handle(agent_.Stage("tx-2"));
  EXPECT_EQ(Pins(agent_.Commit("tx-2")).state(), v1::BINDING_STATE_BOUND);
}

TEST_F(DeviceTest, RefusesACommitThatAStrangerTouchedFor) {
  device_->Handle(agent_.Stage());
  agent_.site.alice.key = proof::FakeKey("stranger");
  EXPECT_NE(Pins(agent_.Commit()).reason(), "");
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_STAGED);
}

TEST_F(DeviceTest, RefusesAFurtherKeyWithoutItsEnrolment) {
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

TEST_F(DeviceTest, DoesNotStageForAnotherDevice) {
  agent_.site.device = "lock-2";
  EXPECT_EQ(Pins(agent_.Stage()).reason(), "DEVICE_MISMATCH");
}

TEST_F(DeviceTest, DoesNotStageForAnotherGateway) {
  proof::v1::PinSet pins = agent_.genesis().fields();
  pins.mutable_gateways(0)->set_id("gw-9");
  EXPECT_EQ(Pins(agent_.StageOf(pins)).reason(), "GATEWAY_NOT_PINNED");
}

TEST_F(DeviceTest, StagesRevisionOneOnly) {
  EXPECT_EQ(
      Pins(agent_.StageOf(proof::FakeSite::Next(agent_.genesis()))).reason(),
      "PINS_REVISION");
}

TEST_F(DeviceTest, StagesPinSetsOnly) {
  v1::ToDevice message;
  message.mutable_stage()->set_tx("tx-1");
  message.mutable_stage()->set_command(agent_.CommandBytes("lock.unlock", 1));
  message.mutable_stage()->set_fail_safe_ms(1);
  EXPECT_EQ(Pins(message.SerializeAsString()).reason(), "OPERATION_UNKNOWN");
}

TEST_F(DeviceTest, ABoundDeviceIsNotStaged) {
  Bind();
  EXPECT_EQ(Pins(agent_.Stage("tx-2")).reason(), "DEVICE_STATE");
}

TEST_F(DeviceTest, ARollbackForgetsWhatIsStaged) {
  device_->Handle(agent_.Stage());
  EXPECT_EQ(Pins(agent_.Rollback()).state(), v1::BINDING_STATE_BLANK);
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "STAGE_UNKNOWN");
}

TEST_F(DeviceTest, ARollbackOfAnotherTransactionChangesNothing) {
  device_->Handle(agent_.Stage());
  EXPECT_EQ(Pins(agent_.Rollback("tx-2")).state(), v1::BINDING_STATE_STAGED);
}

TEST_F(DeviceTest, ARollbackDoesNotUndoACommit) {
  Bind();
  EXPECT_EQ(Pins(agent_.Rollback()).state(), v1::BINDING_STATE_BOUND);
}

TEST_F(DeviceTest, ForgetsWhatIsStagedAtItsFailSafe) {
  device_->Handle(agent_.Stage("tx-1", 5000));
  clock_.Advance(absl::Milliseconds(4999));
  EXPECT_THAT(device_->Tick(), IsEmpty());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(LastPins(device_->Tick()).state(), v1::BINDING_STATE_BLANK);
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "STAGE_UNKNOWN");
}

TEST_F(DeviceTest, AsksForTheOutcomeWhenItComesBack) {
  device_->Handle(agent_.Stage());
  SwitchOn();
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_STAGED);
  EXPECT_EQ(Now().tx(), "tx-1");
  EXPECT_EQ(Pins(agent_.Commit()).state(), v1::BINDING_STATE_BOUND);
}

TEST_F(DeviceTest, TheFailSafeRunsAgainFromARestartOn) {
  device_->Handle(agent_.Stage("tx-1", 5000));
  SwitchOn();
  clock_.Advance(absl::Milliseconds(5000));
  EXPECT_EQ(LastPins(device_->Tick()).state(), v1::BINDING_STATE_BLANK);
}

TEST_F(DeviceTest, TheFailSafeSparesWhatWasCommitted) {
  Bind();
  clock_.Advance(absl::Hours(1));
  device_->Tick();
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_BOUND);
}

TEST_F(DeviceTest, StaysBlankIfItCannotWriteItsPins) {
  device_->Handle(agent_.Stage());
  storage_.Break("binding");
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "FILE_UNAVAILABLE");
  storage_.Break("");
  SwitchOn();
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_STAGED);
}

TEST_F(DeviceTest, ACrashAfterTheBindingUsesUpTheSequenceNumber) {
  device_->Handle(agent_.Stage());
  storage_.Break("memory");
  EXPECT_EQ(Pins(agent_.Commit()).state(), v1::BINDING_STATE_BOUND);
  storage_.Break("");
  SwitchOn();
  EXPECT_EQ(StatusOfSequence(1).state(), v1::SEQUENCE_STATE_USED);
  EXPECT_EQ(storage_.Load().memory.window.high(), 1u);
}

TEST_F(DeviceTest, KeepsWhatItBelievesAcrossARestart) {
  Bind();
  SwitchOn();
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_BOUND);
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 2)),
              HasSubstr("SUCCEEDED"));
}

TEST_F(DeviceTest, DoesNotStartWithADamagedPinSet) {
  Binding binding;
  binding.pins = "junk";
  StoredState stored;
  stored.binding = binding;
  Device::Parts parts{{"lock-1", "gw-1"}, proof::FakeKey("x"), "lock", nullptr};
  EXPECT_THAT(
      Device::Create(std::move(parts), storage_, stored, clock_, console_),
      HasReason(reason::kFileUnavailable));
}

// Updates and release.

TEST_F(DeviceTest, InstallsTheNextPinSet) {
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

TEST_F(DeviceTest, AnUpdateMayComeAgain) {
  Bind();
  const std::string update =
      agent_.Update(proof::FakeSite::Next(agent_.genesis()), 2);
  EXPECT_EQ(Outcome(update), "SUCCEEDED");
  EXPECT_EQ(Outcome(update), "SUCCEEDED");
  SwitchOn();
  EXPECT_EQ(Outcome(update), "SUCCEEDED");
  EXPECT_EQ(Now().revision(), 2u);
}

TEST_F(DeviceTest, RefusesAnUpdateThatSkipsARevision) {
  Bind();
  proof::v1::PinSet next = proof::FakeSite::Next(agent_.genesis());
  next.set_revision(3);
  EXPECT_EQ(Outcome(agent_.Update(next, 2)), "REFUSED PINS_REVISION");
  EXPECT_EQ(Now().revision(), 1u);
}

TEST_F(DeviceTest, RefusesAnUpdateWithAUsedSequenceNumber) {
  Bind();
  Outcome(agent_.Touched("lock.unlock", 2));
  EXPECT_EQ(Outcome(agent_.Update(proof::FakeSite::Next(agent_.genesis()), 2)),
            "REFUSED SEQUENCE_STALE");
}

TEST_F(DeviceTest, ABlankDeviceTakesNoUpdate) {
  EXPECT_EQ(Outcome(agent_.Update(proof::FakeSite::Next(agent_.genesis()), 2)),
            "REFUSED DEVICE_STATE");
}

TEST_F(DeviceTest, AnUpdateIsWrittenBeforeTheWindow) {
  Bind();
  storage_.TakeWrites();
  Outcome(agent_.Update(proof::FakeSite::Next(agent_.genesis()), 2));
  EXPECT_THAT(storage_.TakeWrites(),
              ElementsAre("binding", "memory", "BEGIN", "END"));
}

TEST_F(DeviceTest, BecomesBlankByRelease) {
  Bind();
  const auto answers = device_->Handle(agent_.Release(2));
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].result().outcome(), "SUCCEEDED");
  EXPECT_EQ(answers[1].pins().state(), v1::BINDING_STATE_BLANK);
}

TEST_F(DeviceTest, AReleaseMayComeAgain) {
  Bind();
  const std::string release = agent_.Release(2);
  Outcome(release);
  SwitchOn();
  EXPECT_EQ(Outcome(release), "SUCCEEDED");
}

TEST_F(DeviceTest, ABlankDeviceRefusesARelease) {
  EXPECT_EQ(Outcome(agent_.Release(2)), "REFUSED DEVICE_STATE");
}

TEST_F(DeviceTest, ReleasesByUnbindOnly) {
  Bind();
  const std::string command = agent_.CommandBytes("lock.unlock", 2);
  v1::ToDevice message;
  message.mutable_release()->set_command(command);
  message.mutable_release()->set_proof(agent_.ProofBytes(command));
  EXPECT_EQ(Outcome(message.SerializeAsString()), "REFUSED OPERATION_UNKNOWN");
  EXPECT_EQ(Now().state(), v1::BINDING_STATE_BOUND);
}

TEST_F(DeviceTest, AnOldGenesisDoesNotBindAReleasedDeviceAgain) {
  Bind();
  device_->Handle(agent_.Release(2));
  device_->Handle(agent_.Stage());
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "SEQUENCE_STALE");
}

// The button.

TEST_F(DeviceTest, TheResetButtonMakesItBlank) {
  Bind();
  const auto answers = device_->Reset();
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].event().name(), "device.reset");
  EXPECT_EQ(answers[1].pins().state(), v1::BINDING_STATE_BLANK);
}

TEST_F(DeviceTest, AnOldGenesisDoesNotBindAResetDeviceAgain) {
  Bind();
  device_->Reset();
  device_->Handle(agent_.Stage());
  EXPECT_EQ(Pins(agent_.Commit()).reason(), "SEQUENCE_STALE");
}

// Access tokens.

TEST_F(DeviceTest, TakesItsFirstTokenWithTheCommit) {
  device_->Handle(agent_.Stage());
  const std::string jwt = agent_.Jwt(1'700'000'000, 3600);
  device_->Handle(agent_.Commit("tx-1", jwt));
  EXPECT_EQ(storage_.Load().binding.access_token, jwt);
}

TEST_F(DeviceTest, RefusesAnotherDevicesToken) {
  Bind();
  const auto answers =
      device_->Handle(agent_.Token(agent_.Jwt(1'700'000'000, 3600, "lock-2")));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].refused().reason(), "DEVICE_MISMATCH");
}

TEST_F(DeviceTest, ABlankDeviceTakesNoToken) {
  const auto answers =
      device_->Handle(agent_.Token(agent_.Jwt(1'700'000'000, 3600)));
  EXPECT_EQ(answers[0].refused().reason(), "DEVICE_STATE");
}

TEST_F(DeviceTest, RenewsItsTokenAfterTwoThirdsOfItsLife) {
  Bind();
  device_->Handle(agent_.Token(agent_.Jwt(1'700'000'000, 3600)));
  clock_.Advance(absl::Seconds(2399));
  EXPECT_THAT(device_->Tick(), IsEmpty());
  clock_.Advance(absl::Seconds(1));
  const auto answers = device_->Tick();
  ASSERT_THAT(answers, SizeIs(1));
  const v1::TokenRenewal& renewal = answers[0].token_renewal();
  EXPECT_EQ(renewal.jti(), "j-1700000000");
  EXPECT_OK(
      crypto::P256PublicKey::FromPoint(device_->factory_point())
          ->Verify(crypto::Sha256({"u2fi/renewal/v1",
                                   crypto::LengthPrefixed("lock-1"),
                                   crypto::LengthPrefixed("j-1700000000")}),
                   renewal.signature()));
}

TEST_F(DeviceTest, AsksForARenewalAgainOnlyAfterAWhile) {
  Bind();
  device_->Handle(agent_.Token(agent_.Jwt(1'700'000'000, 3600)));
  clock_.Advance(absl::Seconds(2400));
  device_->Tick();
  clock_.Advance(absl::Seconds(59));
  EXPECT_THAT(device_->Tick(), IsEmpty());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(device_->Tick(), SizeIs(1));
}

TEST_F(DeviceTest, RenewsNothingWithoutAToken) {
  Bind();
  EXPECT_THAT(device_->RenewToken(), IsEmpty());
}

}  // namespace
}  // namespace u2fi::device
