#include "services/gateway-agent/hidraw_tokens.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/fake_descriptor.h"
#include "services/common/u2fhid/hid_device.h"

namespace u2fi::gateway_agent {
namespace {

// What a token behind U2FHID frames does: it knows every key handle.
class KnowingToken : public u2fhid::HidHandler {
 public:
  absl::optional<std::string> OnMsg(absl::string_view) override {
    return std::string("\x69\x85", 2);  // Touch needed: it is mine.
  }
  void OnAbort() override {}
  void OnWink() override {}
};

// The kernel's end of one device: 65 bytes come, 64 go, as hidraw does it.
class FakeHidraw {
 public:
  explicit FakeHidraw(int fd) : fd_(fd), thread_([this] { Run(); }) {}
  ~FakeHidraw() {
    shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }

 private:
  void Run() {
    u2fhid::Report report{};
    char numbered[128];
    while (read(fd_.get(), numbered, sizeof(numbered)) == 65) {
      std::copy(numbered + 1, numbered + 65, report.begin());
      device_.OnReport(report);
      for (const u2fhid::Report& answer : device_.TakeReports()) {
        if (write(fd_.get(), answer.data(), answer.size()) < 0) return;
      }
    }
  }

  const u2fhid::FileDescriptor fd_;
  KnowingToken token_;
  u2fhid::HidDevice device_{SystemClock(), token_, {}};
  std::thread thread_;
};

// Devices that a test plugs in. A token answers behind every opened one.
class FakeHidrawBus : public HidrawBus {
 public:
  void Plug(const std::string& name, const std::string& descriptor) {
    devices_[name] = descriptor;
  }
  void Unplug(const std::string& name) { devices_.erase(name); }

  std::vector<std::string> Names() override {
    std::vector<std::string> names;
    for (const auto& [name, descriptor] : devices_) names.push_back(name);
    return names;
  }
  absl::StatusOr<std::string> Descriptor(const std::string& name) override {
    ++read_;
    if (devices_[name].empty()) return absl::NotFoundError("not yet");
    return devices_[name];
  }
  absl::StatusOr<u2fhid::FileDescriptor> Open(const std::string&) override {
    if (!may_open_) return absl::UnavailableError("no permission");
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    open_.push_back(std::make_unique<FakeHidraw>(ends[0]));
    return u2fhid::FileDescriptor(ends[1]);
  }

  bool may_open_ = true;
  int read_ = 0;

 private:
  std::map<std::string, std::string> devices_;
  std::vector<std::unique_ptr<FakeHidraw>> open_;
};

class HidrawTokensTest : public testing::Test {
 protected:
  FakeHidrawBus bus_;
  HidrawTokens tokens_{bus_, SystemClock(), SystemRandom()};
};

TEST_F(HidrawTokensTest, AFidoDeviceIsAToken) {
  bus_.Plug("hidraw0", u2fhid::KeyboardDescriptor());
  bus_.Plug("hidraw1", u2fhid::FidoDescriptor());
  EXPECT_EQ(tokens_.Ports(), std::vector<std::string>{"hidraw1"});
  const auto found = tokens_.Find({});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->port(), "hidraw1");
}

TEST_F(HidrawTokensTest, ATokenAnswersThroughTheKernel) {
  bus_.Plug("hidraw1", u2fhid::FidoDescriptor());
  const auto found = tokens_.Find({});
  ASSERT_EQ(found.size(), 1u);
  u2fhid::CancelFlag never;
  const absl::StatusOr<bool> owns =
      found[0]->Owns(std::string(32, 'a'), "handle",
                     {SystemClock().Uptime() + absl::Seconds(30), never});
  ASSERT_OK(owns);
  EXPECT_TRUE(*owns);
}

TEST_F(HidrawTokensTest, ADescriptorThatIsGarbageIsNoToken) {
  bus_.Plug("hidraw0", std::string(5000, '\xff'));
  EXPECT_TRUE(tokens_.Ports().empty());
}

TEST_F(HidrawTokensTest, ABusyTokenIsLeftAlone) {
  bus_.Plug("hidraw1", u2fhid::FidoDescriptor());
  EXPECT_TRUE(tokens_.Find({"hidraw1"}).empty());
}

TEST_F(HidrawTokensTest, ADeviceWithoutPermissionIsLeftOut) {
  bus_.Plug("hidraw1", u2fhid::FidoDescriptor());
  bus_.may_open_ = false;
  EXPECT_TRUE(tokens_.Find({}).empty());
}

TEST_F(HidrawTokensTest, ADescriptorIsReadOnceUntilTheDeviceChanges) {
  bus_.Plug("hidraw1", u2fhid::FidoDescriptor());
  tokens_.Ports();
  tokens_.Ports();
  EXPECT_EQ(bus_.read_, 1);
  bus_.Plug("hidraw1", u2fhid::KeyboardDescriptor());
  tokens_.OnDevice("hidraw1");
  EXPECT_TRUE(tokens_.Ports().empty());
}

TEST_F(HidrawTokensTest, ADescriptorThatIsNotThereYetIsReadLater) {
  bus_.Plug("hidraw1", "");
  EXPECT_TRUE(tokens_.Ports().empty());
  bus_.Plug("hidraw1", u2fhid::FidoDescriptor());
  EXPECT_EQ(tokens_.Ports().size(), 1u);
}

TEST_F(HidrawTokensTest, AfterAnOverflowEverythingIsReadAgain) {
  bus_.Plug("hidraw1", u2fhid::FidoDescriptor());
  tokens_.Ports();
  tokens_.OnDevice("");
  tokens_.Ports();
  EXPECT_EQ(bus_.read_, 2);
}

TEST_F(HidrawTokensTest, AChangeIsPassedOnUntilNobodyWantsIt) {
  int changes = 0;
  tokens_.SetOnChange([&changes] { ++changes; });
  tokens_.OnDevice("hidraw1");
  tokens_.SetOnChange(nullptr);
  tokens_.OnDevice("hidraw1");
  EXPECT_EQ(changes, 1);
}

}  // namespace
}  // namespace u2fi::gateway_agent
