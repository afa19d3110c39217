#ifndef U2FI_SERVICES_COMMON_RPC_CALLER_FACTORY_H_
#define U2FI_SERVICES_COMMON_RPC_CALLER_FACTORY_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/rpc/caller.h"

namespace u2fi::rpc {

// Makes callers. Its Bazel target is visible to common/rpc alone.
class CallerFactory {
 public:
  // Reads the URI of a verified certificate. The grammar, with canonical ids
  // and `trust_domain` byte for byte:
  //   spiffe://<trust-domain>/service/<name>
  //   spiffe://<trust-domain>/gateway/<tenant>/<site>/<gateway>
  //   spiffe://<trust-domain>/operator/<tenant>/<name>    (tenant "-":
  //   platform) spiffe://<trust-domain>/client/<tenant>/<name>
  // CALLER_UNKNOWN for everything else, also for an empty `uri`. Constant
  // space: longer than any URI of the grammar is refused unread.
  static absl::StatusOr<Caller> FromUri(absl::string_view uri,
                                        absl::string_view trust_domain);

  // `caller`, which must be the service `own_name`, seen as another replica.
  // CALLER_UNKNOWN if it is anything else.
  static absl::StatusOr<Caller> AsReplica(const Caller& caller,
                                          absl::string_view own_name);

  // The caller behind a Unix socket.
  static Caller Local();
};

// True if `domain` can be a trust domain: 1 to 255 of a-z, 0-9, '.', '-', '_'.
bool IsTrustDomain(absl::string_view domain);

// The URI of the service `name`.
std::string ServiceUri(absl::string_view trust_domain, absl::string_view name);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_CALLER_FACTORY_H_
