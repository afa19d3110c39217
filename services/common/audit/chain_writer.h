#ifndef U2FI_SERVICES_COMMON_AUDIT_CHAIN_WRITER_H_
#define U2FI_SERVICES_COMMON_AUDIT_CHAIN_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/audit/chain.h"
#include "services/common/audit/row_tail.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// The store began a new incarnation and may have forgotten acknowledged
// writes. The rows are in the store again; the state they explain is not.
struct EpochChange {
  store::Epoch old_epoch;
  store::Epoch new_epoch;
  // The rows that the store had lost and that were written again, in order.
  std::vector<TailRow> rewritten;
};

// Whose chain, and where.
struct ChainOptions {
  store::Partition partition;
  v1::Writer writer;
  // Hears of each epoch change after the rows are back, before the next
  // transition, on the thread that commits: hand over and return.
  std::function<void(const EpochChange&)> on_epoch_change;
};

// Keeps one writer's chain in a store: row after row in the same commits as
// the state they explain. It knows what the store acknowledged, finds out what
// became of a commit whose outcome was unknown before it writes anything else,
// and writes rows again, same bytes, that a new incarnation of the store has
// forgotten. Not thread-safe; the tail is.
class ChainWriter {
 public:
  // All must outlive this object. `tail` gets every acknowledged row.
  ChainWriter(store::Store& store, const Clock& clock, RandomSource& random,
              RowTail& tail, ChainOptions options);

  // Makes the chain ready: opens it on first use (an incarnation that has rows
  // is continued; a fresh one takes the latest other writer of the partition
  // as its predecessor), resolves an unknown outcome, and looks for a new
  // epoch if `seen` is not the one it knows. Cheap when there is nothing to
  // do. Errors of the store; AUDIT_CHAIN while rows that are not of this
  // object stand in its chain: those of another process, or its own that a
  // replaced master of the store has and it has given up.
  absl::Status Ready(const store::Epoch& seen);

  // The incarnation of the store that the chain is in. After Ready().
  const store::Epoch& epoch() const { return epoch_; }

  // Commits `request` together with `rows` and the head, and puts the rows'
  // ids into `ids`. `request` comes without epoch and gets its own content
  // back, so that the caller can take a loser out and try again. After
  // Ready(). Errors of Store::Commit; nothing was written except perhaps
  // after STORE_OUTCOME_UNKNOWN, which the next Ready() resolves.
  absl::StatusOr<store::Version> Commit(
      store::CommitRequest& request,
      const std::vector<const PreparedRow*>& rows, std::vector<RowId>& ids);

  const v1::Writer& writer() const { return options_.writer; }

 private:
  // A commit that may have happened.
  struct Unresolved {
    ChainHead head;
    std::vector<TailRow> rows;
  };

  absl::Status Open();
  absl::Status Continue(const store::Entry& entry);
  absl::Status LoadTail();

  // Finds out where the chain stands in the store, in a few attempts. Each
  // attempt says whether it wants another one.
  absl::Status Resync();
  absl::StatusOr<bool> ResyncOnce();
  absl::StatusOr<bool> SettleInEpoch(const store::Entry& entry);
  absl::StatusOr<bool> Fence();
  absl::StatusOr<bool> EnterEpoch(store::Epoch epoch,
                                  const store::Entry& entry);
  // Writes what the chain in the store, of which `entry` is the head, lacks of
  // ours, and keeps it in `rewritten_`. The head's version.
  absl::StatusOr<store::Version> WriteLost(const store::Epoch& epoch,
                                           const store::Entry& entry);
  bool IsAt(const ChainHead& head, const store::Entry& entry) const;
  absl::StatusOr<uint64_t> FindInChain(const store::Entry& entry);
  absl::StatusOr<store::Version> Rewrite(const store::Epoch& epoch,
                                         store::Version head_version,
                                         const std::vector<TailRow>& rows);
  void Confirm();
  void NoteEpoch(const EpochChange& change);

  absl::StatusOr<store::Version> CommitOnce(
      store::CommitRequest& request,
      const std::vector<const PreparedRow*>& rows, std::vector<RowId>& ids);
  absl::StatusOr<store::Version> Send(
      store::CommitRequest& request,
      const std::vector<const PreparedRow*>& rows, ChainHead& head);
  void AddHead(const ChainHead& head, store::Version expected,
               store::CommitRequest& request) const;
  void Acknowledged(const ChainHead& head, store::Version version,
                    std::vector<RowId>& ids);

  store::Store& store_;
  const Clock& clock_;
  RandomSource& random_;
  RowTail& tail_;
  const ChainOptions options_;
  const std::string head_key_;
  const std::string row_prefix_;

  bool open_ = false;
  absl::optional<ChainBuilder> builder_;
  store::Epoch epoch_;
  // Where the chain stands as far as the store acknowledged it.
  ChainHead head_;
  store::Version head_version_ = store::kAbsent;
  absl::optional<Unresolved> unresolved_;
  // The next Ready() must resync.
  bool stale_ = false;
  // First row of an unknown outcome that ended with the epoch.
  absl::optional<RowId> unconfirmed_;
  // Rows that were written again since the last EpochChange, by sequence: all
  // of them belong to the next one, in how many attempts it may succeed.
  std::map<uint64_t, TailRow> rewritten_;
  // Rows of our own that go before the next ones.
  std::vector<PreparedRow> notes_;
  // The rows of the commit that is being tried.
  std::vector<TailRow> building_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_CHAIN_WRITER_H_
