#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_SCHEMA_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_SCHEMA_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/store/sqlite_database.h"

namespace u2fi::store {

// PRAGMA user_version of the layout that this build reads and writes.
inline constexpr int kSqliteSchemaVersion = 1;
// PRAGMA application_id: "U2Fi".
inline constexpr int kSqliteApplicationId = 0x55324669;

// True for an empty file. STORE_MISCONFIGURED for one of another program or of
// another schema version.
absl::StatusOr<bool> IsEmptySqlite(SqliteDatabase& database);

// Sets the connection up (WAL, the file locked for it alone) and makes the
// tables in an empty file:
//   records(partition, key, version, expires, value), by partition and key
//   counter(version): the last version given out, in any partition
// `expires` is in milliseconds since 1970, 0 for never. STORE_MISCONFIGURED for
// a file of another program or of another schema version, which stays as it is.
absl::Status PrepareSqlite(SqliteDatabase& database);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_SCHEMA_H_
