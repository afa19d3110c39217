#ifndef U2FI_SERVICES_ATTESTATION_ATTESTATION_CLIENT_H_
#define U2FI_SERVICES_ATTESTATION_ATTESTATION_CLIENT_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "u2fi/attestation/v1/apply.pb.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::attestation {

// The attestation service as the gate sees it: over gRPC, or in the same
// process. Thread-safe; calls block up to the implementation's deadline.
// Requests, answers and errors: protos/u2fi/attestation/v1/attestation.proto.
class AttestationClient {
 public:
  virtual ~AttestationClient() = default;

  virtual absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const v1::ListCandidatesRequest& request) = 0;

  virtual absl::StatusOr<v1::VerifyRegistrationResponse> VerifyRegistration(
      const v1::VerifyRegistrationRequest& request) = 0;

  virtual absl::StatusOr<v1::VerifyAssertionResponse> VerifyAssertion(
      const v1::VerifyAssertionRequest& request) = 0;

  virtual absl::StatusOr<v1::ApplyResponse> Apply(
      const v1::ApplyRequest& request) = 0;

  // Hears of changes of tokens of all tenants, to drop cached candidates, as
  // long as the returned object lives. Nothing instead of a change: changes
  // may have been missed, drop everything. `callback` runs on another thread,
  // one call at a time, and only hands over.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  virtual std::unique_ptr<Watch> WatchTokens(
      std::function<void(const absl::optional<v1::WatchTokensResponse>&)>
          callback) = 0;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_CLIENT_H_
