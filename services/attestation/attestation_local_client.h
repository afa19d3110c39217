#ifndef U2FI_SERVICES_ATTESTATION_ATTESTATION_LOCAL_CLIENT_H_
#define U2FI_SERVICES_ATTESTATION_ATTESTATION_LOCAL_CLIENT_H_

#include <functional>
#include <memory>
#include <utility>

#include "services/attestation/attestation_client.h"
#include "services/attestation/attestation_core.h"

namespace u2fi::attestation {

// The service in the same process, for the gate of standalone: a hop through a
// channel costs more than the check that it would repeat. It offers exactly
// what command-gate may call. `core` must outlive it.
class AttestationLocalClient : public AttestationClient {
 public:
  explicit AttestationLocalClient(AttestationCore& core) : core_(core) {}

  absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const v1::ListCandidatesRequest& request) override {
    return core_.directory.ListCandidates(request);
  }
  absl::StatusOr<v1::VerifyRegistrationResponse> VerifyRegistration(
      const v1::VerifyRegistrationRequest& request) override {
    return core_.registrations.Verify(request);
  }
  absl::StatusOr<v1::VerifyAssertionResponse> VerifyAssertion(
      const v1::VerifyAssertionRequest& request) override {
    return core_.assertions.Verify(request);
  }
  absl::StatusOr<v1::ApplyResponse> Apply(
      const v1::ApplyRequest& request) override {
    return core_.applier.Apply(request);
  }
  std::unique_ptr<Watch> WatchTokens(
      std::function<void(const absl::optional<v1::WatchTokensResponse>&)>
          callback) override {
    return std::make_unique<LocalWatch>(
        core_.events.Subscribe("", std::move(callback)));
  }

 private:
  struct LocalWatch : Watch {
    explicit LocalWatch(std::unique_ptr<TokenEvents::Watch> w)
        : watch(std::move(w)) {}
    const std::unique_ptr<TokenEvents::Watch> watch;
  };

  AttestationCore& core_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_LOCAL_CLIENT_H_
