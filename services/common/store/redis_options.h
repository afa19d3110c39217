#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_OPTIONS_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace u2fi::store {

// What a server must keep to be used.
enum class Persistence {
  kNone,      // anything
  kEverysec,  // an append-only file
  kAlways,    // and `appendfsync always`
};

struct RedisOptions {
  // The server: "host:port" or "unix:/path". Not used with Sentinel.
  std::string address = {};
  // Sentinels to ask for the master, in this order, and its name there.
  std::vector<std::string> sentinels = {};
  std::string master_name = {};
  // ACL user and password; without a user the server's default user.
  std::string user = {};
  std::string password = {};
  std::string sentinel_user = {};
  std::string sentinel_password = {};
  // TLS to servers and Sentinels: files in PEM. `cert_file` and `key_file` only
  // where the server asks for a certificate. The server's certificate must name
  // the host, or `tls_server_name` if that is set.
  bool tls = false;
  std::string ca_file = {};
  std::string cert_file = {};
  std::string key_file = {};
  std::string tls_server_name = {};
  // Before every name in the engine.
  std::string prefix = "u2fi:";
  // How many replicas must have a REPLICATED commit; 0 if there are none.
  int replicas = 0;
  // Servers that keep less, or do not tell, are refused.
  Persistence least_persistence = Persistence::kNone;
  // Connections that callers share.
  int connections = 2;
  // For connecting with all that belongs to it, and for the server's oldest
  // answer: then the connection counts as broken.
  absl::Duration connect_timeout = absl::Seconds(1);
  absl::Duration answer_timeout = absl::Seconds(1);
  // Full jitter between zero and a bound that doubles from the first of these
  // to the second.
  absl::Duration first_backoff = absl::Milliseconds(20);
  absl::Duration longest_backoff = absl::Seconds(1);
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_OPTIONS_H_
