#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_ADDRESS_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::store {

// Where a server or a Sentinel listens.
struct RedisAddress {
  // Of a TCP address; empty for a socket in the file system.
  std::string host;
  int port = 0;
  std::string unix_path;

  // Reads "host:port", "[v6]:port" or "unix:/path". STORE_MISCONFIGURED.
  static absl::StatusOr<RedisAddress> Parse(absl::string_view text);

  // What Parse reads.
  std::string ToString() const;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_ADDRESS_H_
