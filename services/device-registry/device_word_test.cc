#include "services/device-registry/device_word.h"

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

DeviceWord GoodWord() {
  DeviceWord word;
  word.device = "lock-1";
  word.revision = 1;
  word.hash = std::string(32, 'h');
  return word;
}

// The field that CheckWord() names, or nothing.
std::string BadField(const DeviceWord& word) {
  const absl::Status status = CheckWord(word);
  if (status.ok()) return "";
  EXPECT_THAT(status, HasReason(reason::kInvalidField));
  const auto fields = FieldsOf(status);
  return fields.size() == 1 ? fields.begin()->first : "several";
}

TEST(CheckWordTest, TakesAPinSet) { EXPECT_EQ(BadField(GoodWord()), ""); }

TEST(CheckWordTest, TakesABlankDevice) {
  DeviceWord word = GoodWord();
  word.revision = 0;
  word.hash = "";
  EXPECT_EQ(BadField(word), "");
}

TEST(CheckWordTest, RefusesADeviceThatIsNoId) {
  DeviceWord word = GoodWord();
  word.device = "Lock";
  EXPECT_EQ(BadField(word), "device");
}

TEST(CheckWordTest, RefusesACommandThatIsNoId) {
  DeviceWord word = GoodWord();
  word.command_id = "a/b";
  EXPECT_EQ(BadField(word), "command_id");
}

TEST(CheckWordTest, RefusesAHashWithoutARevision) {
  DeviceWord word = GoodWord();
  word.revision = 0;
  EXPECT_EQ(BadField(word), "pins_hash");
}

TEST(CheckWordTest, RefusesAHashOfAnotherLength) {
  DeviceWord word = GoodWord();
  word.hash.pop_back();
  EXPECT_EQ(BadField(word), "pins_hash");
}

TEST(CheckWordTest, RefusesAReasonInLowerCase) {
  DeviceWord word = GoodWord();
  word.refusal = "no";
  EXPECT_EQ(BadField(word), "reason");
}

TEST(CheckWordTest, RefusesALongReason) {
  DeviceWord word = GoodWord();
  word.refusal = std::string(64, 'A');
  EXPECT_EQ(BadField(word), "");
  word.refusal += 'A';
  EXPECT_EQ(BadField(word), "reason");
}

TEST(CheckWordTest, RefusesASignatureThatNoKeyMakes) {
  DeviceWord word = GoodWord();
  word.signature = std::string(72, 's');
  EXPECT_EQ(BadField(word), "");
  word.signature += 's';
  EXPECT_EQ(BadField(word), "device_signature");
}

TEST(WordOfTest, AResultSaysWhatItAnswers) {
  gateway::v1::BindingResult result;
  result.set_device("lock-1");
  result.set_pins_revision(3);
  result.set_pins_hash("h");
  result.set_reason("PINS_STALE");
  result.set_command_id("c1");
  result.set_device_signature("s");
  const DeviceWord word = WordOf(result);
  EXPECT_EQ(word.device, "lock-1");
  EXPECT_EQ(word.revision, 3u);
  EXPECT_EQ(word.hash, "h");
  EXPECT_EQ(word.refusal, "PINS_STALE");
  EXPECT_EQ(word.command_id, "c1");
  EXPECT_EQ(word.signature, "s");
}

TEST(WordOfTest, AReportAnswersNothingAndProvesNothing) {
  gateway::v1::PinsReport report;
  report.set_device("lock-1");
  report.set_pins_revision(3);
  report.set_pins_hash("h");
  const DeviceWord word = WordOf(report);
  EXPECT_EQ(word.device, "lock-1");
  EXPECT_EQ(word.revision, 3u);
  EXPECT_EQ(word.command_id, "");
  EXPECT_EQ(word.signature, "");
}

}  // namespace
}  // namespace u2fi::device_registry
