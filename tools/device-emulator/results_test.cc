#include "tools/device-emulator/results.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/device-emulator/fake_agent.h"
#include "tools/device-emulator/fake_device_storage.h"

namespace u2fi::device {
namespace {

class ResultsTest : public testing::Test {
 protected:
  std::string Line(const std::string& outcome,
                   const absl::Status& cause = absl::OkStatus()) {
    return results_
        .Report(agent_.CommandBytes("lock.unlock", 2), outcome, cause)
        .line;
  }

  FakeClock clock_;
  FakeAgent agent_;
  FakeDeviceStorage storage_;
  std::unique_ptr<DeviceRecord> record_ =
      DeviceRecord::Create({"lock-1", "gw-1"}, storage_, {}, clock_).value();
  DeviceSigner signer_{proof::FakeKey("lock-1")};
  Results results_{*record_, signer_};
};

TEST_F(ResultsTest, SaysThatItIsDone) {
  EXPECT_EQ(Line("SUCCEEDED"), "lock.unlock: done");
  EXPECT_EQ(Line(R"(SUCCEEDED {"a":1})"), R"(lock.unlock: done {"a":1})");
}

TEST_F(ResultsTest, SaysWhyItRefused) {
  EXPECT_EQ(Line("REFUSED SEQUENCE_STALE",
                 Error(reason::kSequenceStale, "it was used")),
            "lock.unlock: refused: SEQUENCE_STALE (it was used)");
}

TEST_F(ResultsTest, SaysThatItFailed) {
  EXPECT_EQ(Line("FAILED DEVICE_STATE"), "lock.unlock: failed: DEVICE_STATE");
}

TEST_F(ResultsTest, SaysThatItDoesNotKnow) {
  EXPECT_EQ(Line("UNKNOWN"),
            "lock.unlock: begun earlier, end unknown: not done again");
}

TEST_F(ResultsTest, AnErrorWithoutAReasonIsOurFault) {
  EXPECT_EQ(Refused(absl::InternalError("x")), "REFUSED INTERNAL");
  EXPECT_EQ(Failed(Error(reason::kDeviceState, "x")), "FAILED DEVICE_STATE");
}

TEST_F(ResultsTest, SignsNothingWithoutACommandId) {
  const CommandReport report =
      results_.Report("junk", "REFUSED COMMAND_FORMAT");
  EXPECT_EQ(report.result.command_id(), "");
  EXPECT_EQ(report.result.device_signature(), "");
  EXPECT_EQ(report.line, "unreadable command: refused: COMMAND_FORMAT");
}

}  // namespace
}  // namespace u2fi::device
