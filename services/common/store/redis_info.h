#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_INFO_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_INFO_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/store/redis_options.h"

namespace u2fi::store {

// The fields of the answer to INFO, name → value.
using RedisInfo = std::map<std::string, std::string>;

RedisInfo ParseInfo(absl::string_view text);

// Whether this server may be used, checked at every connect, in this order:
//   version   Redis or Valkey 7.0 or newer        STORE_MISCONFIGURED
//   memory    maxmemory-policy is noeviction      STORE_MISCONFIGURED
//   role      a master that has loaded its data   STORE_UNAVAILABLE
absl::Status CheckServer(const RedisInfo& info);

// STORE_MISCONFIGURED if the server keeps less than `least`, and how to allow
// that. `appendfsync` is the setting; empty, since it may not be read, it is
// not kAlways.
absl::Status CheckPersistence(const RedisInfo& info,
                              absl::string_view appendfsync, Persistence least);

// What an administrator should hear about a server that may be used.
// `replicas` as in RedisOptions.
std::vector<std::string> WarningsAbout(const RedisInfo& info,
                                       absl::string_view appendfsync,
                                       int replicas);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_INFO_H_
