#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_DATABASE_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_file;
struct sqlite3_stmt;

namespace u2fi::store {

// A prepared statement, used again and again. Its database must outlive it.
// Indexes of parameters begin at 1, those of columns at 0, as SQLite has them.
class SqliteStatement {
 public:
  // Bytes given to Bind must stay until the next Reset.
  SqliteStatement& Bind(int index, int64_t value);
  SqliteStatement& BindText(int index, absl::string_view text);
  SqliteStatement& BindBlob(int index, absl::string_view bytes);

  // Runs to the next row: true if there is one. STORE_UNAVAILABLE on errors.
  absl::StatusOr<bool> Step();

  // Runs a statement that has no rows, and resets it.
  absl::Status Run();

  // Makes it ready for the next use.
  void Reset();

  int64_t Int(int column) const;
  std::string Bytes(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

// One connection to a SQLite file. Not thread-safe.
class SqliteDatabase {
 public:
  // Opens or creates the file. `vfs` names SQLite's file layer; empty for the
  // default. STORE_UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> Open(
      const std::string& path, const std::string& vfs);

  // Runs one or several statements whose rows nobody wants.
  absl::Status Run(const std::string& sql);

  // The number that the only row of a query holds.
  absl::StatusOr<int64_t> QueryInt(const std::string& sql);

  absl::StatusOr<SqliteStatement> Prepare(absl::string_view sql);

  // True if the last call failed at an fsync: what it wrote may be on disk or
  // not, and the kernel may have forgotten it.
  bool LastErrorWasSync() const;

  // From now on a COMMIT writes the log (WAL) and nothing else: SyncLog() makes
  // it last, CopyLog() and then SyncFile() bring it into the file. The file has
  // been prepared. STORE_UNAVAILABLE.
  absl::Status TakeLog();

  // Pages in the log after the last commit; 0 if it was copied since.
  int log_pages() const { return log_pages_; }

  // All that was committed is on disk. May run while another thread uses the
  // connection, but for COMMIT and CopyLog(). After an error nothing may be
  // committed or copied any more, and LeaveLog() has to follow.
  absl::Status SyncLog();

  // Copies the log, all of which is on disk, into the file. No transaction is
  // open. Pages that cannot be copied stay in the log; after an error nothing
  // may be committed any more.
  absl::Status CopyLog();

  // The copy is on disk. To be called before the next COMMIT, which may write
  // over what was copied; otherwise as SyncLog().
  absl::Status SyncFile();

  // Closing the database will not copy the log: whoever opens the file next
  // judges by its checksums what is good in it.
  void LeaveLog();

 private:
  friend class SqliteCopy;
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  explicit SqliteDatabase(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Closer> database_;
  sqlite3_file* log_ = nullptr;
  sqlite3_file* file_ = nullptr;
  int log_pages_ = 0;
  bool log_written_ = false;
  bool file_written_ = false;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_DATABASE_H_
