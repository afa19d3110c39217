#include "services/common/store/sqlite_writer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/engine_rules.h"
#include "services/common/store/errors.h"

namespace u2fi::store {
namespace {

// So many versions are reserved at once: most transactions need not write the
// page of the counter. A restart leaves out what is left of them.
constexpr Version kReservedAtOnce = Version{1} << 20;

}  // namespace

absl::StatusOr<SqliteWriter> SqliteWriter::Prepare(SqliteDatabase& database,
                                                   const Clock& clock) {
  ASSIGN_OR_RETURN(SqliteStatement version,
                   database.Prepare("SELECT version FROM records "
                                    "WHERE partition = ? AND key = ?"));
  ASSIGN_OR_RETURN(
      SqliteStatement put,
      database.Prepare("REPLACE INTO records VALUES (?, ?, ?, ?, ?)"));
  ASSIGN_OR_RETURN(
      SqliteStatement remove,
      database.Prepare("DELETE FROM records WHERE partition = ? AND key = ?"));
  ASSIGN_OR_RETURN(
      SqliteStatement drop,
      database.Prepare(
          "DELETE FROM records WHERE (partition, key) IN (SELECT "
          "partition, key FROM records INDEXED BY records_by_expiry WHERE "
          "expires > 0 AND expires < ? ORDER BY expires LIMIT ?) "
          "RETURNING partition, key"));
  ASSIGN_OR_RETURN(SqliteStatement earliest,
                   database.Prepare("SELECT expires FROM records INDEXED BY "
                                    "records_by_expiry WHERE expires > 0 "
                                    "ORDER BY expires LIMIT 1"));
  ASSIGN_OR_RETURN(SqliteStatement counter,
                   database.Prepare("UPDATE counter SET version = ?"));
  ASSIGN_OR_RETURN(SqliteStatement begin, database.Prepare("BEGIN IMMEDIATE"));
  ASSIGN_OR_RETURN(SqliteStatement commit, database.Prepare("COMMIT"));
  ASSIGN_OR_RETURN(const int64_t last,
                   database.QueryInt("SELECT version FROM counter"));
  Statements statements{std::move(version),  std::move(put),
                        std::move(remove),   std::move(drop),
                        std::move(earliest), std::move(counter),
                        std::move(begin),    std::move(commit)};
  return SqliteWriter(database, clock, std::move(statements),
                      static_cast<Version>(last));
}

absl::StatusOr<absl::StatusOr<Version>> SqliteWriter::Write(
    const std::string& partition, const CommitRequest& request) {
  dropped_.clear();
  RETURN_IF_ERROR(Begin());
  ASSIGN_OR_RETURN(const Expect* failed, FailedExpectation(partition, request));
  if (failed != nullptr) return absl::StatusOr<Version>(Aborted(failed->key));
  RETURN_IF_ERROR(DropExpired(request));
  for (const std::string& key : request.remove) {
    RETURN_IF_ERROR(
        statements_.remove.BindText(1, partition).BindText(2, key).Run());
  }
  const Version version = request.put.empty() ? kAbsent : ++counter_;
  RETURN_IF_ERROR(PutAll(partition, request, version));
  return absl::StatusOr<Version>(version);
}

absl::Status SqliteWriter::Flush() {
  if (!open_) return absl::OkStatus();
  const Version reserve =
      counter_ > reserved_ ? counter_ + kReservedAtOnce : reserved_;
  if (reserve != reserved_) {
    RETURN_IF_ERROR(
        statements_.counter.Bind(1, static_cast<int64_t>(reserve)).Run());
  }
  RETURN_IF_ERROR(statements_.commit.Run());
  flushed_ = counter_;
  reserved_ = reserve;
  open_ = false;
  return absl::OkStatus();
}

void SqliteWriter::Abandon() {
  // Fails if SQLite has rolled back already.
  if (open_) (void)database_->Run("ROLLBACK");
  counter_ = flushed_;
  earliest_expiry_ = 0;
  open_ = false;
}

absl::Status SqliteWriter::Begin() {
  if (open_) return absl::OkStatus();
  RETURN_IF_ERROR(statements_.begin.Run());
  open_ = true;
  return absl::OkStatus();
}

absl::StatusOr<const Expect*> SqliteWriter::FailedExpectation(
    const std::string& partition, const CommitRequest& request) {
  SqliteStatement& select = statements_.version;
  for (const Expect& expect : request.expect) {
    absl::Cleanup reset = [&] { select.Reset(); };
    ASSIGN_OR_RETURN(
        const bool found,
        select.BindText(1, partition).BindText(2, expect.key).Step());
    const Version version =
        found ? static_cast<Version>(select.Int(0)) : kAbsent;
    if (version != expect.version) return &expect;
  }
  return nullptr;
}

absl::Status SqliteWriter::PutAll(const std::string& partition,
                                  const CommitRequest& request,
                                  Version version) {
  for (const Put& put : request.put) {
    const int64_t expires = ExpiryMillis(put.expire_hint);
    if (expires != kNoExpiry) {
      earliest_expiry_ = std::min(earliest_expiry_, expires);
    }
    RETURN_IF_ERROR(statements_.put.BindText(1, partition)
                        .BindText(2, put.key)
                        .Bind(3, static_cast<int64_t>(version))
                        .Bind(4, expires)
                        .BindBlob(5, put.value)
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteWriter::DropExpired(const CommitRequest& request) {
  const size_t most = DropAllowance(request);
  const int64_t now = UnixMillis(*clock_);
  if (most == 0 || now <= earliest_expiry_) return absl::OkStatus();
  SqliteStatement& drop = statements_.drop;
  absl::Cleanup reset = [&] { drop.Reset(); };
  drop.Bind(1, now).Bind(2, static_cast<int64_t>(most));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, drop.Step());
    if (!row) break;
    dropped_.emplace_back(drop.Bytes(0), drop.Bytes(1));
  }
  return FindEarliestExpiry();
}

absl::Status SqliteWriter::FindEarliestExpiry() {
  absl::Cleanup reset = [this] { statements_.earliest.Reset(); };
  ASSIGN_OR_RETURN(const bool found, statements_.earliest.Step());
  earliest_expiry_ =
      found ? statements_.earliest.Int(0) : std::numeric_limits<int64_t>::max();
  return absl::OkStatus();
}

}  // namespace u2fi::store
