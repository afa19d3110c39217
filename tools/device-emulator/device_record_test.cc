#include "tools/device-emulator/device_record.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/proof/verify_proof.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/device-emulator/fake_agent.h"
#include "tools/device-emulator/fake_device_storage.h"

namespace u2fi::device {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DeviceRecordTest : public testing::Test {
 protected:
  DeviceRecordTest() {
    Binding binding;
    binding.pins = agent_.genesis().bytes();
    EXPECT_OK(storage_.SaveBinding(binding));
    SwitchOn();
    storage_.TakeWrites();
  }
  void SwitchOn() {
    record_ = DeviceRecord::Create({"lock-1", "gw-1"}, storage_,
                                   storage_.Load(), clock_)
                  .value();
  }
  std::string Bytes(uint64_t sequence) {
    return agent_.CommandBytes("lock.unlock", sequence);
  }
  proof::VerifiedCommand Command(uint64_t sequence) {
    return proof::VerifyProof(Bytes(sequence),
                              agent_.ProofBytes(Bytes(sequence)),
                              record_->Inputs())
        .value();
  }

  FakeClock clock_;
  FakeAgent agent_;
  FakeDeviceStorage storage_;
  std::unique_ptr<DeviceRecord> record_;
};

TEST_F(DeviceRecordTest, BeginsOnceOnly) {
  const proof::VerifiedCommand command = Command(2);
  ASSERT_OK(record_->Begin(command));
  EXPECT_THAT(record_->Begin(command), HasReason(reason::kSequenceStale));
}

TEST_F(DeviceRecordTest, TellsTheHighestNumberWithARefusal) {
  ASSERT_OK(record_->Begin(Command(9)));
  EXPECT_EQ(MetadataOf(record_->CheckSequence(9))["high"], "9");
}

TEST_F(DeviceRecordTest, KnowsTheOutcomeByTheExactBytes) {
  EXPECT_EQ(record_->OutcomeOf(Bytes(2)), absl::nullopt);
  ASSERT_OK(record_->Begin(Command(2)));
  EXPECT_EQ(record_->OutcomeOf(Bytes(2)), "UNKNOWN");
  ASSERT_OK(record_->End(2, "SUCCEEDED"));
  EXPECT_EQ(record_->OutcomeOf(Bytes(2)), "SUCCEEDED");
  EXPECT_EQ(record_->OutcomeOf(Bytes(2) + "x"), absl::nullopt);
}

TEST_F(DeviceRecordTest, AFailedWriteOfTheWindowUsesNothingUp) {
  const proof::VerifiedCommand command = Command(2);
  storage_.Break("memory");
  EXPECT_THAT(record_->Begin(command), HasReason(reason::kFileUnavailable));
  EXPECT_OK(record_->CheckSequence(2));
  EXPECT_THAT(storage_.TakeWrites(), IsEmpty());
}

TEST_F(DeviceRecordTest, ATouchTellsTheTime) {
  EXPECT_EQ(record_->now_ms(), 0u);
  ASSERT_OK(record_->Begin(Command(2)));
  EXPECT_EQ(record_->now_ms(), agent_.site.now_ms);
  SwitchOn();
  EXPECT_EQ(record_->now_ms(), agent_.site.now_ms);
}

TEST_F(DeviceRecordTest, InstallsABindingBeforeItTouchesTheWindow) {
  ASSERT_OK(record_->Install(Command(2), record_->binding()));
  EXPECT_THAT(storage_.TakeWrites(),
              ElementsAre("binding", "memory", "BEGIN", "END"));
  EXPECT_EQ(record_->OutcomeOf(Bytes(2)), "SUCCEEDED");
}

TEST_F(DeviceRecordTest, ABindingThatCannotBeWrittenChangesNothing) {
  storage_.Break("binding");
  EXPECT_THAT(record_->Install(Command(2), Binding()),
              HasReason(reason::kFileUnavailable));
  EXPECT_NE(record_->pins(), nullptr);
  EXPECT_OK(record_->CheckSequence(2));
}

TEST_F(DeviceRecordTest, ABindingCountsEvenIfTheWindowCouldNotBeWritten) {
  const proof::VerifiedCommand command = Command(2);
  storage_.Break("memory");
  ASSERT_OK(record_->Install(command, record_->binding()));
  EXPECT_FALSE(record_->CheckSequence(2).ok());
  storage_.Break("");
  SwitchOn();
  EXPECT_FALSE(record_->CheckSequence(2).ok());
  EXPECT_EQ(storage_.Load().memory.window.high(), 2u);
}

TEST_F(DeviceRecordTest, TheNextBindingWaitsForTheWindow) {
  const proof::VerifiedCommand command = Command(2);
  storage_.Break("memory");
  ASSERT_OK(record_->Install(command, record_->binding()));
  EXPECT_THAT(record_->Rebind(Binding()), HasReason(reason::kFileUnavailable));
  storage_.Break("");
  ASSERT_OK(record_->Rebind(Binding()));
  SwitchOn();
  EXPECT_FALSE(record_->CheckSequence(2).ok());
}

TEST_F(DeviceRecordTest, RefusesABindingThatIsNoPinSet) {
  Binding binding;
  binding.pins = "junk";
  EXPECT_THAT(record_->Rebind(binding), HasReason(reason::kInternal));
  EXPECT_NE(record_->pins(), nullptr);
}

}  // namespace
}  // namespace u2fi::device
