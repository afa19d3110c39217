// What comes down to a device with the kit, bound to alice: whatever the bytes
// are, nothing but the one FREE operation runs without her touch, the binding
// stays, and every answer is one that the agent can read.
#include <cstdint>
#include <cstdlib>

#include "services/common/proof/fake_site.h"
#include "services/common/time/fake_clock.h"
#include "tools/device-emulator/device.h"
#include "tools/device-emulator/execution_journal.h"
#include "tools/device-emulator/fake_agent.h"
#include "tools/device-emulator/fake_console.h"
#include "tools/device-emulator/fake_device_storage.h"

namespace u2fi::device {
namespace {

constexpr size_t kMaxFromDevice = 16 << 10;
constexpr size_t kMaxOutcome = 1024;

void CheckAnswer(const v1::FromDevice& answer) {
  if (answer.body_case() == v1::FromDevice::BODY_NOT_SET) std::abort();
  if (answer.ByteSizeLong() > kMaxFromDevice) std::abort();
  if (answer.result().outcome().size() > kMaxOutcome) std::abort();
  for (unsigned char c : answer.result().outcome()) {
    if (c < 0x20 || c > 0x7e) std::abort();
  }
}

void Run(absl::string_view payload) {
  static const FakeAgent* const agent = new FakeAgent;
  FakeClock clock;
  FakeConsole console;
  FakeDeviceStorage storage;
  StoredState stored;
  stored.binding.pins = agent->genesis().bytes();
  stored.binding.tx = "tx-1";
  Device::Parts parts{
      {"lock-1", "gw-1"}, proof::FakeKey("lock-1"), "lock", nullptr};
  auto device =
      Device::Create(std::move(parts), storage, stored, clock, console).value();
  for (const v1::FromDevice& answer : device->Handle(payload)) {
    CheckAnswer(answer);
  }
  for (const RecentCommand& act : ReadJournal(storage.journal())) {
    if (act.operation != "device.identify") std::abort();
  }
  const proof::PinSet* pins = device->record().pins();
  if (pins == nullptr || pins->hash() != agent->genesis().hash()) std::abort();
}

}  // namespace
}  // namespace u2fi::device

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  u2fi::device::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
