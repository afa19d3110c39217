#include "services/common/store/sqlite_store.h"

#include <linux/magic.h>
#include <sys/statfs.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/epoch.h"
#include "services/common/store/errors.h"
#include "services/common/store/file_lock.h"
#include "services/common/store/local_hints.h"
#include "services/common/store/sqlite_reader.h"
#include "services/common/store/sqlite_schema.h"
#include "services/common/store/sqlite_writer.h"

namespace u2fi::store {
namespace {

class SqliteStore : public Store {
 public:
  SqliteStore(std::unique_ptr<FileLock> lock, const Clock& clock, Epoch epoch,
              std::unique_ptr<SqliteWriter> writer,
              std::vector<std::unique_ptr<SqliteReader>> readers)
      : lock_(std::move(lock)),
        clock_(clock),
        epoch_(std::move(epoch)),
        readers_(std::move(readers)),
        writer_(std::move(writer)) {}

 private:
  absl::StatusOr<Snapshot> DoGet(const Partition& partition,
                                 const std::vector<std::string>& keys,
                                 absl::Duration timeout) override {
    std::unique_ptr<SqliteReader> reader = readers_.Borrow(timeout);
    if (reader == nullptr) return Unavailable("too many reads");
    absl::StatusOr<std::vector<Entry>> entries = reader->Get(partition, keys);
    readers_.Return(std::move(reader));
    RETURN_IF_ERROR(entries.status());
    return Snapshot{epoch_, *std::move(entries)};
  }

  absl::StatusOr<Version> DoCommit(const Partition& partition,
                                   const CommitRequest& request,
                                   absl::Duration timeout) override {
    return writer_->Commit(partition, request, timeout);
  }

  absl::StatusOr<Page> DoScan(const Partition& partition,
                              absl::string_view prefix, absl::string_view after,
                              size_t limit, absl::Duration timeout) override {
    std::unique_ptr<SqliteReader> reader = readers_.Borrow(timeout);
    if (reader == nullptr) return Unavailable("too many reads");
    absl::StatusOr<Page> page = reader->Scan(partition, prefix, after, limit);
    readers_.Return(std::move(reader));
    if (page.ok()) page->epoch = epoch_;
    return page;
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

  // Given back last, when every connection is closed.
  const std::unique_ptr<FileLock> lock_;
  const Clock& clock_;
  const Epoch epoch_;
  LocalHints hints_;
  SqliteReaderPool readers_;
  const std::unique_ptr<SqliteWriter> writer_;
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
      SqliteDatabase::Open(options.path, SqliteDatabase::Mode::kReadWriteCreate,
                           options.vfs);
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
  // SQLite gives -wal and -shm the mode of the file; it is ours alone.
  RETURN_IF_ERROR(FileLock::Take(options.path).status());
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDatabase> database,
                   OpenForWriting(options));
  const Epoch epoch = NewEpoch(random);
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteWriter> writer,
                   SqliteWriter::Start(std::move(database), clock, epoch));
  std::vector<std::unique_ptr<SqliteReader>> readers;
  for (int i = 0; i < options.readers; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<SqliteReader> reader,
                     SqliteReader::Open(options.path, options.vfs));
    readers.push_back(std::move(reader));
  }
  return OpenedStore{
      std::make_unique<SqliteStore>(std::move(lock), clock, epoch,
                                    std::move(writer), std::move(readers)),
      WarningsAbout(options.path)};
}

}  // namespace u2fi::store
