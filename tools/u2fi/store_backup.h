#ifndef U2FI_TOOLS_U2FI_STORE_BACKUP_H_
#define U2FI_TOOLS_U2FI_STORE_BACKUP_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

// Copies the SQLite store `store` into the new file `out`. If a service uses
// it, that one makes the copy and goes on; it gets `patience` for it. The copy
// is then read and checked as a whole. Errors: FILE_NOT_FOUND (no store),
// FILE_UNAVAILABLE (`out` is there, is being written by another process, or
// cannot be written), DEADLINE_EXCEEDED
// (the service does not answer), those of InspectSqlite(); without an `out`.
absl::Status BackUpStore(const std::string& store, const std::string& out,
                         absl::Duration patience, Output& output);

// Puts a copy of `backup` where `store` is, checked before. STORE_IN_USE while
// a service uses it. A store that is there is kept as <store>.before-restore if
// `replace`, and otherwise refused: FILE_UNAVAILABLE. The store that is opened
// then has a new epoch, as after every start.
absl::Status RestoreStore(const std::string& backup, const std::string& store,
                          bool replace, Output& output);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_STORE_BACKUP_H_
