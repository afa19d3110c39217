#ifndef U2FI_SERVICES_COMMON_AUDIT_DECISION_QUEUE_H_
#define U2FI_SERVICES_COMMON_AUDIT_DECISION_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/audit/batch.h"
#include "services/common/audit/chain_writer.h"
#include "services/common/audit/executor.h"
#include "services/common/audit/row_tail.h"
#include "services/common/audit/transition.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::audit {

// Where one writer (service, replica, tenant) decides. Every state change of a
// service goes through here, so that nothing happens without its audit row:
// up to 64 transitions and their rows are one commit of the store, with the
// highest durability among them; while it is under way the next ones gather.
//
// The outcome of a transition:
//   OK                     it happened; its rows are in the store
//   STORE_ABORTED          it lost a race; metadata "key" says on what. Read
//                          the new state and stop. A `lost race` row remains
//   STORE_EPOCH_CHANGED    nothing happened; forget all that was read
//   STORE_OUTCOME_UNKNOWN  it happened or not: never a success; read again
//   STORE_UNAVAILABLE, AUDIT_UNAVAILABLE   nothing happened; try again later
//   AUDIT_CHAIN            nothing happened; see ChainWriter::Ready()
//   STORE_KEY_INVALID, STORE_LIMIT, AUDIT_FORMAT   see CheckTransition()
//
// Transitions are decided in the order of their arrival where they touch the
// same key. Thread-safe. The thread that waits for the first transition of a
// batch makes its commit, so that an idle queue costs no thread and no switch.
class DecisionQueue {
 public:
  struct Options {
    ChainOptions chain;
    // Transitions in one commit.
    size_t max_batch = 64;
    // Transitions that wait; more get AUDIT_UNAVAILABLE.
    size_t max_waiting = 4096;
    // Rows that no drained checkpoint covers; at this many bytes every
    // transition gets AUDIT_UNAVAILABLE: no audit, no action.
    size_t max_tail_bytes = 64 << 20;
  };
  using Done = std::function<void(const absl::StatusOr<Committed>&)>;

  // All must outlive this object. `executor` makes the commits of transitions
  // that no thread waits for.
  DecisionQueue(store::Store& store, const Clock& clock, RandomSource& random,
                Executor& executor, Options options);

  // Waits until everything that was submitted is decided.
  ~DecisionQueue();

  // Blocks until the transition is decided.
  absl::StatusOr<Committed> Commit(Transition transition);

  // Returns at once; `done` is called exactly once, perhaps before the return
  // and on any thread: it hands over and returns.
  void Submit(Transition transition, Done done);

  // Looks whether the store began a new incarnation, which else only the next
  // transition finds out: then what it forgot of the chain is written again,
  // and `on_epoch_change` hears of it. Errors are the store's, and AUDIT_CHAIN.
  absl::Status Follow();

  // What no drained checkpoint covers yet, for the drainer.
  RowTail& tail() { return tail_; }
  const v1::Writer& writer() const { return writer_; }
  const store::Partition& partition() const { return partition_; }

 private:
  // One transition on its way. A waiting thread's lives on its stack.
  struct Pending {
    Transition transition;
    Done done;  // Empty: a thread waits.
    absl::StatusOr<Committed> result;
    bool decided = false;
    bool leads = false;
    // Outlives the rest of it, so that the thread is woken without the locks,
    // which it needs at once.
    std::shared_ptr<CondVar> wake;
  };
  using Wakes = std::vector<std::shared_ptr<CondVar>>;

  absl::Status Admit() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Makes one commit, hands the lead on and delivers.
  void Lead();
  // Decides some of the first pending transitions.
  void DecideNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(leader_mutex_);
  void Gather() ABSL_EXCLUSIVE_LOCKS_REQUIRED(leader_mutex_);
  void FailEpoch(const store::Epoch& seen)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(leader_mutex_);
  void Assemble() ABSL_EXCLUSIVE_LOCKS_REQUIRED(leader_mutex_);
  void CommitBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(leader_mutex_);
  void Decide(const absl::StatusOr<store::Version>& version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(leader_mutex_);
  void FailAll(const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(leader_mutex_);
  // Tells the waiting threads whose transitions are decided, and the next
  // leader: who is to be woken. Leaves in `decided_` what has a callback.
  Wakes HandOver() ABSL_EXCLUSIVE_LOCKS_REQUIRED(leader_mutex_, mutex_);

  store::Store& store_;
  const v1::Writer writer_;
  const store::Partition partition_;
  const Options options_;
  RandomSource& random_;
  Executor& executor_;
  RowTail tail_;

  // Held by the leader while it commits. Before mutex_.
  Mutex leader_mutex_;
  ChainWriter chain_ ABSL_GUARDED_BY(leader_mutex_);
  Batch batch_ ABSL_GUARDED_BY(leader_mutex_);
  // Taken from waiting_, in order; those that do not fit come first next time.
  std::deque<Pending*> next_ ABSL_GUARDED_BY(leader_mutex_);
  std::vector<Pending*> members_ ABSL_GUARDED_BY(leader_mutex_);
  std::vector<Pending*> decided_ ABSL_GUARDED_BY(leader_mutex_);
  std::vector<RowId> ids_ ABSL_GUARDED_BY(leader_mutex_);

  Mutex mutex_;
  CondVar idle_;
  std::deque<Pending*> waiting_ ABSL_GUARDED_BY(mutex_);
  // Somebody commits or is about to.
  bool led_ ABSL_GUARDED_BY(mutex_) = false;
  // Threads that call callbacks.
  int delivering_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_DECISION_QUEUE_H_
