#include "services/common/store/sqlite_database.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/errors.h"

namespace u2fi::store {
namespace {

// How long SQLite waits for a lock that an administrator's shell holds.
constexpr int kBusyMillis = 1000;

constexpr char kSyncNormal[] = "PRAGMA synchronous = NORMAL";
constexpr char kSyncOff[] = "PRAGMA synchronous = OFF";

absl::Status ErrorOf(sqlite3* database, int code) {
  const char* text =
      database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database);
  return Unavailable(absl::StrCat("SQLite: ", text, " (", code, ")"));
}

absl::Status Sync(sqlite3_file& file) {
  const int code = file.pMethods->xSync(&file, SQLITE_SYNC_NORMAL);
  return code == SQLITE_OK ? absl::OkStatus() : ErrorOf(nullptr, code);
}

}  // namespace

void SqliteStatement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteStatement& SqliteStatement::Bind(int index, int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
  return *this;
}

SqliteStatement& SqliteStatement::BindText(int index, absl::string_view text) {
  sqlite3_bind_text(statement_.get(), index, text.data(),
                    static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

SqliteStatement& SqliteStatement::BindBlob(int index, absl::string_view bytes) {
  // A null pointer would bind NULL instead of an empty value.
  const char* data = bytes.empty() ? "" : bytes.data();
  sqlite3_bind_blob(statement_.get(), index, data,
                    static_cast<int>(bytes.size()), SQLITE_STATIC);
  return *this;
}

absl::StatusOr<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return ErrorOf(sqlite3_db_handle(statement_.get()), code);
}

absl::Status SqliteStatement::Run() {
  absl::Status status = Step().status();
  Reset();
  return status;
}

void SqliteStatement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

int64_t SqliteStatement::Int(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::string()
                         : std::string(static_cast<const char*>(data), size);
}

void SqliteDatabase::Closer::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(
    const std::string& path, const std::string& vfs) {
  constexpr int flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags,
                                   vfs.empty() ? nullptr : vfs.c_str());
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(raw));
  if (code != SQLITE_OK) return ErrorOf(raw, code);
  sqlite3_busy_timeout(raw, kBusyMillis);
  sqlite3_extended_result_codes(raw, 1);
  return database;
}

absl::Status SqliteDatabase::Run(const std::string& sql) {
  const int code =
      sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : ErrorOf(database_.get(), code);
}

absl::StatusOr<int64_t> SqliteDatabase::QueryInt(const std::string& sql) {
  ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row) return Corrupt(sql, "has no row");
  return statement.Int(0);
}

absl::StatusOr<SqliteStatement> SqliteDatabase::Prepare(absl::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(),
                                      static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  SqliteStatement statement(raw);
  if (code != SQLITE_OK) return ErrorOf(database_.get(), code);
  return statement;
}

absl::Status SqliteDatabase::TakeLog() {
  // NORMAL still syncs the first page of a log that begins anew, without which
  // a log and a file could not be told apart after a crash. What is not in the
  // log by a COMMIT must not get there before: the file may not be on disk yet.
  RETURN_IF_ERROR(Run(absl::StrCat(kSyncNormal, "; PRAGMA cache_spill = OFF")));
  sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                       &log_);
  sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_FILE_POINTER,
                       &file_);
  if (log_ == nullptr || log_->pMethods == nullptr || file_ == nullptr) {
    return Unavailable("SQLite has no log");
  }
  const auto count = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<SqliteDatabase*>(self)->log_pages_ = pages;
    static_cast<SqliteDatabase*>(self)->log_written_ = true;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(database_.get(), count, this);
  return absl::OkStatus();
}

absl::Status SqliteDatabase::SyncLog() {
  return std::exchange(log_written_, false) ? Sync(*log_) : absl::OkStatus();
}

absl::Status SqliteDatabase::CopyLog() {
  // Without a sync, which whoever waits for the connection would wait for too.
  RETURN_IF_ERROR(Run(kSyncOff));
  const int code = sqlite3_wal_checkpoint_v2(
      database_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  file_written_ = true;
  if (code == SQLITE_OK) log_pages_ = 0;
  return Run(kSyncNormal);
}

absl::Status SqliteDatabase::SyncFile() {
  return std::exchange(file_written_, false) ? Sync(*file_) : absl::OkStatus();
}

void SqliteDatabase::LeaveLog() {
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                    nullptr);
}

bool SqliteDatabase::LastErrorWasSync() const {
  const int code = sqlite3_extended_errcode(database_.get());
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

}  // namespace u2fi::store
