#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_STORE_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_STORE_H_

#include "services/common/random/random_source.h"
#include "services/common/store/opened_store.h"
#include "services/common/store/redis_options.h"
#include "services/common/time/clock.h"

namespace u2fi::store {

// The engine for more than one machine: Redis or Valkey, 7.0 or newer, alone or
// behind Sentinel. DURABLE means what the server's appendfsync gives; a
// failover may lose acknowledged writes, and then the epoch changes, so that
// nothing of the old incarnation can be consumed.
//
// Connects before it returns, and tries reading, writing and removing one key,
// so that a missing right shows now. STORE_MISCONFIGURED if the server evicts
// keys or is too old or the options are wrong, STORE_UNAVAILABLE if it is away.
// Both references must outlive the store. SIGPIPE is ignored from here on, if
// the program has no handler for it.
absl::StatusOr<OpenedStore> OpenRedisStore(const RedisOptions& options,
                                           const Clock& clock,
                                           RandomSource& random);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_STORE_H_
