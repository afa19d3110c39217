#include "tools/soft-token/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/soft-token/durable_file.h"

namespace u2fi::soft_token {
namespace {

using u2fhid::FileDescriptor;

absl::StatusOr<FileDescriptor> Lock(const std::string& folder) {
  const std::string path = folder + "/lock";
  FileDescriptor fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.is_open()) {
    return FieldError("state", absl::StrCat(path, ": ", std::strerror(errno)));
  }
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return FieldError("state",
                      absl::StrCat(folder, ": another process uses it"));
  }
  return fd;
}

absl::StatusOr<TokenIdentity> LoadOrMakeIdentity(const std::string& path,
                                                 const Clock& clock,
                                                 RandomSource& random) {
  absl::StatusOr<std::string> text = ReadPrivate(path);
  if (!absl::IsNotFound(text.status())) {
    RETURN_IF_ERROR(text.status());
    return FromText(*text);
  }
  TokenIdentity identity = NewIdentity(clock, random);
  RETURN_IF_ERROR(WriteDurably(path, ToText(identity)));
  return identity;
}

// The counter is made before the identity, so one without the other means that
// somebody took it away.
absl::StatusOr<std::unique_ptr<FileCounterStore>> LoadOrMakeCounter(
    const std::string& path, bool is_new) {
  absl::StatusOr<std::unique_ptr<FileCounterStore>> counter =
      FileCounterStore::Open(path);
  if (!absl::IsNotFound(counter.status())) return counter;
  if (is_new) return FileCounterStore::Create(path);
  return FieldError("state", absl::StrCat(path, ": the counter is gone"));
}

}  // namespace

absl::StatusOr<StateFolder> StateFolder::Open(const std::string& path,
                                              const Clock& clock,
                                              RandomSource& random) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return FieldError("state", absl::StrCat(path, ": ", std::strerror(errno)));
  }
  ASSIGN_OR_RETURN(FileDescriptor lock, Lock(path));
  const std::string identity_path = path + "/identity";
  const bool is_new = absl::IsNotFound(ReadPrivate(identity_path).status());
  ASSIGN_OR_RETURN(std::unique_ptr<FileCounterStore> counter,
                   LoadOrMakeCounter(path + "/counter", is_new));
  ASSIGN_OR_RETURN(TokenIdentity identity,
                   LoadOrMakeIdentity(identity_path, clock, random));
  return StateFolder(std::move(lock), std::move(identity), std::move(counter));
}

}  // namespace u2fi::soft_token
