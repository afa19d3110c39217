#include "services/common/store/sqlite_backups.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::store {
namespace {

constexpr mode_t kPrivate = 0600;

std::string PartName(const std::string& file) {
  return absl::StrCat(file, ".backup-part");
}

}  // namespace

std::string BackupWantedName(const std::string& file) {
  return absl::StrCat(file, ".backup-wanted");
}
std::string BackupName(const std::string& file) {
  return absl::StrCat(file, ".backup");
}
std::string BackupFailedName(const std::string& file) {
  return absl::StrCat(file, ".backup-failed");
}

SqliteBackups::SqliteBackups(std::string file, BackUp back_up)
    : file_(std::move(file)),
      back_up_(std::move(back_up)),
      thread_([this] { Run(); }) {}

SqliteBackups::~SqliteBackups() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void SqliteBackups::Run() {
  while (true) {
    Look();
    MutexLock lock(mutex_);
    if (!stop_) changed_.WaitFor(mutex_, kPeriod);
    if (stop_) return;
  }
}

void SqliteBackups::Look() {
  MutexLock lock(look_);
  const std::string wanted = BackupWantedName(file_);
  const bool is_wanted = access(wanted.c_str(), F_OK) == 0;
  if (!is_wanted || stuck_) {
    stuck_ = is_wanted;
    return;
  }
  const absl::Status made = Make();
  if (made.ok()) {
    logging::Info("a backup was made", {{"file", BackupName(file_)}});
  } else {
    logging::Warning(
        "a backup could not be made",
        {{"file", BackupName(file_)}, {"cause", std::string(made.message())}});
    WriteFileDurably(BackupFailedName(file_), made.message(), kPrivate)
        .IgnoreError();
  }
  stuck_ = unlink(wanted.c_str()) != 0;
  if (!stuck_) return;
  logging::Warning("the wish for a backup cannot be taken away",
                   {{"file", wanted}, {"cause", strerror(errno)}});
}

absl::Status SqliteBackups::Make() {
  const std::string part = PartName(file_);
  for (const std::string& old :
       {part, part + "-journal", BackupName(file_), BackupFailedName(file_)}) {
    unlink(old.c_str());
  }
  // SQLite keeps the mode of a file that is there.
  RETURN_IF_ERROR(WriteFileDurably(part, "", kPrivate));
  RETURN_IF_ERROR(back_up_(part));
  if (rename(part.c_str(), BackupName(file_).c_str()) == 0) {
    return absl::OkStatus();
  }
  return Error(reason::kFileUnavailable,
               absl::StrCat("renaming ", part, ": ", strerror(errno)));
}

}  // namespace u2fi::store
