#ifndef U2FI_SERVICES_COMMON_AUDIT_TRANSITION_H_
#define U2FI_SERVICES_COMMON_AUDIT_TRANSITION_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/common/audit/row.h"
#include "services/common/store/store.h"

namespace u2fi::audit {

// A decision: what changes in the service's partition if nobody else was
// faster, and the rows that explain it. All of it happens, or nothing but a
// `lost race` row.
struct Transition {
  // From the reads that `expect` comes from.
  store::Epoch epoch;
  std::vector<store::Expect> expect;
  std::vector<store::Put> put;
  std::vector<std::string> remove;
  store::Durability durability = store::Durability::kReplicated;
  // At least one, written in this order. If the transition loses its race,
  // the first becomes a `lost race` row and the others are not written.
  std::vector<PreparedRow> rows;
};

// A transition that happened.
struct Committed {
  // Of all keys that the transition put.
  store::Version version = store::kAbsent;
  // Its first row.
  RowId row;
};

// Room that every commit keeps for what the queue adds.
inline constexpr size_t kReservedKeys = 16;
inline constexpr size_t kReservedBytes = 64 << 10;

// What a transition costs of a commit's limits.
struct TransitionSize {
  size_t keys = 0;
  size_t bytes = 0;
};
TransitionSize SizeOf(const Transition& transition);

// Refuses alone what would spoil a whole batch: no row (AUDIT_FORMAT), keys
// named twice, bad keys or keys under "audit/" (STORE_KEY_INVALID), too many
// keys or bytes (STORE_LIMIT).
absl::Status CheckTransition(const Transition& transition);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_TRANSITION_H_
