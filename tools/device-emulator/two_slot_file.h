#ifndef U2FI_TOOLS_DEVICE_EMULATOR_TWO_SLOT_FILE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_TWO_SLOT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::device {

// A short value that is replaced in place and survives a crash at any moment,
// as a device does it with two pages of its flash: each write goes to the slot
// that does not hold the present value, and counts once all of it is there.
// Against a new file beside and a rename: one sync instead of two, and the file
// system's journal has nothing to do.
//
// The file is two slots of 512 bytes (a sector, which disks write as a whole):
//   generation (8, big-endian) ‖ SHA-256(generation ‖ value) (32) ‖ value ‖ 0…
// The slot with the larger generation counts, of those whose hash is right.
// One owner at a time; not thread-safe.
class TwoSlotFile {
 public:
  static constexpr size_t kSlotSize = 512;
  static constexpr size_t kMaxValue = kSlotSize - 40;

  // Opens the file for values of `size` bytes (1 to kMaxValue), or makes it
  // with `first`, which must be as long, mode 0600. FILE_UNAVAILABLE if it
  // cannot be read, or no slot of it counts.
  static absl::StatusOr<std::unique_ptr<TwoSlotFile>> Open(
      const std::string& path, absl::string_view first);
  ~TwoSlotFile();
  TwoSlotFile(const TwoSlotFile&) = delete;
  TwoSlotFile& operator=(const TwoSlotFile&) = delete;

  // The value last written.
  const std::string& value() const { return value_; }

  // Replaces the value, which must be as long; on disk once this is OK. After
  // an error the value on disk is the former one or this one.
  absl::Status Write(absl::string_view value);

 private:
  TwoSlotFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  absl::Status Load(size_t size);

  const int fd_;
  const std::string path_;
  std::string value_;
  // Of the value that counts; its lowest bit is its slot.
  uint64_t generation_ = 0;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_TWO_SLOT_FILE_H_
