#ifndef U2FI_TOOLS_U2FI_RDB_CHECK_H_
#define U2FI_TOOLS_U2FI_RDB_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::cli {

// CRC-64/REDIS (Jones' polynomial, reflected) over `bytes`, going on from
// `crc`; 0 at the beginning.
uint64_t Crc64(uint64_t crc, absl::string_view bytes);

// What the frame of an RDB file tells.
struct RdbFacts {
  // "REDIS", or "VALKEY" of Valkey 9 and newer; the format's version there.
  std::string kind;
  int version = 0;
  uint64_t bytes = 0;
};

// Whether a server that writes files like `own` reads this one: none newer
// than its own, and none of the other kind since their ways have parted.
bool CanRead(const RdbFacts& own, const RdbFacts& file);

// Looks at an RDB file as its bytes come: magic, version, end mark, and the
// checksum over all of it. Records are not looked at.
class RdbCheck {
 public:
  void Add(absl::string_view bytes);

  // STORE_CORRUPT if what was added is not a whole file, or none.
  // STORE_MISCONFIGURED if it has no checksum (`rdbchecksum no`).
  absl::StatusOr<RdbFacts> Finish() const;

 private:
  // The first bytes.
  std::string head_;
  // The last bytes, which may be the checksum, and what is before them.
  std::string tail_;
  uint64_t crc_ = 0;
  char last_ = 0;
  uint64_t bytes_ = 0;
};

// The same for a file. FILE_NOT_FOUND, FILE_UNAVAILABLE.
absl::StatusOr<RdbFacts> CheckRdbFile(const std::string& path);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_RDB_CHECK_H_
