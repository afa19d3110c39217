#ifndef U2FI_SERVICES_COMMAND_GATE_COOLDOWNS_H_
#define U2FI_SERVICES_COMMAND_GATE_COOLDOWNS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/command-gate/command_store.h"
#include "services/common/audit/transition.h"
#include "services/common/store/store.h"

namespace u2fi::command_gate {

// Against prompt bombing: a requester whose questions people refuse, or let
// expire, several times in ten minutes may ask nobody for a while. Questions
// that he takes back himself count too: else he could ask, take back and ask.
// Kept in the partition (command-gate, tenant):
//   cool/<first 32 hex digits of SHA-256(requester)>   records.v1.CooldownRow
// Thread-safe.
class Cooldowns {
 public:
  struct Options {
    // Refusals, expiries and cancellations before a requester cools down.
    uint32_t refusals = 2;
    absl::Duration cooldown = absl::Seconds(60);
  };

  // `store` must outlive this object.
  Cooldowns(u2fi::store::Store& store, const Options& options)
      : store_(store), options_(options) {}

  // REQUESTER_COOLDOWN with a retry hint until the cool-down is over.
  absl::Status Check(absl::string_view tenant, absl::string_view requester,
                     absl::Time now);

  // Whether a move from `seen` to `next` ends a question without a yes:
  // declined, expired, cancelled by whomever, or every answer refused.
  static bool IsNo(const records::v1::CommandRow& seen,
                   const records::v1::CommandRow& next);

  // Adds to `transition`, which makes such a move, what is remembered of it.
  // True if the requester cools down from now on: then an alarm goes with it.
  absl::StatusOr<bool> AddNo(const StoredCommand& seen, absl::Time now,
                             audit::Transition& transition);

 private:
  struct Stored {
    records::v1::CooldownRow row;
    u2fi::store::Version version = u2fi::store::kAbsent;
    u2fi::store::Epoch epoch;
    std::string key;
  };
  absl::StatusOr<Stored> Read(absl::string_view tenant,
                              absl::string_view requester);

  u2fi::store::Store& store_;
  const Options options_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COOLDOWNS_H_
