#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_ADMIN_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_ADMIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/attestation/token_store.h"
#include "services/attestation/token_writer.h"
#include "services/common/rpc/caller.h"
#include "u2fi/attestation/v1/admin.pb.h"

namespace u2fi::attestation {

// What owners and operators change without a touch: names, and less rights.
// Thread-safe.
class TokenAdmin {
 public:
  // The references must outlive this object.
  TokenAdmin(TokenStore& tokens, TokenWriter& writer)
      : tokens_(tokens), writer_(writer) {}

  // The label. FIELD_IMMUTABLE for any other path in the mask.
  absl::StatusOr<v1::UpdateTokenResponse> Update(
      const rpc::Caller& caller, const v1::UpdateTokenRequest& request);

  // ACTIVE and QUARANTINED tokens. A suspended one stays as it is.
  absl::StatusOr<v1::SuspendTokenResponse> Suspend(
      const rpc::Caller& caller, const v1::SuspendTokenRequest& request);

  absl::StatusOr<v1::RevokeTokenResponse> Revoke(
      const rpc::Caller& caller, const v1::RevokeTokenRequest& request);

 private:
  struct Named;
  absl::StatusOr<Named> Find(const rpc::Caller& caller,
                             const std::string& tenant, const std::string& name,
                             absl::string_view field);
  absl::StatusOr<v1::Token> SetState(const rpc::Caller& caller,
                                     const Named& named, v1::TokenState state,
                                     const std::string& why, Change change);
  absl::Status ExpectAnother(const Named& named, Change& change);

  TokenStore& tokens_;
  TokenWriter& writer_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_ADMIN_H_
