#ifndef U2FI_TOOLS_DEVICE_EMULATOR_FILE_DEVICE_STORAGE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_FILE_DEVICE_STORAGE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "services/common/crypto/p256.h"
#include "tools/device-emulator/device_storage.h"
#include "tools/device-emulator/two_slot_file.h"

namespace u2fi::device {

// A device's folder:
//   factory.pem     its key, made when the folder is new; mode 0600
//   memory          TwoSlotFile of SequenceWindow ‖ time bound (8, big-endian)
//   binding.json    Binding, binary fields in base64url; mode 0600
//   executions.log  the lines of ExecutionJournal
// Each command changes `memory`, so it is replaced in place; `binding.json` is
// written beside, fsynced and renamed; only the journal grows.
class FileDeviceStorage : public DeviceStorage {
 public:
  // Opens the folder, or makes it. FILE_UNAVAILABLE also if a file in it
  // cannot be understood: a device that lost its memory must not act.
  static absl::StatusOr<std::unique_ptr<FileDeviceStorage>> Open(
      const std::string& folder);
  ~FileDeviceStorage() override;
  FileDeviceStorage(const FileDeviceStorage&) = delete;
  FileDeviceStorage& operator=(const FileDeviceStorage&) = delete;

  absl::Status SaveMemory(const ReplayMemory& memory) override;
  absl::Status SaveBinding(const Binding& binding) override;
  absl::Status Append(absl::string_view line) override;

  const crypto::P256PrivateKey& factory_key() const { return key_; }
  // As it was when the folder was opened.
  const StoredState& stored() const { return stored_; }

 private:
  FileDeviceStorage(std::string folder, crypto::P256PrivateKey key,
                    StoredState stored, std::unique_ptr<TwoSlotFile> memory,
                    int journal)
      : folder_(std::move(folder)),
        key_(std::move(key)),
        stored_(std::move(stored)),
        memory_(std::move(memory)),
        journal_(journal) {}

  const std::string folder_;
  const crypto::P256PrivateKey key_;
  const StoredState stored_;
  const std::unique_ptr<TwoSlotFile> memory_;
  const int journal_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_FILE_DEVICE_STORAGE_H_
