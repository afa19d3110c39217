#ifndef U2FI_SERVICES_GATEWAY_AGENT_SITE_STORE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_SITE_STORE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/gateway-agent/journal.h"
#include "u2fi/gateway_agent/records/v1/records.pb.h"

namespace u2fi::gateway_agent {

// The agent's own memory, on its own disk: the journal of what was handed to
// devices, the pin sets that it believes, what is staged. Every write is on
// disk when it returns, but for the end of a command. Thread-safe. Errors are
// the store's.
//   j/<command id>   records.v1.JournalRow; kept for 40 days
//   h/<device>/<command id>   it was handed over and has no result yet
//   u/<command id>   its result was not acknowledged yet
//   d/<device>       records.v1.DeviceRow
//   s/<device>       records.v1.StageRow
//   p/<device>       records.v1.ChangeRow
//   m/journal        records.v1.JournalStart
//   m/denied         records.v1.DenyRow
// What is handed over, what comes of it, and what is believed of a device also
// leave a row of the audit in `journal` (audit/..., m/settled), in the same
// commit.
class SiteStore {
 public:
  // `store` must outlive this object, and `journal`, which is on it, for the
  // same tenant; tests may do without. STORE_PARTITION_INVALID if `tenant` is
  // no id.
  static absl::StatusOr<SiteStore> Open(store::Store& store,
                                        absl::string_view tenant,
                                        Journal* journal = nullptr);

  // Since when there is this journal, in milliseconds since 1970: `now_ms` if
  // it begins now.
  absl::StatusOr<uint64_t> Begin(uint64_t now_ms);

  absl::StatusOr<absl::optional<records::v1::JournalRow>> FindJournal(
      absl::string_view command_id);

  // A command that is going to a device.
  struct Handed {
    std::string command_id;
    records::v1::JournalRow row;
  };
  // Writes HANDED for all of them in one durable commit, or for none. At most
  // kMaxHanded. STORE_ABORTED if one is in the journal already,
  // AUDIT_UNAVAILABLE if the journal is full.
  static constexpr size_t kMaxHanded = 16;
  absl::Status Hand(const std::vector<Handed>& commands);

  // Commands that were handed over to `device`, or to any if that is empty, and
  // have no end yet; at most 10,000 or so.
  absl::StatusOr<std::vector<std::string>> Unfinished(absl::string_view device);

  // Adds the end of a command and keeps it until Acknowledge(). Gives the end
  // that stands: `result`, or the one that it had already. It survives this
  // process, not the machine: after that the command is unfinished again, and
  // the device is asked once more (decisions G2: one durable commit here).
  absl::StatusOr<gateway::v1::CommandResult> Finish(
      absl::string_view command_id, const gateway::v1::CommandResult& result);

  // The mesh has it. Not durable: what is sent twice does no harm.
  absl::Status Acknowledge(absl::string_view command_id);

  // Results that the mesh has not acknowledged, at most 10,000 or so.
  absl::StatusOr<std::vector<gateway::v1::CommandResult>> Unacknowledged();

  absl::StatusOr<absl::optional<records::v1::DeviceRow>> FindDevice(
      absl::string_view device);
  absl::StatusOr<absl::optional<records::v1::StageRow>> FindStage(
      absl::string_view device);

  // Every device that has a pin set, by id.
  absl::StatusOr<std::map<std::string, records::v1::DeviceRow>> Devices();
  // Every device for which something is staged, by id.
  absl::StatusOr<std::map<std::string, records::v1::StageRow>> Staged();

  // Replaces what is staged for a device.
  absl::Status Stage(absl::string_view device,
                     const records::v1::StageRow& row);
  absl::Status Unstage(absl::string_view device);

  // Installs what the agent believes of a device; what was staged is gone, and
  // so is a change that waited.
  absl::Status Install(absl::string_view device,
                       const records::v1::DeviceRow& row);
  // Believes nothing of the device any more.
  absl::Status Forget(absl::string_view device);

  // The change that the device has not answered yet.
  absl::StatusOr<absl::optional<records::v1::ChangeRow>> FindChange(
      absl::string_view device);
  // Every such change, by device.
  absl::StatusOr<std::map<std::string, records::v1::ChangeRow>> Changes();
  // Keeps a change. STORE_ABORTED if another one waits.
  absl::Status KeepChange(absl::string_view device,
                          const records::v1::ChangeRow& row);
  absl::Status DropChange(absl::string_view device);

  // The deny list; empty at first.
  absl::StatusOr<records::v1::DenyRow> Denied();
  absl::Status SetDenied(const records::v1::DenyRow& row);

 private:
  SiteStore(store::Store& store, store::Partition partition, Journal* journal)
      : store_(&store), partition_(std::move(partition)), journal_(journal) {}

  template <typename Row>
  absl::StatusOr<absl::optional<Row>> Find(const std::string& key);
  template <typename Row>
  absl::StatusOr<std::map<std::string, Row>> All(const std::string& prefix);
  // Ids under `prefix`, at most kMaxScanLimit.
  absl::StatusOr<std::vector<std::string>> Ids(const std::string& prefix);
  absl::Status Commit(
      std::vector<store::Expect> expect, std::vector<store::Put> put,
      std::vector<std::string> remove,
      store::Durability durability = store::Durability::kDurable);
  // The same with the rows that explain it.
  absl::Status Commit(store::CommitRequest commit,
                      std::vector<audit::RowContent> rows);
  // The engine may have begun anew.
  absl::Status NoteEpoch(absl::Status status);

  // The engine's incarnation, read when it is not known. Shared by copies.
  struct KnownEpoch {
    Mutex mutex;
    store::Epoch epoch ABSL_GUARDED_BY(mutex);
  };
  absl::StatusOr<store::Epoch> Epoch();

  store::Store* store_;
  store::Partition partition_;
  Journal* journal_;
  std::shared_ptr<KnownEpoch> known_ = std::make_shared<KnownEpoch>();
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_SITE_STORE_H_
