#ifndef U2FI_SERVICES_GATEWAY_AGENT_JOURNAL_H_
#define U2FI_SERVICES_GATEWAY_AGENT_JOURNAL_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/decision_queue.h"
#include "services/common/audit/executor.h"
#include "services/common/audit/heads.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/identity.h"
#include "u2fi/gateway/v1/session.pb.h"

namespace u2fi::gateway_agent {

// The agent's journal as one more writer of the audit (decisions D6): each row
// is written in the same commit as what it explains, follows the row before it,
// and goes up to the mesh under a checkpoint that the gateway's key signs. So
// an audit in the cloud that lacks what a gateway did is noticed. Each process
// begins a chain of its own: a state folder that is an old copy cannot continue
// a chain in two ways. Rows leave the disk when the mesh has them. Thread-safe.
class Journal {
 public:
  struct Options {
    // Rows that the mesh does not have; with more of them nothing begins.
    uint64_t most_rows = 100'000;
  };
  // Rows that go up at once.
  static constexpr size_t kRowsAtOnce = 250;

  // The references must outlive this object. STORE_PARTITION_INVALID if the
  // tenant is no id, AUDIT_FORMAT if the other names are none; the store's
  // errors.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(
      store::Store& store, const Clock& clock, RandomSource& random,
      const AgentIdentity& identity, const Options& options);

  // AUDIT_UNAVAILABLE if there is no room for `rows` more, and so nothing is to
  // begin. What has begun may end: Commit() does not ask.
  absl::Status CheckRoom(size_t rows) const;

  // Makes the transition happen together with its rows: outcomes as in
  // audit::DecisionQueue.
  absl::StatusOr<audit::Committed> Commit(audit::Transition transition);
  // A row of `content` for a transition.
  absl::StatusOr<audit::PreparedRow> Prepare(audit::RowContent content);

  // Called after each commit, by its thread: hand over and return. Once, before
  // the first commit.
  void OnCommit(std::function<void()> hook) { on_commit_ = std::move(hook); }

  // Puts what was committed so far on disk: until then it does not go up, since
  // a machine that loses its power may forget it and say something else.
  absl::Status Settle();

  // Rows that go up next, oldest first, with the checkpoint over them; without
  // rows: the mesh has everything that was settled. The store's errors;
  // AUDIT_FORMAT, AUDIT_CHAIN if somebody else wrote in the rows.
  absl::StatusOr<gateway::v1::AuditBacklog> Next();

  // The mesh has the rows of `chain` up to `sequence`: they go from the disk.
  absl::Status Acknowledge(const audit::v1::Writer& chain, uint64_t sequence);

  // The last row of this process; without writer: there is none yet.
  absl::StatusOr<audit::v1::RowReference> Head();
  // The chain of this process.
  const audit::v1::Writer& writer() const { return writer_; }
  // Rows that the mesh does not have.
  uint64_t rows() const;

 private:
  // Nobody submits without waiting, so it is never asked.
  class NoExecutor : public audit::Executor {
   public:
    void Schedule(std::function<void()> work) override { work(); }
  };

  Journal(store::Store& store, const Clock& clock, RandomSource& random,
          store::Partition partition, audit::v1::Writer writer,
          crypto::P256PrivateKey key, const Options& options);
  absl::StatusOr<int64_t> CountRows();
  // Only the head of this process's chain.
  absl::StatusOr<store::Snapshot> ReadHead();
  // Up to which row the chain may go up.
  uint64_t SettledOf(const audit::v1::Writer& chain);
  audit::v1::SignedCheckpoint Sign(const audit::v1::Writer& chain,
                                   const audit::ChainHead& head) const;
  absl::Status Remove(std::vector<std::string> keys);
  // The head of an earlier process whose rows are gone.
  absl::Status ForgetIfEmpty(const audit::v1::Writer& chain);

  store::Store& store_;
  const Clock& clock_;
  RandomSource& random_;
  const store::Partition partition_;
  const audit::v1::Writer writer_;
  const audit::CheckpointSigner signer_;
  const Options options_;
  NoExecutor no_executor_;
  std::function<void()> on_commit_;
  // Below zero at most: a row of an unknown outcome was not counted.
  std::atomic<int64_t> rows_{0};
  Mutex mutex_;
  // Rows of this process up to here are on disk.
  uint64_t settled_ ABSL_GUARDED_BY(mutex_) = 0;
  audit::DecisionQueue queue_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_JOURNAL_H_
