#include "services/common/rpc/peer_identity.h"

#include <vector>

#include "absl/strings/string_view.h"
#include "grpc/grpc_security_constants.h"
#include "services/common/rpc/caller_factory.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::rpc {

PeerIdentity PeerIdentity::MutualTls(const std::string& trust_domain) {
  return PeerIdentity(trust_domain, "");
}

PeerIdentity PeerIdentity::Replicas(const std::string& trust_domain,
                                    const std::string& own_name) {
  return PeerIdentity(trust_domain, own_name);
}

PeerIdentity PeerIdentity::InProcess(const std::string& trust_domain,
                                     const std::string& name) {
  return PeerIdentity(
      CallerFactory::FromUri(ServiceUri(trust_domain, name), trust_domain));
}

PeerIdentity PeerIdentity::Local() {
  return PeerIdentity(CallerFactory::Local());
}

absl::StatusOr<Caller> PeerIdentity::Identify(
    const grpc::AuthContext* connection) const {
  if (fixed_.has_value()) return *fixed_;
  std::vector<grpc::string_ref> uris;
  if (connection != nullptr) {
    // gRPC sets it only if the verified certificate has exactly one URI.
    uris = connection->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  }
  if (uris.size() != 1) {
    return Error(reason::kCallerUnknown, "the caller's identity is missing");
  }
  ASSIGN_OR_RETURN(
      const Caller caller,
      CallerFactory::FromUri(absl::string_view(uris[0].data(), uris[0].size()),
                             trust_domain_));
  if (own_name_.empty()) return caller;
  return CallerFactory::AsReplica(caller, own_name_);
}

}  // namespace u2fi::rpc
