#ifndef U2FI_SERVICES_COMMON_RPC_AUTH_PROCESSOR_H_
#define U2FI_SERVICES_COMMON_RPC_AUTH_PROCESSOR_H_

#include <set>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "grpcpp/security/auth_metadata_processor.h"
#include "services/common/rpc/peer_identity.h"

namespace u2fi::rpc {

// Checks the callers of a mutual-TLS server before any handler, for each call.
// It decides alone over what others implement (reflection, channelz): only the
// listed URIs reach those, and a path that nobody registered is UNIMPLEMENTED.
// A call to a guarded rpc goes on to the guard before its handler, which makes
// the check of that rpc: gRPC 1.51 sends of a processor's refusal only code and
// message, and U2Fi owes an ErrorInfo. The message of a refusal begins with the
// reason. Thread-safe; never blocks.
class AuthProcessor : public grpc::AuthMetadataProcessor {
 public:
  // `guarded` are the paths with a guard, `open` those of others.
  AuthProcessor(PeerIdentity identity, absl::flat_hash_set<std::string> guarded,
                absl::flat_hash_set<std::string> open,
                std::set<std::string> open_to_uris);

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* peer,
                       OutputMetadata* consumed,
                       OutputMetadata* response) override;

 private:
  absl::Status Check(absl::string_view path, const grpc::AuthContext* peer);

  const PeerIdentity identity_;
  const absl::flat_hash_set<std::string> guarded_;
  const absl::flat_hash_set<std::string> open_;
  // Empty: operators of the platform.
  const std::set<std::string> open_to_uris_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_AUTH_PROCESSOR_H_
