#include "tools/device-emulator/two_slot_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device {
namespace {

constexpr size_t kGenerationSize = 8;
constexpr size_t kHashSize = 32;
constexpr size_t kHeaderSize = kGenerationSize + kHashSize;

absl::Status Unavailable(const std::string& path, absl::string_view cause) {
  return Error(reason::kFileUnavailable,
               absl::StrCat("cannot use ", path, ": ", cause),
               {{"path", path}});
}

std::string SlotOf(uint64_t generation, absl::string_view value) {
  const std::string number = crypto::BigEndian64(generation);
  std::string slot = absl::StrCat(
      number, crypto::View(crypto::Sha256({number, value})), value);
  slot.resize(TwoSlotFile::kSlotSize, '\0');
  return slot;
}

uint64_t GenerationOf(absl::string_view slot) {
  uint64_t generation = 0;
  for (const unsigned char byte : slot.substr(0, kGenerationSize)) {
    generation = generation << 8 | byte;
  }
  return generation;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TwoSlotFile>> TwoSlotFile::Open(
    const std::string& path, absl::string_view first) {
  if (first.empty() || first.size() > kMaxValue) {
    return Unavailable(path, "a value has 1 to 472 bytes");
  }
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    const std::string empty(kSlotSize, '\0');
    RETURN_IF_ERROR(WriteFileDurably(path, SlotOf(0, first) + empty, 0600));
  }
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return Unavailable(path, std::strerror(errno));
  std::unique_ptr<TwoSlotFile> file(new TwoSlotFile(fd, path));
  RETURN_IF_ERROR(file->Load(first.size()));
  return file;
}

TwoSlotFile::~TwoSlotFile() { close(fd_); }

absl::Status TwoSlotFile::Load(size_t size) {
  std::string both(2 * kSlotSize + 1, '\0');
  const ssize_t got = pread(fd_, both.data(), both.size(), 0);
  if (got != static_cast<ssize_t>(2 * kSlotSize)) {
    return Unavailable(path_, "it is not two slots long");
  }
  for (size_t i = 0; i < 2; ++i) {
    const auto slot = absl::string_view(both).substr(i * kSlotSize, kSlotSize);
    const auto value = slot.substr(kHeaderSize, size);
    const uint64_t generation = GenerationOf(slot);
    if (generation % 2 != i || slot != SlotOf(generation, value)) continue;
    if (!value_.empty() && generation < generation_) continue;
    value_ = std::string(value);
    generation_ = generation;
  }
  if (value_.empty()) return Unavailable(path_, "both slots are damaged");
  return absl::OkStatus();
}

absl::Status TwoSlotFile::Write(absl::string_view value) {
  if (value.size() != value_.size()) {
    return Unavailable(path_, "its values have another length");
  }
  const uint64_t generation = generation_ + 1;
  const std::string slot = SlotOf(generation, value);
  const auto place = static_cast<off_t>(generation % 2 * kSlotSize);
  if (pwrite(fd_, slot.data(), slot.size(), place) !=
          static_cast<ssize_t>(slot.size()) ||
      fdatasync(fd_) != 0) {
    return Unavailable(path_, std::strerror(errno));
  }
  value_ = std::string(value);
  generation_ = generation;
  return absl::OkStatus();
}

}  // namespace u2fi::device
