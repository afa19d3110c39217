#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_STORE_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_STORE_H_

#include <string>

#include "services/common/random/random_source.h"
#include "services/common/store/opened_store.h"
#include "services/common/time/clock.h"

namespace u2fi::store {

struct SqliteOptions {
  // The file; beside it come `-wal` and `.lock`. On a local disk.
  std::string path;
  // SQLite's file layer; empty for the default. For tests.
  std::string vfs = {};
  // Make backups for those who ask in the folder (sqlite_backups.h).
  bool backups = false;
};

// The embedded engine: one file for all services of one process, in WAL mode.
// DURABLE and REPLICATED commits are on disk when they are answered
// (synchronous = FULL); VOLATILE ones follow within SqliteEngine::kFlushPeriod
// and are lost where the process dies before. The epoch is new at every opening
// and where a full disk took VOLATILE commits with it. Hints stay inside the
// process, and no other process can read the file meanwhile.
//
// Both references must outlive the store. STORE_IN_USE if another store has the
// file open, STORE_MISCONFIGURED if it is not ours or of another schema version
// or in a folder that does not exist.
absl::StatusOr<OpenedStore> OpenSqliteStore(const SqliteOptions& options,
                                            const Clock& clock,
                                            RandomSource& random);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_STORE_H_
