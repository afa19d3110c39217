#include "tools/u2fi/replica_command.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kPsync[] = "*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n";

// What one call takes off `bytes`.
absl::StatusOr<std::vector<std::string>> Take(std::string bytes) {
  return TakeReplicaCommand(bytes);
}

void ExpectRefused(const std::string& bytes) {
  EXPECT_THAT(Take(bytes), StatusIs(absl::StatusCode::kInvalidArgument))
      << bytes;
}

TEST(ReplicaCommandTest, TakesOneAfterTheOther) {
  std::string bytes = absl::StrCat("*1\r\n$4\r\nPING\r\n", kPsync);
  EXPECT_THAT(TakeReplicaCommand(bytes).value(), ElementsAre("PING"));
  EXPECT_THAT(TakeReplicaCommand(bytes).value(),
              ElementsAre("PSYNC", "?", "-1"));
  EXPECT_EQ(bytes, "");
}

TEST(ReplicaCommandTest, WaitsForTheRest) {
  const std::string whole = kPsync;
  for (size_t size = 0; size < whole.size(); ++size) {
    std::string bytes = whole.substr(0, size);
    EXPECT_THAT(TakeReplicaCommand(bytes).value(), IsEmpty());
    EXPECT_EQ(bytes, whole.substr(0, size));
  }
}

TEST(ReplicaCommandTest, RefusesWhatIsNoCommand) {
  ExpectRefused("PING\r\n");
  ExpectRefused("*0\r\n");
  ExpectRefused("*-1\r\n");
  ExpectRefused("*x\r\n");
  ExpectRefused("*1\r\n:4\r\n");
  ExpectRefused("*1\r\n$4\r\nPINGxx");
  // TLS begins so.
  ExpectRefused("\x16\x03\x01");
}

TEST(ReplicaCommandTest, RefusesWhatIsTooLarge) {
  ExpectRefused("*33\r\n");
  ExpectRefused("*1\r\n$1025\r\n");
  ExpectRefused("*1\r\n$99999999999999999999\r\n");
  // A line that never ends.
  ExpectRefused("*" + std::string(64, '1'));
}

}  // namespace
}  // namespace u2fi::cli
