#include "tools/soft-token/file_counter_store.h"

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::soft_token {
namespace {

constexpr size_t kMaxSize = 32;

absl::Status Write(const std::string& path, uint32_t reserved) {
  return WriteFileDurably(path, absl::StrCat(reserved, "\n"), 0600);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileCounterStore>> FileCounterStore::Create(
    const std::string& path) {
  RETURN_IF_ERROR(Write(path, 0));
  return std::unique_ptr<FileCounterStore>(new FileCounterStore(path, 0));
}

absl::StatusOr<std::unique_ptr<FileCounterStore>> FileCounterStore::Open(
    const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, ReadFile(path, kMaxSize));
  uint32_t reserved = 0;
  if (!absl::SimpleAtoi(content, &reserved) ||
      content != absl::StrCat(reserved, "\n")) {
    return FieldError("state", absl::StrCat(path, ": not a counter"));
  }
  return std::unique_ptr<FileCounterStore>(
      new FileCounterStore(path, reserved));
}

absl::StatusOr<uint32_t> FileCounterStore::Next() {
  constexpr uint32_t kEnd = std::numeric_limits<uint32_t>::max();
  if (last_ == kEnd) {
    return Error(reason::kInternal, "the token's counter is used up");
  }
  if (last_ == reserved_) {
    const uint32_t next = kEnd - reserved_ < kBlock ? kEnd : reserved_ + kBlock;
    RETURN_IF_ERROR(Write(path_, next));
    reserved_ = next;
  }
  return ++last_;
}

}  // namespace u2fi::soft_token
