#ifndef U2FI_SERVICES_COMMON_STORE_FAKE_SQLITE_VFS_H_
#define U2FI_SERVICES_COMMON_STORE_FAKE_SQLITE_VFS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/common/sync/sync.h"

namespace u2fi::store {

// A file layer for SQLite that passes everything on to the real one and asks a
// hook before each step that changes the disk: tests count the steps, make them
// fail, or kill the process there. Registered under name() while it lives; all
// databases opened with it must be closed first. Thread-safe.
class FakeSqliteVfs {
 public:
  enum class Step { kWrite, kTruncate, kSync, kDelete };
  // Returns 0 to go on, or the SQLite error that the step ends with.
  using Hook = std::function<int(Step step, const std::string& path)>;

  FakeSqliteVfs();
  ~FakeSqliteVfs();

  // What a step is about to do with a file: `data` at `at`, or the new size.
  struct Done {
    Step step;
    std::string path;
    int64_t at = 0;
    std::string data;
  };
  // Hears of each step that goes on, in order.
  using Recorder = std::function<void(Done done)>;

  const std::string& name() const { return name_; }
  void SetHook(Hook hook);
  void SetRecorder(Recorder recorder);

  // What the hook says about a step. For the file layer itself.
  int Ask(Step step, const std::string& path, int64_t at = 0,
          absl::string_view data = {});

 private:
  struct Registration;

  const std::string name_;
  Registration* const registration_;
  Mutex mutex_;
  Hook hook_ ABSL_GUARDED_BY(mutex_);
  Recorder recorder_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_FAKE_SQLITE_VFS_H_
