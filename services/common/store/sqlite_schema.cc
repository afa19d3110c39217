#include "services/common/store/sqlite_schema.h"

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::store {
namespace {

constexpr char kTables[] = R"(
CREATE TABLE records (
  partition TEXT NOT NULL,
  key       TEXT NOT NULL,
  version   INTEGER NOT NULL,
  expires   INTEGER NOT NULL,
  value     BLOB NOT NULL,
  PRIMARY KEY (partition, key)
) WITHOUT ROWID;
CREATE INDEX records_by_expiry ON records (expires) WHERE expires > 0;
CREATE TABLE counter (version INTEGER NOT NULL);
INSERT INTO counter VALUES (0);
)";

absl::Status CreateTables(SqliteDatabase& database) {
  return database.Run(absl::StrCat(
      "BEGIN IMMEDIATE;", kTables,
      "PRAGMA application_id = ", kSqliteApplicationId,
      "; PRAGMA user_version = ", kSqliteSchemaVersion, "; COMMIT;"));
}

absl::Status Misconfigured(absl::string_view problem) {
  return Error(reason::kStoreMisconfigured,
               absl::StrCat("the SQLite file ", problem));
}

}  // namespace

absl::StatusOr<bool> IsEmptySqlite(SqliteDatabase& database) {
  // The first read fails if the file is not a SQLite database at all.
  const absl::StatusOr<int64_t> tables =
      database.QueryInt("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return Misconfigured(tables.status().message());
  ASSIGN_OR_RETURN(const int64_t application,
                   database.QueryInt("PRAGMA application_id"));
  ASSIGN_OR_RETURN(const int64_t version,
                   database.QueryInt("PRAGMA user_version"));
  const bool empty = *tables == 0 && application == 0 && version == 0;
  if (!empty && application != kSqliteApplicationId) {
    return Misconfigured("belongs to another program");
  }
  if (!empty && version != kSqliteSchemaVersion) {
    return Misconfigured(absl::StrCat("has schema version ", version,
                                      ", this build knows ",
                                      kSqliteSchemaVersion));
  }
  return empty;
}

absl::Status PrepareSqlite(SqliteDatabase& database) {
  // For ever ours, before the first look at the file: so SQLite needs no shared
  // memory and no lock for a read.
  RETURN_IF_ERROR(database.Run("PRAGMA locking_mode = EXCLUSIVE"));
  ASSIGN_OR_RETURN(const bool empty, IsEmptySqlite(database));
  RETURN_IF_ERROR(
      database.Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                   "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                   "PRAGMA cache_size = -16384;"));
  return empty ? CreateTables(database) : absl::OkStatus();
}

}  // namespace u2fi::store
