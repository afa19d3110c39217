#ifndef U2FI_TOOLS_SOFT_TOKEN_COUNTER_STORE_H_
#define U2FI_TOOLS_SOFT_TOKEN_COUNTER_STORE_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace u2fi::soft_token {

// The token's one counter, for all its keys. Not thread-safe.
class CounterStore {
 public:
  virtual ~CounterStore() = default;

  // A value greater than every one returned before, by this process or an
  // earlier one. On an error there is none, and the token must not sign.
  virtual absl::StatusOr<uint32_t> Next() = 0;

  // The last value returned by this process; before that, a value at least as
  // great as every one that was.
  virtual uint32_t last() const = 0;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_COUNTER_STORE_H_
