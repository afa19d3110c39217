#ifndef U2FI_TOOLS_DEVICE_EMULATOR_FAKE_DEVICE_STORAGE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_FAKE_DEVICE_STORAGE_H_

#include <string>
#include <vector>

#include "services/common/status/error.h"
#include "tools/device-emulator/device_storage.h"
#include "tools/device-emulator/execution_journal.h"

namespace u2fi::device {

// A disk in memory that a test can break, and that remembers in which order
// things were written.
class FakeDeviceStorage : public DeviceStorage {
 public:
  absl::Status SaveMemory(const ReplayMemory& memory) override {
    return Write("memory", [&] { memory_ = memory; });
  }
  absl::Status SaveBinding(const Binding& binding) override {
    return Write("binding", [&] { binding_ = binding; });
  }
  absl::Status Append(absl::string_view line) override {
    const std::string word(line.substr(0, line.find(' ')));
    return Write(word, [&] { journal_.append(line.data(), line.size()); });
  }

  // What a device that is switched on now finds.
  StoredState Load() const {
    return {memory_, binding_, ReadJournal(journal_)};
  }

  // From now on writing `what` (memory, binding, BEGIN, END) fails; "": none.
  void Break(const std::string& what) { broken_ = what; }
  // What was written, oldest first.
  std::vector<std::string> TakeWrites() { return std::exchange(writes_, {}); }
  const std::string& journal() const { return journal_; }

 private:
  template <typename Action>
  absl::Status Write(const std::string& what, Action action) {
    if (what == broken_) {
      return Error(reason::kFileUnavailable, "the disk is broken");
    }
    writes_.push_back(what);
    action();
    return absl::OkStatus();
  }

  ReplayMemory memory_;
  Binding binding_;
  std::string journal_;
  std::string broken_;
  std::vector<std::string> writes_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_FAKE_DEVICE_STORAGE_H_
