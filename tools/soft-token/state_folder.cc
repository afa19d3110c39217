#include "tools/soft-token/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::soft_token {
namespace {

using u2fhid::FileDescriptor;

constexpr size_t kMaxIdentity = 16384;

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

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

absl::StatusOr<TokenIdentity> LoadIdentity(const std::string& path) {
  struct stat about;
  if (stat(path.c_str(), &about) == 0 && (about.st_mode & 077) != 0) {
    return FieldError("state",
                      absl::StrCat(path, ": others may read it; chmod 600 it"));
  }
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxIdentity));
  return FromText(text);
}

absl::StatusOr<TokenIdentity> MakeIdentity(const std::string& path,
                                           const Clock& clock,
                                           RandomSource& random) {
  TokenIdentity identity = NewIdentity(clock, random);
  RETURN_IF_ERROR(WriteFileDurably(path, ToText(identity), 0600));
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
  RETURN_IF_ERROR(MakeFolder(path, 0700));
  ASSIGN_OR_RETURN(FileDescriptor lock, Lock(path));
  const std::string identity_path = path + "/identity";
  const bool is_new = !Exists(identity_path);
  ASSIGN_OR_RETURN(std::unique_ptr<FileCounterStore> counter,
                   LoadOrMakeCounter(path + "/counter", is_new));
  ASSIGN_OR_RETURN(TokenIdentity identity,
                   is_new ? MakeIdentity(identity_path, clock, random)
                          : LoadIdentity(identity_path));
  ASSIGN_OR_RETURN(std::unique_ptr<FilePinStore> pin,
                   FilePinStore::Open(path + "/pin"));
  return StateFolder(std::move(lock), std::move(identity), std::move(counter),
                     std::move(pin));
}

}  // namespace u2fi::soft_token
