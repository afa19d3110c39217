#ifndef U2FI_SERVICES_COMMON_RPC_PEER_IDENTITY_H_
#define U2FI_SERVICES_COMMON_RPC_PEER_IDENTITY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "grpcpp/security/auth_context.h"
#include "services/common/rpc/caller.h"

namespace u2fi::rpc {

// How the callers of one server prove who they are. Immutable.
class PeerIdentity {
 public:
  // By the only URI of a client certificate that TLS verified.
  static PeerIdentity MutualTls(const std::string& trust_domain);
  // The same, and they must be other replicas of the service `own_name`.
  static PeerIdentity Replicas(const std::string& trust_domain,
                               const std::string& own_name);
  // By being in this process: everybody on this server is the service `name`.
  static PeerIdentity InProcess(const std::string& trust_domain,
                                const std::string& name);
  // By having opened the Unix socket.
  static PeerIdentity Local();

  // The caller behind a connection. CALLER_UNKNOWN if it has not proved to be
  // anybody. `connection` may be nullptr.
  absl::StatusOr<Caller> Identify(const grpc::AuthContext* connection) const;

 private:
  explicit PeerIdentity(absl::StatusOr<Caller> fixed) : fixed_(fixed) {}
  PeerIdentity(std::string trust_domain, std::string own_name)
      : trust_domain_(std::move(trust_domain)),
        own_name_(std::move(own_name)) {}

  absl::optional<absl::StatusOr<Caller>> fixed_;
  std::string trust_domain_;
  // Empty: callers need not be replicas.
  std::string own_name_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_PEER_IDENTITY_H_
