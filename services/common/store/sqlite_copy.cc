#include "services/common/store/sqlite_copy.h"

#include <sqlite3.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/errors.h"
#include "services/common/store/sqlite_schema.h"

namespace u2fi::store {

absl::StatusOr<std::unique_ptr<SqliteCopy>> SqliteCopy::Start(
    SqliteDatabase& from, const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDatabase> to,
                   SqliteDatabase::Open(path, ""));
  std::unique_ptr<SqliteCopy> copy(new SqliteCopy(std::move(to)));
  copy->backup_ = sqlite3_backup_init(copy->to_->database_.get(), "main",
                                      from.database_.get(), "main");
  if (copy->backup_ != nullptr) return copy;
  return Unavailable(
      absl::StrCat("SQLite: ", sqlite3_errmsg(copy->to_->database_.get())));
}

SqliteCopy::~SqliteCopy() {
  if (backup_ != nullptr) sqlite3_backup_finish(backup_);
}

absl::StatusOr<bool> SqliteCopy::Step(int pages) {
  const int code = sqlite3_backup_step(backup_, pages);
  if (code == SQLITE_OK) return false;
  // What was wrong with the last step.
  const int end = sqlite3_backup_finish(std::exchange(backup_, nullptr));
  if (code == SQLITE_DONE && end == SQLITE_OK) return true;
  return Unavailable(absl::StrCat(
      "SQLite: ", sqlite3_errstr(code == SQLITE_DONE ? end : code)));
}

absl::StatusOr<SqliteContents> InspectSqlite(const std::string& path) {
  if (access(path.c_str(), R_OK) != 0) {
    return Error(reason::kFileNotFound, absl::StrCat(path, " is not there"),
                 {{"path", path}});
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteDatabase> database,
                   SqliteDatabase::Open(path, ""));
  ASSIGN_OR_RETURN(const bool empty, IsEmptySqlite(*database));
  if (empty) {
    return Error(reason::kStoreMisconfigured,
                 absl::StrCat(path, " is an empty file"), {{"path", path}});
  }
  ASSIGN_OR_RETURN(SqliteStatement check,
                   database->Prepare("PRAGMA integrity_check(1)"));
  ASSIGN_OR_RETURN(const bool row, check.Step());
  if (!row || check.Bytes(0) != "ok") return Corrupt(path, "is damaged");
  SqliteContents contents;
  ASSIGN_OR_RETURN(contents.records,
                   database->QueryInt("SELECT count(*) FROM records"));
  ASSIGN_OR_RETURN(
      contents.partitions,
      database->QueryInt("SELECT count(DISTINCT partition) FROM records"));
  return contents;
}

}  // namespace u2fi::store
