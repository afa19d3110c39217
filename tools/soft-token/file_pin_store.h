#ifndef U2FI_TOOLS_SOFT_TOKEN_FILE_PIN_STORE_H_
#define U2FI_TOOLS_SOFT_TOKEN_FILE_PIN_STORE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "tools/soft-token/pin_store.h"

namespace u2fi::soft_token {

// The PIN's hash and the tries that are left, in a file of mode 0600 that is
// replaced with fsync before anything is compared: a kill -9 gives no try back.
// One line: the hash in hex or "-", a blank, the tries.
class FilePinStore : public PinStore {
 public:
  // Goes on with the file at `path`; without one there is no PIN yet.
  // FILE_UNAVAILABLE if it cannot be read, INVALID_FIELD if it is none.
  static absl::StatusOr<std::unique_ptr<FilePinStore>> Open(
      const std::string& path);

  const PinRecord& record() const override { return record_; }
  // FILE_UNAVAILABLE if the disk refuses.
  absl::Status Save(const PinRecord& record) override;

 private:
  FilePinStore(std::string path, PinRecord record)
      : path_(std::move(path)), record_(std::move(record)) {}

  const std::string path_;
  PinRecord record_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_FILE_PIN_STORE_H_
