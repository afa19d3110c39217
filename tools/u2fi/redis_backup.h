#ifndef U2FI_TOOLS_U2FI_REDIS_BACKUP_H_
#define U2FI_TOOLS_U2FI_REDIS_BACKUP_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/store/redis_options.h"
#include "tools/u2fi/output.h"
#include "tools/u2fi/rdb_check.h"

namespace u2fi::cli {

// The server, which goes on, makes a snapshot of all it holds at one instant,
// as for a replica; it goes into the new file `out`, checked. `patience`: for
// each of the server's silences; it has ten of them to begin. Errors:
// FILE_UNAVAILABLE (`out` is there, or cannot be written), STORE_UNAVAILABLE
// (no answer, refused), STORE_CORRUPT (what comes is no snapshot); without an
// `out`.
absl::StatusOr<RdbFacts> FetchSnapshot(const store::RedisOptions& options,
                                       const std::string& out,
                                       absl::Duration patience, Output& output);

// The same for a master, and tells what came of it. STORE_UNAVAILABLE for a
// replica, which may lack what was acknowledged.
absl::Status BackUpRedis(const store::RedisOptions& options,
                         const std::string& out, absl::Duration patience,
                         Output& output);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_REDIS_BACKUP_H_
