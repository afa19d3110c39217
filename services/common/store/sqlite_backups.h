#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_BACKUPS_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_BACKUPS_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/sync/sync.h"

namespace u2fi::store {

// Names beside the database file.
std::string BackupWantedName(const std::string& file);
std::string BackupName(const std::string& file);
std::string BackupFailedName(const std::string& file);

// Makes backups of a database file for whoever may write into its folder, while
// the process that has the file goes on. Who wants one makes FILE.backup-wanted
// and waits until that is gone: then there is FILE.backup, complete and on
// disk, or FILE.backup-failed with the cause as text. Both are those of the
// last time. A process that dies meanwhile makes it after its next start; one
// that cannot remove the wish makes one.
class SqliteBackups {
 public:
  // Makes a copy of the database in the new file `path`. Blocks.
  using BackUp = std::function<absl::Status(const std::string& path)>;

  // How often it looks.
  static constexpr absl::Duration kPeriod = absl::Seconds(1);

  // Begins to look, on a thread of its own.
  SqliteBackups(std::string file, BackUp back_up);
  // Waits for a backup that is being made.
  ~SqliteBackups();

  // Does now what is wanted; for tests.
  void Look();

 private:
  void Run();
  absl::Status Make();

  const std::string file_;
  const BackUp back_up_;
  // Held while it looks.
  Mutex look_;
  // The wish was fulfilled and is still there: it is not fulfilled again.
  bool stuck_ ABSL_GUARDED_BY(look_) = false;
  Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_BACKUPS_H_
