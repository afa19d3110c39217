#ifndef U2FI_SERVICES_COMMAND_GATE_APPROVAL_FEED_H_
#define U2FI_SERVICES_COMMAND_GATE_APPROVAL_FEED_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "services/command-gate/command_watchers.h"
#include "services/command-gate/questions.h"
#include "services/common/audit/executor.h"
#include "services/common/sync/sync.h"
#include "u2fi/command_gate/v1/approvals.pb.h"

namespace u2fi::command_gate {

// What waits for an account: first all questions that are open, oldest command
// first, then each that comes or changes, once. It registers first and reads
// then, so that nothing falls between the two; each change is read from the
// store, so that several at once may be told as the last of them. Holds no
// thread while it waits.
class ApprovalFeed : public std::enable_shared_from_this<ApprovalFeed> {
 public:
  using Event = v1::WatchApprovalsResponse;
  // Nothing: questions cannot be read; the reader starts anew. Called under a
  // lock, on any thread: it only hands over.
  using Callback = std::function<void(const absl::optional<Event>&)>;

  // What it works with. All must outlive the server that it serves.
  struct Parts {
    CommandStore& commands;
    CommandWatchers& watchers;
    audit::Executor& executor;
    Questions& questions;
  };
  // Who reads.
  struct Reader {
    std::string tenant;
    std::string account;
    // The portal also gets the statements that its browsers answer.
    bool portal = false;
  };

  // No event comes after it is gone.
  class Watch {
   public:
    explicit Watch(std::shared_ptr<ApprovalFeed> feed)
        : feed_(std::move(feed)) {}
    ~Watch() { feed_->Stop(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    const std::shared_ptr<ApprovalFeed> feed_;
  };

  static std::unique_ptr<Watch> Start(const Parts& parts, Reader reader,
                                      Callback callback);

 private:
  // A command with questions that were told and are open, by their ids.
  struct Known {
    // Counts the commands as they come.
    uint64_t order = 0;
    std::map<std::string, v1::PendingApproval> open;
  };

  ApprovalFeed(const Parts& parts, Reader reader, Callback callback)
      : parts_(parts),
        reader_(std::move(reader)),
        callback_(std::move(callback)) {}

  void Begin();
  void Stop();
  // The command is to be read. One thread at a time reads, so that what it
  // tells never goes back.
  void Note(const std::string& command_id);
  // All are, and what is new.
  void NoteAll();
  void WorkLater() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Work();
  // The command to read next; empty: the first time, all that are open. False
  // if there is none.
  bool Next(std::string& command_id);
  absl::Status ReadAll();
  absl::Status Read(const std::string& command_id);
  absl::Status Hear(const StoredCommand& command);
  // Tells the question if it is open or was told, and is not as it was told.
  void Tell(Known& known, v1::PendingApproval question,
            const v1::PendingApproval& bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // How many questions at the same place were told before.
  uint32_t Before(const Known& known, const std::string& gateway) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Parts parts_;
  const Reader reader_;
  Mutex mutex_;
  // Empty after Stop().
  Callback callback_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> dirty_ ABSL_GUARDED_BY(mutex_);
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  bool working_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_order_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<CommandWatchers::Watch> watch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_APPROVAL_FEED_H_
