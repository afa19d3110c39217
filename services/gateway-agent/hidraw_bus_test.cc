#include "services/gateway-agent/hidraw_bus.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

// A tree of files that looks like /dev and /sys/class/hidraw.
class HidrawBusTest : public testing::Test {
 protected:
  HidrawBusTest() {
    std::string folder = testing::TempDir() + "/hidraw_XXXXXX";
    folder_ = mkdtemp(folder.data());
    for (const char* name : {"hidraw1", "hidraw0", "hidrawx", "input0"}) {
      EXPECT_OK(MakeFolder(absl::StrCat(folder_, "/dev"), 0755));
      EXPECT_OK(
          WriteFileDurably(absl::StrCat(folder_, "/dev/", name), "", 0600));
    }
    const std::string device = folder_ + "/sys/hidraw0/device";
    EXPECT_OK(MakeFolder(device, 0755));
    EXPECT_OK(
        WriteFileDurably(device + "/report_descriptor", "descriptor", 0600));
  }

  std::string folder_;
};

TEST_F(HidrawBusTest, ItListsHidrawDevicesInOrder) {
  KernelHidrawBus bus(folder_ + "/dev", folder_ + "/sys");
  EXPECT_EQ(bus.Names(), (std::vector<std::string>{"hidraw0", "hidraw1"}));
}

TEST_F(HidrawBusTest, ItReadsTheDescriptorFromSysfs) {
  KernelHidrawBus bus(folder_ + "/dev", folder_ + "/sys");
  ASSERT_OK_AND_ASSIGN(const std::string text, bus.Descriptor("hidraw0"));
  EXPECT_EQ(text, "descriptor");
  EXPECT_FALSE(bus.Descriptor("hidraw1").ok());
}

TEST_F(HidrawBusTest, ItOpensWhatIsThere) {
  KernelHidrawBus bus(folder_ + "/dev", folder_ + "/sys");
  EXPECT_OK(bus.Open("hidraw0"));
  EXPECT_EQ(bus.Open("hidraw7").status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(HidrawBusTest, AMachineWithoutTheFoldersHasNone) {
  KernelHidrawBus bus(folder_ + "/none", folder_ + "/none");
  EXPECT_TRUE(bus.Names().empty());
}

TEST(HidrawNameTest, OnlyHidrawAndDigitsIsAName) {
  EXPECT_TRUE(IsHidrawName("hidraw0"));
  EXPECT_TRUE(IsHidrawName("hidraw9999"));
  for (const char* name :
       {"", "hidraw", "hidraw10000", "hidraw1a", "hidraw../x", "xhidraw1"}) {
    EXPECT_FALSE(IsHidrawName(name)) << name;
  }
}

}  // namespace
}  // namespace u2fi::gateway_agent
