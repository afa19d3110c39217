#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_READER_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_READER_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/store/sqlite_database.h"
#include "services/common/store/store.h"

namespace u2fi::store {

// Reads on a connection, what its open transaction has written included. The
// answers have no epoch yet. Not thread-safe.
class SqliteReader {
 public:
  // The database has been prepared and must outlive the reader.
  static absl::StatusOr<SqliteReader> Prepare(SqliteDatabase& database);

  absl::StatusOr<std::vector<Entry>> Get(const Partition& partition,
                                         const std::vector<std::string>& keys);
  absl::StatusOr<Page> Scan(const Partition& partition,
                            absl::string_view prefix, absl::string_view after,
                            size_t limit);

 private:
  SqliteReader(SqliteStatement get, SqliteStatement scan)
      : get_(std::move(get)), scan_(std::move(scan)) {}

  absl::StatusOr<Entry> GetOne(const std::string& partition,
                               const std::string& key);

  SqliteStatement get_;
  SqliteStatement scan_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_READER_H_
