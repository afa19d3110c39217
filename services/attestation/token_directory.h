#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_DIRECTORY_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_DIRECTORY_H_

#include "absl/status/statusor.h"
#include "services/attestation/token_events.h"
#include "services/attestation/token_store.h"
#include "services/common/audit/decider.h"
#include "services/common/random/random_source.h"
#include "services/common/rpc/caller.h"
#include "u2fi/attestation/v1/admin.pb.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::attestation {

// Reads and suspends tokens, and says who may answer a challenge. Thread-safe.
class TokenDirectory {
 public:
  // The references must outlive this object.
  TokenDirectory(RandomSource& random, TokenStore& tokens,
                 audit::Decider& decider, TokenEvents& events)
      : random_(random), tokens_(tokens), decider_(decider), events_(events) {}

  // NO_CREDENTIALS if no token may answer; then metadata `enrolled` counts the
  // tokens of the account that are not revoked.
  absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const v1::ListCandidatesRequest& request);

  absl::StatusOr<v1::GetTokenResponse> Get(const rpc::Caller& caller,
                                           const v1::GetTokenRequest& request);

  absl::StatusOr<v1::ListTokensResponse> List(
      const rpc::Caller& caller, const v1::ListTokensRequest& request);

  absl::StatusOr<v1::SuspendTokenResponse> Suspend(
      const rpc::Caller& caller, const v1::SuspendTokenRequest& request);

  absl::StatusOr<v1::RevokeTokenResponse> Revoke(
      const rpc::Caller& caller, const v1::RevokeTokenRequest& request);

 private:
  absl::StatusOr<v1::Token> SetState(const rpc::Caller& caller,
                                     const std::string& tenant,
                                     const std::string& name,
                                     v1::TokenState state,
                                     const std::string& why);

  RandomSource& random_;
  TokenStore& tokens_;
  audit::Decider& decider_;
  TokenEvents& events_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_DIRECTORY_H_
