#ifndef U2FI_SERVICES_COMMON_STORE_EPOCH_H_
#define U2FI_SERVICES_COMMON_STORE_EPOCH_H_

#include "absl/strings/escaping.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"

namespace u2fi::store {

// A fresh incarnation of an engine that has none of its own, in the form of
// Redis's master_replid: 20 random bytes in hex.
inline Epoch NewEpoch(RandomSource& random) {
  return absl::BytesToHexString(random.Bytes(20));
}

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_EPOCH_H_
