#ifndef U2FI_SERVICES_GATEWAY_AGENT_JOURNAL_SENDER_H_
#define U2FI_SERVICES_GATEWAY_AGENT_JOURNAL_SENDER_H_

#include <thread>

#include "absl/time/time.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/journal.h"
#include "services/gateway-agent/mesh_sender.h"

namespace u2fi::gateway_agent {

// Takes the journal up to the mesh: every ten seconds in which there was
// something, and after each connection; the next rows when the mesh has those
// before. One thread, which sleeps while there is nothing. Thread-safe.
class JournalSender : public MeshHandler {
 public:
  struct Options {
    absl::Duration settle_every = absl::Seconds(10);
    // Rows that were not acknowledged so long go up again.
    absl::Duration again_after = absl::Minutes(1);
  };

  // The references must outlive this object. `journal` has no other hook.
  JournalSender(Journal& journal, MeshSender& mesh, const Clock& clock,
                const Options& options);
  JournalSender(Journal& journal, MeshSender& mesh, const Clock& clock)
      : JournalSender(journal, mesh, clock, Options()) {}
  ~JournalSender() override { Stop(); }

  void OnConnected(const gateway::v1::Welcome& welcome) override;
  bool OnMessage(const gateway::v1::MeshMessage& message) override;

  // Settles what there is, and ends the thread.
  void Stop();

 private:
  // What is to be done now.
  struct Task {
    bool settle = false;
    // The mesh says that it has the rows of `sent_` up to here; 0: nothing new.
    uint64_t acknowledged = 0;
    // The same of this process's chain, said by a Welcome.
    uint64_t welcomed = 0;
    bool send = false;
  };

  void WorkUntilStopped();
  Task NextTask(bool& stopped);
  Task TakeTask() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // How long nothing is to be done.
  absl::Duration Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The mesh has rows of what went up last; never more than it was given.
  void Acknowledge(uint64_t sequence);
  void Settle();
  void SendNext();

  Journal& journal_;
  MeshSender& mesh_;
  const Clock& clock_;
  const Options options_;
  // The rows that went up last: their chain and the last one. Only on the
  // thread.
  audit::v1::Writer sent_;
  uint64_t sent_to_ = 0;
  Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  // When there is something to settle, and when something is to be sent, by
  // Clock::Uptime().
  absl::Duration settle_at_ ABSL_GUARDED_BY(mutex_);
  absl::Duration send_at_ ABSL_GUARDED_BY(mutex_);
  uint64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t welcomed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread working_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_JOURNAL_SENDER_H_
