#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_DIRECTORY_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_DIRECTORY_H_

#include "absl/status/statusor.h"
#include "services/attestation/recovery_book.h"
#include "services/attestation/token_store.h"
#include "services/common/rpc/caller.h"
#include "u2fi/attestation/v1/admin.pb.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::attestation {

// Reads tokens, and says who may answer a challenge. Thread-safe.
class TokenDirectory {
 public:
  // The references must outlive this object.
  TokenDirectory(TokenStore& tokens, RecoveryBook& recoveries)
      : tokens_(tokens), recoveries_(recoveries) {}

  // Last used first, recovery tokens last. NO_CREDENTIALS if no token may
  // answer; then metadata `enrolled` counts the tokens of the account that are
  // not revoked, and is 0 while a recovery lets a first token in.
  absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const v1::ListCandidatesRequest& request);

  absl::StatusOr<v1::GetTokenResponse> Get(const rpc::Caller& caller,
                                           const v1::GetTokenRequest& request);

  // An account's tokens in the order of their enrolment, in one page; a
  // tenant's by id.
  absl::StatusOr<v1::ListTokensResponse> List(
      const rpc::Caller& caller, const v1::ListTokensRequest& request);

 private:
  absl::StatusOr<v1::ListTokensResponse> ListAccount(
      const std::string& tenant, const v1::ListTokensRequest& request);
  absl::StatusOr<v1::ListTokensResponse> ListTenant(
      const std::string& tenant, const v1::ListTokensRequest& request);
  absl::StatusOr<int> Enrolled(const v1::ListCandidatesRequest& request,
                               const AccountView& view);

  TokenStore& tokens_;
  RecoveryBook& recoveries_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_DIRECTORY_H_
