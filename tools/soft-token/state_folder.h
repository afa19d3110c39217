#ifndef U2FI_TOOLS_SOFT_TOKEN_STATE_FOLDER_H_
#define U2FI_TOOLS_SOFT_TOKEN_STATE_FOLDER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/unix_socket.h"
#include "tools/soft-token/file_counter_store.h"
#include "tools/soft-token/file_pin_store.h"
#include "tools/soft-token/token_identity.h"

namespace u2fi::soft_token {

// A folder that holds one token: `identity`, `counter` and, once it has a PIN,
// `pin`, all mode 0600, and `lock`, held while a process uses the folder.
// Copying the folder clones the token.
class StateFolder {
 public:
  // Opens the folder at `path`, or makes it and a new token in it.
  // INVALID_FIELD names what is wrong: another process uses it, a file is
  // damaged, others may read the identity, or the counter is gone while the
  // identity is there (starting again at 1 would look like a clone).
  // FILE_UNAVAILABLE if the disk refuses.
  static absl::StatusOr<StateFolder> Open(const std::string& path,
                                          const Clock& clock,
                                          RandomSource& random);

  const TokenIdentity& identity() const { return identity_; }
  // These two live as long as this object.
  CounterStore& counter() { return *counter_; }
  PinStore& pin() { return *pin_; }

 private:
  StateFolder(u2fhid::FileDescriptor lock, TokenIdentity identity,
              std::unique_ptr<FileCounterStore> counter,
              std::unique_ptr<FilePinStore> pin)
      : lock_(std::move(lock)),
        identity_(std::move(identity)),
        counter_(std::move(counter)),
        pin_(std::move(pin)) {}

  u2fhid::FileDescriptor lock_;
  TokenIdentity identity_;
  std::unique_ptr<FileCounterStore> counter_;
  std::unique_ptr<FilePinStore> pin_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_STATE_FOLDER_H_
