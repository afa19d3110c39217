#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_H_

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// What attestation decided without a command that is applied here:
//   suspended  the account's key is not believed until a touch resumes it. The
//              deny list only grows, so that such a token is not on it.
//   revoked    the key is forgotten, the token is on the deny list of every
//              gateway, whether the account has it or not, and is never
//              enrolled again. After the last key of an account the next one
//              needs a recovery: otherwise who may revoke could join.
//   recovery   recoveries.h; an alarm
// Words only take rights away, but for the last. Thread-safe.
class TokenWords {
 public:
  // `store` must outlive this object.
  explicit TokenWords(RegistryStore& store) : store_(store) {}

  // Errors are those of registry.proto.
  absl::StatusOr<v1::ReportTokensResponse> ReportTokens(
      const rpc::Caller& caller, const v1::ReportTokensRequest& request);

 private:
  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_H_
