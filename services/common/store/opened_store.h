#ifndef U2FI_SERVICES_COMMON_STORE_OPENED_STORE_H_
#define U2FI_SERVICES_COMMON_STORE_OPENED_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/store/store.h"

namespace u2fi::store {

// A store that is ready, and what an administrator must be told about it: each
// warning is a sentence, to be logged at start, loudly.
struct OpenedStore {
  std::unique_ptr<Store> store;
  std::vector<std::string> warnings;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_OPENED_STORE_H_
