#ifndef U2FI_SERVICES_COMMAND_GATE_GATEWAY_DIRECTORY_H_
#define U2FI_SERVICES_COMMAND_GATE_GATEWAY_DIRECTORY_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/command-gate/gateway_sender.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"
#include "u2fi/command_gate/records/v1/replicas.pb.h"

namespace u2fi::command_gate {

// Where the directory says that a gateway's stream is, or was last.
struct DirectoryEntry {
  GatewaySession session;
  // Id of the replica, and where it hears others. Empty: the stream is closed.
  std::string replica;
  std::string address;
  // The owner is believed until then.
  absl::Time lease_end;
  // When the stream was closed; InfiniteFuture if it is open.
  absl::Time gone;

  // Whether the gateway counts as connected: its owner's lease runs, or its
  // stream was closed at most `grace` ago.
  bool IsPresent(absl::Time now, absl::Duration grace) const;
};

// Which replica holds which gateway's stream: one record per gateway in the
// partition (command-gate, tenant), moved by compare-and-set. The higher
// generation wins, so whoever has lost a gateway cannot take it back with an
// old stream. The records are VOLATILE: what a failover of the store forgets
// comes back with the next renewal. Thread-safe; every method blocks on the
// store and may fail with its errors.
class GatewayDirectory {
 public:
  // Who asks.
  struct Options {
    // Id of this run of the replica, 16 hex digits.
    std::string replica;
    // `host:port` where it hears others.
    std::string address;
    // A record is believed this long after it was written.
    absl::Duration lease = absl::Seconds(90);
  };

  // At most so many gateways in one call of Renew() and Release().
  static constexpr size_t kMostAtOnce = 500;

  // The references must outlive this object.
  GatewayDirectory(const Clock& clock, store::Store& store, Options options)
      : clock_(clock), store_(store), options_(std::move(options)) {}

  const Options& options() const { return options_; }

  // Writes a new stream of this replica, whoever had the gateway before. The
  // session comes back with its generation, above all earlier ones.
  absl::StatusOr<GatewaySession> Claim(GatewaySession session);

  // Begins the leases of these streams of one tenant anew, and brings back
  // what the store forgot. Those that are not this replica's any more come
  // back: their streams are stale.
  absl::StatusOr<std::vector<GatewaySession>> Renew(
      const std::vector<GatewaySession>& sessions);

  // These streams of one tenant are closed, since `gone` each. Records of
  // other streams stay as they are.
  struct Closed {
    GatewaySession session;
    absl::Time gone;
  };
  absl::Status Release(const std::vector<Closed>& closed);

  // What the record of the gateway says; nothing if there is none. Whether it
  // is to be believed still: DirectoryEntry::IsPresent().
  absl::StatusOr<absl::optional<DirectoryEntry>> Find(
      absl::string_view tenant, absl::string_view gateway);

  // At most `limit` records of the tenant by id of the gateway, from the one
  // after `after` on. `more`: there are others.
  struct Page {
    std::vector<DirectoryEntry> entries;
    bool more = false;
  };
  absl::StatusOr<Page> List(absl::string_view tenant, absl::string_view after,
                            size_t limit);

 private:
  // Decides on the record of the gateway at this index, which has schema 0 if
  // it does not exist. True: it is to be written.
  using Change = std::function<bool(size_t index, records::v1::DirectoryRow&)>;

  // Reads the records, lets `change` decide, and writes by compare-and-set;
  // again while others are faster.
  absl::Status Update(absl::string_view tenant,
                      const std::vector<std::string>& gateways,
                      const Change& change);
  absl::Status UpdateOnce(const store::Partition& partition,
                          const std::vector<std::string>& keys,
                          const Change& change);
  // The record of an open stream of this replica.
  records::v1::DirectoryRow RowOf(const GatewaySession& session) const;
  bool IsMine(const records::v1::DirectoryRow& row,
              const GatewaySession& session) const;

  const Clock& clock_;
  store::Store& store_;
  const Options options_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_DIRECTORY_H_
