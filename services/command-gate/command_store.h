#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_STORE_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_STORE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/command-gate/approval_places.h"
#include "services/common/audit/transition.h"
#include "services/common/store/store.h"
#include "u2fi/command_gate/records/v1/records.pb.h"

namespace u2fi::command_gate {

// How far above its highest number a device takes another one (the kit's
// U2FI_WINDOW_MAX_STEP), and the highest that a gateway's word may lead to.
inline constexpr uint64_t kMaxSequenceStep = uint64_t{1} << 32;
inline constexpr uint64_t kMaxSequence = uint64_t{1} << 63;
// Numbers that are left out at least where the store began anew: it may have
// forgotten some that it gave (command_sequences.h).
inline constexpr uint64_t kLostSequences = 1 << 16;

// A command as read, with what a write of it must expect.
struct StoredCommand {
  std::string tenant;
  records::v1::CommandRow row;
  u2fi::store::Version version = u2fi::store::kAbsent;
  u2fi::store::Epoch epoch;

  bool exists() const { return version != u2fi::store::kAbsent; }
};

// What a submission reads at once.
struct SubmitView {
  // The command, if the same request came before.
  StoredCommand command;
  // The last sequence number that the device may have got, and its version.
  uint64_t last_sequence = 0;
  u2fi::store::Version sequence_version = u2fi::store::kAbsent;
  // For each approver, keys of a free place among the open approvals of the
  // account and of the gateway; empty: all are taken. No key twice.
  struct Place {
    std::string account;
    std::string gateway;
  };
  std::vector<Place> places;
};

// What the submission of a batch reads at once.
struct BatchView {
  // As for a single command; its sequence is not read.
  SubmitView first;
  // The last sequence number of each device, and its version.
  struct Sequence {
    uint64_t last = 0;
    u2fi::store::Version version = u2fi::store::kAbsent;
  };
  std::map<std::string, Sequence> sequences;
};

// A due timer.
struct DueTimer {
  std::string key;
  std::string command_id;
};

// The gate's records of all tenants, in partition (command-gate, tenant):
//   c/<command id>                      records.v1.CommandRow
//   s/<device>                          records.v1.SequenceRow
//   open/a/<account>/<0..3>             id of a command that waits for a touch
//   open/g/<gateway>/<0..15>            the same, per approver gateway
//   list/<account>/<9…9 - ms>/<id>      index for lists, newest first
//   g/<gateway>/<command id>            commands that a gateway has to execute
//   x/<transaction>                     id of the command that has it
//   timer/<due ms, 13 digits>/command/<id>
//   confirm                             empty: see Confirm()
// Reads, but for Confirm() and FollowSequence(): writes go into a transition
// with their audit row. Thread-safe.
class CommandStore {
 public:
  // `store` must outlive this object. An account has `open_per_account`
  // questions open at most, 1 to kMaxOpenPerAccount.
  explicit CommandStore(u2fi::store::Store& store,
                        int open_per_account = kMaxOpenPerAccount)
      : store_(store), open_per_account_(open_per_account) {}

  // The command; exists() is false if there is none.
  absl::StatusOr<StoredCommand> Read(absl::string_view tenant,
                                     absl::string_view command_id);

  // `device` may be empty (an act on an account): no sequence is read. For
  // each of the row's slots (FREE: none) a place is looked for.
  absl::StatusOr<SubmitView> ReadForSubmit(absl::string_view tenant,
                                           absl::string_view device,
                                           const records::v1::CommandRow& row);

  // The same for a batch whose first row is `row`.
  absl::StatusOr<BatchView> ReadForBatch(
      absl::string_view tenant, const std::vector<std::string>& devices,
      const records::v1::CommandRow& row);

  // The commands of the batch that `first` is the first one of, itself
  // included, in order. RESOURCE_UNKNOWN if one is gone.
  absl::StatusOr<std::vector<StoredCommand>> ReadBatch(
      const StoredCommand& first);

  // Ids of the commands that `gateway` has to execute, at most 1,000, and of
  // those that wait for a touch there.
  absl::StatusOr<std::vector<std::string>> ListForGateway(
      absl::string_view tenant, absl::string_view gateway);

  // Ids of the commands, of batches the first, that wait for `account`.
  absl::StatusOr<std::vector<std::string>> ListForApprover(
      absl::string_view tenant, absl::string_view account);

  // Ids of the commands, of batches the first, that hold places of approvers.
  absl::StatusOr<std::vector<std::string>> ListOpen(absl::string_view tenant);

  // How many commands wait for a touch at `gateway`.
  absl::StatusOr<uint32_t> CountOpen(absl::string_view tenant,
                                     absl::string_view gateway);

  // Id of the command that has this transaction of the registry; empty: none.
  absl::StatusOr<std::string> FindByTransaction(absl::string_view tenant,
                                                absl::string_view transaction);

  // Returns once all that was read under `epoch` is where an acknowledged write
  // has to be: the commit that wrote it may have been refused an answer because
  // no replica had it yet. STORE_EPOCH_CHANGED: read again.
  absl::Status Confirm(absl::string_view tenant,
                       const u2fi::store::Epoch& epoch);

  // Numbers for `device`, whose highest is `high`, go on after it: because it
  // has seen numbers which the store forgot (decisions A14), or because the
  // present ones are more than kMaxSequenceStep ahead, which it refuses. So a
  // gateway that lies about `high` makes some commands fail, and no more.
  // Nothing happens otherwise, or beyond kMaxSequence.
  absl::Status FollowSequence(absl::string_view tenant,
                              const std::string& device, uint64_t high);

  // Timers of `tenant` that are due at `now`, oldest first, at most 100.
  absl::StatusOr<std::vector<DueTimer>> ListDue(absl::string_view tenant,
                                                absl::Time now);

  // Ids of the commands of `account`, newest first, after `after` (the last
  // key of the page before, or empty).
  struct ListPage {
    std::vector<std::string> command_ids;
    std::string last_key;
    bool more = false;
  };
  absl::StatusOr<ListPage> List(absl::string_view tenant,
                                absl::string_view account,
                                absl::string_view after, size_t limit);

 private:
  u2fi::store::Store& store_;
  const int open_per_account_;
};

// The key of a device's SequenceRow.
std::string SequenceKey(absl::string_view device);

// Adds to `transition` the writes that turn `seen` into `next`: the record with
// its expectation, its timer for the next deadline, its indices, and the places
// it gives up when nobody is asked any more. Sets next.timer and next.places.
void AddWrites(const StoredCommand& seen, records::v1::CommandRow& next,
               audit::Transition& transition);

// The same for a command that moves together with the first one of its batch,
// whose expectation stands for its own.
void AddDrivenWrites(const records::v1::CommandRow& seen,
                     records::v1::CommandRow& next,
                     audit::Transition& transition);

// Adds the writes of a command's first record: also its sequence number and
// its places.
void AddFirstWrites(const SubmitView& view, records::v1::CommandRow& first,
                    audit::Transition& transition);

// Adds the writes of a new batch, whose first command holds its places. All
// have their sequence numbers.
void AddBatchWrites(const BatchView& view,
                    std::vector<records::v1::CommandRow>& rows,
                    audit::Transition& transition);

// From when on the state cannot stand any more, in milliseconds since 1970; 0:
// never (final states).
uint64_t DeadlineMs(const records::v1::CommandRow& row);

// When the sweeper has to look at the command next: at its deadline, or two
// seconds after a step that nobody outside has to answer, in case that a crash
// left it lying. 0: never.
uint64_t NextLookMs(const records::v1::CommandRow& row);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_STORE_H_
