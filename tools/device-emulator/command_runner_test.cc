#include "tools/device-emulator/command_runner.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/device-emulator/device_test_fixture.h"

namespace u2fi::device {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using CommandRunnerTest = DeviceTest;

TEST_F(CommandRunnerTest, DoesWhatAPinnedKeyWasTouchedFor) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            R"(SUCCEEDED {"bolt":"unlocked"})");
  EXPECT_EQ(acts_, 1);
}

TEST_F(CommandRunnerTest, DoesAFreeOperationWithoutATouch) {
  Bind();
  EXPECT_EQ(
      Outcome(agent_.Command(agent_.CommandBytes("device.identify", 2), "")),
      R"(SUCCEEDED {"blinked":true})");
}

TEST_F(CommandRunnerTest, ABlankDeviceObeysNobody) {
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 2)), HasSubstr("REFUSED"));
  EXPECT_THAT(
      Outcome(agent_.Command(agent_.CommandBytes("device.identify", 2), "")),
      HasSubstr("REFUSED"));
  EXPECT_EQ(acts_, 0);
}

TEST_F(CommandRunnerTest, RefusesToGoWithoutATouchIfItsOwnPinsAskForOne) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Command(agent_.CommandBytes("lock.unlock", 2), "")),
            "REFUSED OPERATION_NOT_FREE");
}

TEST_F(CommandRunnerTest, RefusesWhatItsPinsForbid) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Touched("lock.lock", 2)),
            "REFUSED OPERATION_FORBIDDEN");
}

TEST_F(CommandRunnerTest, RefusesATouchThatIsTooWeak) {
  Bind();
  EXPECT_THAT(
      Outcome(agent_.Touched("settings.set", 2, R"({"name":"a","value":"b"})")),
      HasSubstr("REFUSED"));
}

TEST_F(CommandRunnerTest, RefusesAProofForAnotherCommand) {
  Bind();
  const std::string asked = agent_.CommandBytes("device.identify", 2);
  const std::string other = agent_.CommandBytes("lock.unlock", 2);
  EXPECT_THAT(Outcome(agent_.Command(other, agent_.ProofBytes(asked))),
              HasSubstr("REFUSED"));
}

TEST_F(CommandRunnerTest, RefusesAnotherDevicesCommand) {
  Bind();
  agent_.site.device = "lock-2";
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            "REFUSED DEVICE_MISMATCH");
}

TEST_F(CommandRunnerTest, RefusesAReservedOperationInAPlainCommand) {
  Bind();
  const std::string command =
      agent_.CommandBytes("u2fi.pins", 2, agent_.genesis().bytes());
  EXPECT_THAT(
      Outcome(agent_.Command(
          command, agent_.ProofBytes(command, proof::v1::PURPOSE_PINS))),
      HasSubstr("REFUSED"));
}

TEST_F(CommandRunnerTest, RefusesAnOperationThatTheModelDoesNotHave) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Touched("camera.on", 2)),
            "REFUSED OPERATION_UNKNOWN");
}

TEST_F(CommandRunnerTest, RefusesArgumentsThatTheModelDoesNotTake) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2, R"({"speed":2})")),
            "REFUSED ARGUMENTS_FORMAT");
}

TEST_F(CommandRunnerTest, ActsOnceHoweverOftenACommandComes) {
  Bind();
  const std::string message = agent_.Touched("lock.unlock", 2);
  const std::string first = Outcome(message);
  EXPECT_EQ(Outcome(message), first);
  EXPECT_EQ(acts_, 1);
}

TEST_F(CommandRunnerTest, ActsOnceAlsoWithAnotherProof) {
  Bind();
  const std::string command = agent_.CommandBytes("lock.unlock", 2);
  Outcome(agent_.Command(command, agent_.ProofBytes(command)));
  Outcome(agent_.Command(command, agent_.ProofBytes(command)));
  EXPECT_EQ(acts_, 1);
}

TEST_F(CommandRunnerTest, ActsOnceAcrossARestart) {
  Bind();
  const std::string message = agent_.Touched("lock.unlock", 2);
  const std::string first = Outcome(message);
  SwitchOn();
  EXPECT_EQ(Outcome(message), first);
  EXPECT_EQ(acts_, 1);
}

TEST_F(CommandRunnerTest, RefusesASequenceNumberThatWasUsed) {
  Bind();
  Outcome(agent_.Touched("lock.unlock", 2));
  const auto answers = device_->Handle(agent_.Touched("device.identify", 2));
  EXPECT_EQ(answers[0].result().outcome(), "REFUSED SEQUENCE_STALE");
  EXPECT_EQ(answers[0].result().sequence_high(), 2u);
}

TEST_F(CommandRunnerTest, RefusesASequenceNumberThatIsTooOld) {
  Bind();
  Outcome(agent_.Touched("lock.unlock", 100));
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 36)),
            "REFUSED SEQUENCE_STALE");
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 37)),
              HasSubstr("SUCCEEDED"));
}

TEST_F(CommandRunnerTest, ARefusedCommandUsesUpNothing) {
  Bind();
  Outcome(agent_.Touched("camera.on", 2));
  EXPECT_EQ(StatusOfSequence(2).state(), v1::SEQUENCE_STATE_FREE);
}

TEST_F(CommandRunnerTest, WritesTheWindowBeforeItActs) {
  Bind();
  storage_.TakeWrites();
  Outcome(agent_.Touched("lock.unlock", 2));
  EXPECT_THAT(storage_.TakeWrites(), ElementsAre("memory", "BEGIN", "END"));
}

TEST_F(CommandRunnerTest, DoesNotActIfItCannotWriteTheWindow) {
  Bind();
  storage_.Break("memory");
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            "REFUSED FILE_UNAVAILABLE");
  EXPECT_EQ(acts_, 0);
  storage_.Break("");
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 2)),
              HasSubstr("SUCCEEDED"));
}

TEST_F(CommandRunnerTest, DoesNotActIfItCannotWriteThatItBegins) {
  Bind();
  storage_.Break("BEGIN");
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            "REFUSED FILE_UNAVAILABLE");
  EXPECT_EQ(acts_, 0);
}

TEST_F(CommandRunnerTest, ACommandWhoseEndWasLostIsUnknownAndNotDoneAgain) {
  Bind();
  storage_.Break("END");
  const std::string message = agent_.Touched("lock.unlock", 2);
  Outcome(message);
  SwitchOn();
  EXPECT_EQ(Outcome(message), "UNKNOWN");
  EXPECT_EQ(acts_, 1);
}

TEST_F(CommandRunnerTest, TellsThatASequenceNumberIsFree) {
  Bind();
  EXPECT_EQ(StatusOfSequence(2).state(), v1::SEQUENCE_STATE_FREE);
  EXPECT_EQ(StatusOfSequence(2).sequence_high(), 1u);
}

TEST_F(CommandRunnerTest, TellsTheResultOfASequenceNumber) {
  Bind();
  const std::string outcome = Outcome(agent_.Touched("lock.unlock", 2));
  SwitchOn();
  const v1::StatusReply reply = StatusOfSequence(2);
  EXPECT_EQ(reply.state(), v1::SEQUENCE_STATE_USED);
  EXPECT_EQ(reply.result().outcome(), outcome);
}

TEST_F(CommandRunnerTest, TellsThatItDoesNotKnowTheEnd) {
  Bind();
  storage_.Break("END");
  Outcome(agent_.Touched("lock.unlock", 2));
  SwitchOn();
  const v1::StatusReply reply = StatusOfSequence(2);
  EXPECT_EQ(reply.state(), v1::SEQUENCE_STATE_USED);
  EXPECT_FALSE(reply.has_result());
}

TEST_F(CommandRunnerTest, TellsThatASequenceNumberIsForgotten) {
  Bind();
  Outcome(agent_.Touched("lock.unlock", 100));
  EXPECT_EQ(StatusOfSequence(36).state(), v1::SEQUENCE_STATE_FORGOTTEN);
}

TEST_F(CommandRunnerTest, RefusesWhatIsTooLateByWhatItKnowsOfTheTime) {
  Bind();  // The touch raises the bound to now_ms.
  const std::string message = agent_.Touched("lock.unlock", 2);
  // execute_by is two minutes after, and 30 s of skew are allowed.
  clock_.Advance(absl::Seconds(151));
  EXPECT_EQ(Outcome(message), "REFUSED EXECUTE_BY_PASSED");
}

TEST_F(CommandRunnerTest, KnowsTheTimeAfterARestart) {
  Bind();
  const std::string message = agent_.Touched("lock.unlock", 2);
  clock_.Advance(absl::Seconds(151));
  Outcome(agent_.Command(agent_.CommandBytes("device.identify", 3), ""));
  SwitchOn();
  EXPECT_EQ(Outcome(message), "REFUSED EXECUTE_BY_PASSED");
}

TEST_F(CommandRunnerTest, AnAccessTokenTellsTheTimeToo) {
  Bind();
  device_->Handle(
      agent_.Token(agent_.Jwt(agent_.site.now_ms / 1000 + 151, 3600)));
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            "REFUSED EXECUTE_BY_PASSED");
}

}  // namespace
}  // namespace u2fi::device
