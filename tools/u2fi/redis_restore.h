#ifndef U2FI_TOOLS_U2FI_REDIS_RESTORE_H_
#define U2FI_TOOLS_U2FI_REDIS_RESTORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/random/random_source.h"
#include "services/common/store/redis_options.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

struct RedisRestore {
  // What BackUpRedis() made.
  std::string file;
  store::RedisOptions options = {};
  // A server that holds something is restored too; that is kept as
  // <file>.before-restore.
  bool replace = false;
  // Where the server reaches this program: "HOST" or "HOST:PORT"; empty: the
  // address from which this program reaches the server.
  std::string listen = {};
  // For each of the server's silences; it may be busy for longer.
  absl::Duration patience = absl::Minutes(1);
};

// Gives the running server the contents of the file in place of its own: this
// program is its master for a moment, and the server then a master of its own
// with a new replication id, so a new epoch. OK once the append-only file, if
// the server keeps one, has it on disk. Errors: those of CheckRdbFile(),
// STORE_IN_USE (it holds something, without `replace`), FILE_UNAVAILABLE (what
// it holds cannot be kept), STORE_UNAVAILABLE (a replica, no answer, refused)
// with what has become of the server.
absl::Status RestoreRedis(const RedisRestore& restore, RandomSource& random,
                          Output& output);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_REDIS_RESTORE_H_
