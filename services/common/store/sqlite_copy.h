#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_COPY_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_COPY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/common/store/sqlite_database.h"

struct sqlite3_backup;

namespace u2fi::store {

// A copy of a database that stays in use, made a few pages at a time. What the
// same connection commits meanwhile is in the copy as well: it is of the
// instant when it was finished. Not thread-safe.
class SqliteCopy {
 public:
  // To the file `path`, which is new. `from` must outlive this object.
  // STORE_UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<SqliteCopy>> Start(
      SqliteDatabase& from, const std::string& path);
  // An unfinished copy is of no use.
  ~SqliteCopy();

  // Copies up to `pages` more, all of them if it is negative. True when the
  // copy is whole and on disk. No transaction is open on `from`.
  absl::StatusOr<bool> Step(int pages);

 private:
  explicit SqliteCopy(std::unique_ptr<SqliteDatabase> to)
      : to_(std::move(to)) {}

  const std::unique_ptr<SqliteDatabase> to_;
  sqlite3_backup* backup_ = nullptr;
};

// What a file holds that is a store.
struct SqliteContents {
  int64_t records = 0;
  int64_t partitions = 0;
};

// Reads the whole of the file `path`, which no process uses.
// STORE_MISCONFIGURED if it is no store or one of another version,
// STORE_CORRUPT if its structure is damaged.
absl::StatusOr<SqliteContents> InspectSqlite(const std::string& path);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_COPY_H_
