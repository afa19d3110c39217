#include "services/common/store/sqlite_store.h"

#include <linux/magic.h>
#include <sys/statfs.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/file_lock.h"
#include "services/common/store/local_hints.h"
#include "services/common/store/sqlite_backups.h"
#include "services/common/store/sqlite_engine.h"
#include "services/common/store/sqlite_schema.h"

namespace u2fi::store {
namespace {

class SqliteStore : public Store {
 public:
  SqliteStore(std::unique_ptr<FileLock> lock, const Clock& clock,
              std::unique_ptr<SqliteEngine> engine,
              const SqliteOptions& options)
      : lock_(std::move(lock)), clock_(clock), engine_(std::move(engine)) {
    if (!options.backups) return;
    backups_ = std::make_unique<SqliteBackups>(
        options.path,
        [this](const std::string& path) { return engine_->BackUp(path); });
  }

 private:
  absl::StatusOr<Snapshot> DoGet(const Partition& partition,
                                 const std::vector<std::string>& keys,
                                 absl::Duration timeout) override {
    return engine_->Get(partition, keys, timeout);
  }

  absl::StatusOr<Version> DoCommit(const Partition& partition,
                                   const CommitRequest& request,
                                   absl::Duration timeout) override {
    return engine_->Commit(partition, request, timeout);
  }

  absl::StatusOr<Page> DoScan(const Partition& partition,
                              absl::string_view prefix, absl::string_view after,
                              size_t limit, absl::Duration timeout) override {
    return engine_->Scan(partition, prefix, after, limit, timeout);
  }

  absl::Status DoPublish(const Partition& partition, absl::string_view topic,
                         absl::string_view payload, absl::Duration) override {
    hints_.Publish(partition, topic, payload);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Subscription>> DoSubscribe(
      const Partition& partition, absl::string_view topic,
      std::function<void(const Hint&)> callback, absl::Duration) override {
    return hints_.Subscribe(partition, topic, std::move(callback));
  }

  absl::StatusOr<absl::Time> DoNow(absl::Duration) override {
    return clock_.Now();
  }

  // Given back last, when the connection is closed.
  const std::unique_ptr<FileLock> lock_;
  const Clock& clock_;
  LocalHints hints_;
  const std::unique_ptr<SqliteEngine> engine_;
  std::unique_ptr<SqliteBackups> backups_;
};

std::vector<std::string> WarningsAbout(const std::string& path) {
  struct statfs about;
  if (statfs(path.c_str(), &about) != 0) return {};
  if (about.f_type != TMPFS_MAGIC) return {};
  return {absl::StrCat(path,
                       " is in memory (tmpfs): nothing survives a restart of "
                       "the machine")};
}

absl::StatusOr<std::unique_ptr<SqliteDatabase>> OpenForWriting(
    const SqliteOptions& options) {
  absl::StatusOr<std::unique_ptr<SqliteDatabase>> database =
      SqliteDatabase::Open(options.path, options.vfs);
  if (!database.ok()) {
    return Error(reason::kStoreMisconfigured, database.status().message(),
                 {{"path", options.path}});
  }
  RETURN_IF_ERROR(PrepareSqlite(**database));
  return database;
}

}  // namespace

absl::StatusOr<OpenedStore> OpenSqliteStore(const SqliteOptions& options,
                                            const Clock& clock,
                                            RandomSource& random) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileLock> lock,
                   FileLock::Take(options.path + ".lock"));
  // SQLite gives -wal the mode of the file; it is ours alone.
  RETURN_IF_ERROR(FileLock::Take(options.path).status());
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDatabase> database,
                   OpenForWriting(options));
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteEngine> engine,
                   SqliteEngine::Start(std::move(database), clock, random));
  return OpenedStore{std::make_unique<SqliteStore>(std::move(lock), clock,
                                                   std::move(engine), options),
                     WarningsAbout(options.path)};
}

}  // namespace u2fi::store
