#include "tools/u2fi/store_backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/file_lock.h"
#include "services/common/store/sqlite_backups.h"
#include "services/common/store/sqlite_copy.h"
#include "services/common/store/sqlite_database.h"
#include "services/common/store/sqlite_schema.h"
#include "tools/u2fi/new_file.h"

namespace u2fi::cli {
namespace {

constexpr mode_t kPrivate = 0600;
constexpr absl::Duration kLook = absl::Milliseconds(100);
constexpr size_t kMaxCause = 4096;

bool IsThere(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

absl::Status FileError(const std::string& path, absl::string_view problem) {
  return Error(reason::kFileUnavailable, absl::StrCat(path, " ", problem),
               {{"path", path}});
}

// Whoever runs the service owns the folder.
void GiveToOwner(const std::string& path) {
  struct stat about = {};
  const std::string folder = std::filesystem::path(path).parent_path();
  if (geteuid() != 0 || stat(folder.c_str(), &about) != 0) return;
  if (chown(path.c_str(), about.st_uid, about.st_gid) != 0) return;
}

// A lock that is made here must be the service's too.
absl::StatusOr<std::unique_ptr<store::FileLock>> Lock(
    const std::string& store) {
  const std::string path = absl::StrCat(store, ".lock");
  ASSIGN_OR_RETURN(std::unique_ptr<store::FileLock> lock,
                   store::FileLock::Take(path));
  GiveToOwner(path);
  return lock;
}

// What is written is on disk, and so is its name.
absl::Status SyncPath(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return synced ? absl::OkStatus() : FileError(path, "cannot be synced");
}

absl::Status SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  return SyncPath(folder.empty() ? "." : folder);
}

// The same bytes in the file `to`, on disk. Only the caller can read them.
absl::Status CopyFile(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::copy_file(
      from, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error) {
    return FileError(
        to, absl::StrCat("cannot be made from ", from, ": ", error.message()));
  }
  if (chmod(to.c_str(), kPrivate) != 0) return FileError(to, "keeps its mode");
  return SyncPath(to);
}

// A store that nobody uses.
absl::Status CopyAtRest(const std::string& store, const std::string& to) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::SqliteDatabase> database,
                   store::SqliteDatabase::Open(store, ""));
  RETURN_IF_ERROR(store::PrepareSqlite(*database));
  ASSIGN_OR_RETURN(const std::unique_ptr<store::SqliteCopy> copy,
                   store::SqliteCopy::Start(*database, to));
  return copy->Step(-1).status();
}

// A store that a service uses: it makes the copy.
absl::Status AskForCopy(const std::string& store, const std::string& to,
                        absl::Duration patience) {
  const std::string wanted = store::BackupWantedName(store);
  RETURN_IF_ERROR(WriteFileDurably(wanted, "", kPrivate));
  const absl::Time end = absl::Now() + patience;
  while (IsThere(wanted)) {
    if (absl::Now() > end) {
      unlink(wanted.c_str());
      return Error(reason::kDeadlineExceeded,
                   "the service that uses the store made no backup in time");
    }
    absl::SleepFor(kLook);
  }
  const auto failed = ReadFile(store::BackupFailedName(store), kMaxCause);
  if (failed.ok()) {
    return Error(reason::kStoreUnavailable,
                 absl::StrCat("the service could not make it: ", *failed));
  }
  RETURN_IF_ERROR(CopyFile(store::BackupName(store), to));
  unlink(store::BackupName(store).c_str());
  return absl::OkStatus();
}

absl::Status Copy(const std::string& store, const std::string& to,
                  absl::Duration patience, Output& output) {
  const auto lock = Lock(store);
  if (lock.ok()) return CopyAtRest(store, to);
  if (!IsReason(lock.status(), reason::kStoreInUse)) return lock.status();
  output.Say("a service uses the store; it makes the copy");
  return AskForCopy(store, to, patience);
}

// What SQLite would put into whatever store it finds beside it.
constexpr const char* kLogs[] = {"-wal", "-journal"};

bool HasLog(const std::string& store) {
  return std::any_of(std::begin(kLogs), std::end(kLogs), [&](const char* log) {
    return IsThere(absl::StrCat(store, log));
  });
}

// Logs that belong to a store that is gone or could not be opened.
absl::Status KeepLogs(const std::string& store, const std::string& kept) {
  for (const char* suffix : kLogs) {
    const std::string log = absl::StrCat(store, suffix);
    const std::string to = absl::StrCat(kept, suffix);
    if (!IsThere(log)) continue;
    if (IsThere(to)) return FileError(to, "is there already; move it away");
    if (rename(log.c_str(), to.c_str()) != 0) {
      return FileError(log, "cannot be moved away");
    }
  }
  return absl::OkStatus();
}

// The present store stays under another name, with everything in one file.
absl::Status KeepPresent(const std::string& store, Output& output) {
  const std::string kept = absl::StrCat(store, ".before-restore");
  if (!IsThere(store)) return KeepLogs(store, kept);
  if (IsThere(kept)) return FileError(kept, "is there already; move it away");
  {
    // Its log goes into the file when it is closed.
    const auto database = store::SqliteDatabase::Open(store, "");
    if (database.ok()) store::PrepareSqlite(**database).IgnoreError();
  }
  RETURN_IF_ERROR(KeepLogs(store, kept));
  if (link(store.c_str(), kept.c_str()) != 0) {
    return FileError(store, "cannot be kept under another name");
  }
  output.Say(absl::StrCat("kept     the present store as ", kept));
  return absl::OkStatus();
}

// What `backup` holds, as `part`. The copy is looked at, since the backup may
// lie where nobody writes; a log beside it goes into it first.
absl::StatusOr<store::SqliteContents> CopyChecked(const std::string& backup,
                                                  const std::string& part) {
  if (!IsThere(backup)) {
    return Error(reason::kFileNotFound, absl::StrCat(backup, " is not there"),
                 {{"path", backup}});
  }
  if (HasLog(backup)) RETURN_IF_ERROR(store::InspectSqlite(backup).status());
  RETURN_IF_ERROR(WriteFileDurably(part, "", kPrivate));
  RETURN_IF_ERROR(CopyFile(backup, part));
  auto contents = store::InspectSqlite(part);
  if (contents.ok()) return contents;
  return WithContext(absl::StrCat("the copy of ", backup), contents.status());
}

// `part` becomes the store.
absl::Status PutInPlace(const std::string& part, const std::string& store,
                        Output& output) {
  GiveToOwner(part);
  RETURN_IF_ERROR(KeepPresent(store, output));
  if (rename(part.c_str(), store.c_str()) != 0) {
    return FileError(store, "cannot be replaced");
  }
  return SyncFolderOf(store);
}

void Tell(absl::string_view verb, const std::string& path,
          const store::SqliteContents& contents, Output& output) {
  struct stat about = {};
  stat(path.c_str(), &about);
  output.Fact({{"file", path},
               {"records", absl::StrCat(contents.records)},
               {"bytes", absl::StrCat(about.st_size)}},
              absl::StrCat(verb, path, ": ", contents.records, " records in ",
                           contents.partitions, " partitions, ", about.st_size,
                           " bytes, checked"));
}

}  // namespace

absl::Status BackUpStore(const std::string& store, const std::string& out,
                         absl::Duration patience, Output& output) {
  if (!IsThere(store)) {
    return Error(reason::kFileNotFound, absl::StrCat("no store ", store),
                 {{"path", store}});
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<NewFile> file, NewFile::Create(out));
  RETURN_IF_ERROR(Copy(store, file->part(), patience, output));
  ASSIGN_OR_RETURN(const store::SqliteContents contents,
                   store::InspectSqlite(file->part()));
  RETURN_IF_ERROR(file->Keep());
  Tell("backup   ", out, contents, output);
  return absl::OkStatus();
}

absl::Status RestoreStore(const std::string& backup, const std::string& store,
                          bool replace, Output& output) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::FileLock> lock, Lock(store));
  if (!replace && IsThere(store)) {
    return FileError(store,
                     "is there already; --replace keeps it under another name");
  }
  if (!replace && HasLog(store)) {
    return FileError(store,
                     "is gone and its log is there (-wal or -journal); "
                     "--replace keeps it under another name");
  }
  const std::string part = absl::StrCat(store, ".restore-part");
  const auto contents = CopyChecked(backup, part);
  const absl::Status placed =
      contents.ok() ? PutInPlace(part, store, output) : contents.status();
  if (!placed.ok()) {
    unlink(part.c_str());
    return placed;
  }
  Tell("restored ", store, *contents, output);
  output.Say(
      "What was decided after the backup is lost with the present store: "
      "compare "
      "with the\naudit that you exported since then, and revoke again what was "
      "revoked. What waited for\na touch has to be asked for again.");
  return absl::OkStatus();
}

}  // namespace u2fi::cli
