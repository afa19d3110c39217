#ifndef U2FI_SERVICES_COMMAND_GATE_DIRECTORY_KEEPER_H_
#define U2FI_SERVICES_COMMAND_GATE_DIRECTORY_KEEPER_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/command-gate/gateway_directory.h"
#include "services/command-gate/stream_claims.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::command_gate {

// Keeps the directory in step with the streams of this replica: claims them,
// renews the leases of those that are heard from, a third of a lease after the
// last time, many in one commit, and releases what has ended. Thread-safe.
class DirectoryKeeper : public StreamClaims {
 public:
  // What it tells; may block.
  struct Listener {
    // A stream of this replica was opened or closed: others should know.
    std::function<void(const GatewaySession&)> moved;
    // Somebody else has the gateway now: the stream is stale.
    std::function<void(const GatewaySession&)> lost;
  };

  // The references must outlive this object.
  DirectoryKeeper(const Clock& clock, GatewayDirectory& directory,
                  Listener listener)
      : clock_(clock), directory_(directory), listener_(std::move(listener)) {}

  absl::StatusOr<GatewaySession> Claim(GatewaySession session) override;
  void Heard(const GatewaySession& session) override;
  void Gone(const GatewaySession& session) override;

  // One round of renewals and releases, about once a second, and once more at
  // the end. What fails is tried again in the next round.
  void Keep();

  // The next round looks at all streams of the tenant: something may have been
  // missed.
  void CheckAll(absl::string_view tenant);

 private:
  struct Kept {
    GatewaySession session;
    absl::Duration renewed_at;
    absl::Duration heard_at;
  };

  static std::string KeyOf(const GatewaySession& session);
  void AddGone(const GatewayDirectory::Closed& closed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsDue(const Kept& kept) const;
  // By tenant, at most GatewayDirectory::kMostAtOnce in each.
  std::vector<std::vector<GatewaySession>> TakeDue();
  std::vector<std::vector<GatewayDirectory::Closed>> TakeGone();
  void Renew(const std::vector<GatewaySession>& sessions);
  void Release(const std::vector<GatewayDirectory::Closed>& closed);

  const Clock& clock_;
  GatewayDirectory& directory_;
  const Listener listener_;
  Mutex mutex_;
  std::map<std::string, Kept> kept_ ABSL_GUARDED_BY(mutex_);
  // The last of each gateway.
  std::map<std::string, GatewayDirectory::Closed> gone_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_DIRECTORY_KEEPER_H_
