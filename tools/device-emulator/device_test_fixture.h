#ifndef U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_TEST_FIXTURE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_TEST_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "services/common/time/fake_clock.h"
#include "tools/device-emulator/device.h"
#include "tools/device-emulator/fake_agent.h"
#include "tools/device-emulator/fake_console.h"
#include "tools/device-emulator/fake_device_storage.h"

namespace u2fi::device {

// The device lock-1 with an agent that knows alice's key: for the tests of a
// device and of its parts, through the messages that it gets.
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

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_TEST_FIXTURE_H_
