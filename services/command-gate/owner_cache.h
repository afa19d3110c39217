#ifndef U2FI_SERVICES_COMMAND_GATE_OWNER_CACHE_H_
#define U2FI_SERVICES_COMMAND_GATE_OWNER_CACHE_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/command-gate/gateway_directory.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::command_gate {

// What the directory said a moment ago, also that it knows nothing: requests to
// a gateway that is away do not reach the store each time. One look-up per
// gateway at a time; whoever comes meanwhile gets its answer. Errors are given
// to those who wait and not kept. Thread-safe; Find() blocks.
class OwnerCache {
 public:
  using Answer = absl::StatusOr<absl::optional<DirectoryEntry>>;

  // An answer is given again for so long.
  static constexpr absl::Duration kKeptFor = absl::Seconds(1);
  // So many answers are kept; then all that are settled are dropped.
  static constexpr size_t kMost = 4096;

  // The references must outlive this object.
  OwnerCache(const Clock& clock, GatewayDirectory& directory)
      : clock_(clock), directory_(directory) {}

  Answer Find(absl::string_view tenant, absl::string_view gateway);

  // The next Find() of this gateway, or of all of the tenant, asks the
  // directory: something has changed.
  void Forget(absl::string_view tenant, absl::string_view gateway);
  void ForgetTenant(absl::string_view tenant);

 private:
  // One look-up, under way or done.
  struct Flight {
    CondVar landed;
    bool under_way = true;
    absl::Duration read_at;
    Answer answer;
  };

  static std::string KeyOf(absl::string_view tenant, absl::string_view gateway);
  // The look-up that may answer, waited for; nullptr: the caller has to ask,
  // and the new one is in `own`.
  std::shared_ptr<Flight> Join(const std::string& key,
                               std::shared_ptr<Flight>& own);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  GatewayDirectory& directory_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<Flight>> flights_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_OWNER_CACHE_H_
