#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_READER_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_READER_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/store/sqlite_database.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"

namespace u2fi::store {

// Reads on one connection, each call at one instant of the database. The
// answers have no epoch yet. Not thread-safe.
class SqliteReader {
 public:
  static absl::StatusOr<std::unique_ptr<SqliteReader>> Open(
      const std::string& path, const std::string& vfs);

  absl::StatusOr<std::vector<Entry>> Get(const Partition& partition,
                                         const std::vector<std::string>& keys);
  absl::StatusOr<Page> Scan(const Partition& partition,
                            absl::string_view prefix, absl::string_view after,
                            size_t limit);

 private:
  SqliteReader(std::unique_ptr<SqliteDatabase> database, SqliteStatement get,
               SqliteStatement scan)
      : database_(std::move(database)),
        get_(std::move(get)),
        scan_(std::move(scan)) {}

  absl::StatusOr<Entry> GetOne(const std::string& partition,
                               const std::string& key);

  std::unique_ptr<SqliteDatabase> database_;
  SqliteStatement get_;
  SqliteStatement scan_;
};

// A few readers that callers borrow. Thread-safe.
class SqliteReaderPool {
 public:
  explicit SqliteReaderPool(std::vector<std::unique_ptr<SqliteReader>> readers)
      : free_(std::move(readers)) {}

  // A reader, or null if none came free within `timeout`.
  std::unique_ptr<SqliteReader> Borrow(absl::Duration timeout);
  void Return(std::unique_ptr<SqliteReader> reader);

 private:
  Mutex mutex_;
  CondVar returned_;
  std::vector<std::unique_ptr<SqliteReader>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_READER_H_
