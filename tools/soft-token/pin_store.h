#ifndef U2FI_TOOLS_SOFT_TOKEN_PIN_STORE_H_
#define U2FI_TOOLS_SOFT_TOKEN_PIN_STORE_H_

#include <string>

#include "absl/status/status.h"

namespace u2fi::soft_token {

// Wrong PINs that a key takes before it is blocked for good (CTAP 2.1, 6.5.2.3
// allows 8), and how many in a row before it wants to be pulled out.
inline constexpr int kMaxPinRetries = 8;
inline constexpr int kMaxPinMismatches = 3;

// What outlives a power cycle.
struct PinRecord {
  // The first 16 bytes of the PIN's SHA-256; empty: there is no PIN.
  std::string hash;
  int retries = kMaxPinRetries;

  bool is_set() const { return !hash.empty(); }
};

// Where a token keeps its PIN. Not thread-safe.
class PinStore {
 public:
  virtual ~PinStore() = default;

  // What was saved last, by this process or an earlier one.
  virtual const PinRecord& record() const = 0;

  // Replaces it. On an error the old one stands, and nothing may be compared
  // or answered.
  virtual absl::Status Save(const PinRecord& record) = 0;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_PIN_STORE_H_
