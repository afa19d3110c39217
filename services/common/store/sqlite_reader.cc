#include "services/common/store/sqlite_reader.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/engine_rules.h"
#include "services/common/store/errors.h"

namespace u2fi::store {

absl::StatusOr<SqliteReader> SqliteReader::Prepare(SqliteDatabase& database) {
  ASSIGN_OR_RETURN(SqliteStatement get,
                   database.Prepare("SELECT version, value FROM records "
                                    "WHERE partition = ? AND key = ?"));
  ASSIGN_OR_RETURN(
      SqliteStatement scan,
      database.Prepare("SELECT key, version, value FROM records WHERE "
                       "partition = ? AND key >= ? AND key < ? ORDER BY key"));
  return SqliteReader(std::move(get), std::move(scan));
}

absl::StatusOr<Entry> SqliteReader::GetOne(const std::string& partition,
                                           const std::string& key) {
  absl::Cleanup reset = [this] { get_.Reset(); };
  ASSIGN_OR_RETURN(const bool found,
                   get_.BindText(1, partition).BindText(2, key).Step());
  if (!found) return Entry();
  return Entry{get_.Bytes(1), static_cast<Version>(get_.Int(0))};
}

absl::StatusOr<std::vector<Entry>> SqliteReader::Get(
    const Partition& partition, const std::vector<std::string>& keys) {
  const std::string name = partition.Name();
  std::vector<Entry> entries;
  entries.reserve(keys.size());
  size_t bytes = 0;
  for (const std::string& key : keys) {
    ASSIGN_OR_RETURN(Entry entry, GetOne(name, key));
    bytes += entry.value.size();
    if (bytes > kMaxReadBytes) return ReadTooLarge();
    entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<Page> SqliteReader::Scan(const Partition& partition,
                                        absl::string_view prefix,
                                        absl::string_view after, size_t limit) {
  absl::Cleanup reset = [this] { scan_.Reset(); };
  const std::string name = partition.Name();
  const std::string from = ScanFrom(prefix, after);
  const std::string until = ScanUntil(prefix);
  scan_.BindText(1, name).BindText(2, from).BindText(3, until);
  Page page;
  size_t bytes = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, scan_.Step());
    if (!row) return page;
    Item item{scan_.Bytes(0), scan_.Bytes(2),
              static_cast<Version>(scan_.Int(1))};
    bytes += item.value.size();
    page.more = page.items.size() == limit || bytes > kMaxReadBytes;
    if (page.more) return page;
    page.items.push_back(std::move(item));
  }
}

}  // namespace u2fi::store
