#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_WRITER_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_WRITER_H_

#include <memory>
#include <string>

#include "services/common/store/sqlite_database.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"

namespace u2fi::store {

// Writes commits into one transaction that stays open until Flush(). Not
// thread-safe.
class SqliteWriter {
 public:
  // The database has been prepared; it and `clock` must outlive the writer.
  static absl::StatusOr<SqliteWriter> Prepare(SqliteDatabase& database,
                                              const Clock& clock);

  // Judges one commit and writes it, opening the transaction if need be. The
  // epoch has been compared. The inner result is the commit's own: a version,
  // or STORE_ABORTED. The outer one fails where SQLite does: then nothing of
  // the transaction can be kept, and Abandon() must follow.
  absl::StatusOr<absl::StatusOr<Version>> Write(const std::string& partition,
                                                const CommitRequest& request);

  // Partitions and keys of the expired records that the last Write() dropped.
  using Dropped = std::vector<std::pair<std::string, std::string>>;
  Dropped TakeDropped() { return std::exchange(dropped_, {}); }

  // Ends the transaction, if there is one, with an fsync. After an error
  // Abandon() must follow.
  absl::Status Flush();

  // Forgets all since the last flush that succeeded.
  void Abandon();

  // True if a transaction is open.
  bool open() const { return open_; }

 private:
  struct Statements {
    SqliteStatement version;
    SqliteStatement put;
    SqliteStatement remove;
    SqliteStatement drop;
    SqliteStatement earliest;
    SqliteStatement counter;
    SqliteStatement begin;
    SqliteStatement commit;
  };

  SqliteWriter(SqliteDatabase& database, const Clock& clock,
               Statements statements, Version counter)
      : database_(&database),
        clock_(&clock),
        statements_(std::move(statements)),
        counter_(counter),
        flushed_(counter),
        reserved_(counter) {}

  absl::Status Begin();
  // The first expectation that fails, or null.
  absl::StatusOr<const Expect*> FailedExpectation(const std::string& partition,
                                                  const CommitRequest& request);
  absl::Status PutAll(const std::string& partition,
                      const CommitRequest& request, Version version);
  // Drops as many expired keys as this commit pays for.
  absl::Status DropExpired(const CommitRequest& request);
  absl::Status FindEarliestExpiry();

  SqliteDatabase* database_;
  const Clock* clock_;
  Statements statements_;
  // The last version given out, and the last one of a commit on disk.
  Version counter_;
  Version flushed_;
  // The versions up to this one are no other process's: the file says so.
  Version reserved_;
  // No key's hint is earlier; milliseconds since 1970.
  int64_t earliest_expiry_ = 0;
  Dropped dropped_;
  bool open_ = false;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_WRITER_H_
