#ifndef U2FI_TOOLS_SOFT_TOKEN_FILE_COUNTER_STORE_H_
#define U2FI_TOOLS_SOFT_TOKEN_FILE_COUNTER_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tools/soft-token/counter_store.h"

namespace u2fi::soft_token {

// The counter in a file that survives kill -9 and never goes back.
//
// Written ahead in blocks: the file holds a decimal number that no value handed
// out exceeds. It is raised by kBlock, with fsync, before the first value of a
// block is handed out, so one signature in a hundred waits for the disk. A
// restart goes on behind the block: a gap of up to 100, which U2F allows, and
// never a repetition.
class FileCounterStore : public CounterStore {
 public:
  static constexpr uint32_t kBlock = 100;

  // Writes a new counter that starts at 1. FILE_UNAVAILABLE if the disk
  // refuses.
  static absl::StatusOr<std::unique_ptr<FileCounterStore>> Create(
      const std::string& path);

  // Goes on with the counter at `path`. FILE_NOT_FOUND if there is none,
  // FILE_UNAVAILABLE if it cannot be read, INVALID_FIELD if it is no counter.
  static absl::StatusOr<std::unique_ptr<FileCounterStore>> Open(
      const std::string& path);

  // FILE_UNAVAILABLE if the disk refuses, INTERNAL after 2^32 - 1.
  absl::StatusOr<uint32_t> Next() override;
  uint32_t last() const override { return last_; }

 private:
  FileCounterStore(std::string path, uint32_t reserved)
      : path_(std::move(path)), last_(reserved), reserved_(reserved) {}

  const std::string path_;
  uint32_t last_;
  // What stands in the file.
  uint32_t reserved_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_FILE_COUNTER_STORE_H_
