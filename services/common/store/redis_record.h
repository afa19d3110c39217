#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_RECORD_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/store/store.h"

namespace u2fi::store {

// How a record stands in Redis, one string per key, integers big-endian:
//    0  format, 1 byte, = 1
//    1  version, 8 bytes, put in by the script
//    9  the version that it replaced, 8 bytes: 0 none, 2^64 − 1 not known
//   17  commit id, 16 random bytes, the same in all records of one commit
//   33  expiry hint in ms since 1970, 8 bytes, 2^64 − 1 none
//   41  value
inline constexpr char kRecordFormat = 1;
inline constexpr size_t kCommitIdSize = 16;
inline constexpr size_t kRecordHeaderSize = 41;
inline constexpr Version kReplacedUnknown = ~Version{0};

struct RecordHeader {
  Version version = kAbsent;
  Version replaced = kAbsent;
  std::string commit_id;
  // kNoExpiry for none.
  int64_t expires_ms = 0;
};

// What follows the version: the part of the record that the caller knows.
std::string RecordTail(Version replaced, absl::string_view commit_id,
                       int64_t expires_ms, absl::string_view value);

// The version as the script compares it: "" for kAbsent, else 8 bytes.
std::string PackVersion(Version version);

// Reads the header of `record`, which may be cut off behind it. STORE_CORRUPT
// (naming `key`) if it is shorter, of another format, or of version 0.
absl::StatusOr<RecordHeader> ParseRecordHeader(absl::string_view key,
                                               absl::string_view record);

// The value of a record whose header has been parsed.
absl::string_view RecordValue(absl::string_view record);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_RECORD_H_
