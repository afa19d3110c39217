#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_LOCAL_CLIENT_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_LOCAL_CLIENT_H_

#include "services/challenge/challenge_client.h"
#include "services/challenge/challenge_core.h"

namespace u2fi::challenge {

// The service in the same process, for gate and attestation of standalone: a
// hop through a channel costs more than the check that it would repeat. `core`
// must outlive it.
class ChallengeLocalClient : public ChallengeClient {
 public:
  explicit ChallengeLocalClient(ChallengeCore& core) : core_(core) {}

  absl::StatusOr<v1::IssueResponse> Issue(
      const v1::IssueRequest& request) override {
    return core_.issuer.Issue(request);
  }
  absl::StatusOr<v1::ConsumeResponse> Consume(
      const v1::ConsumeRequest& request) override {
    return core_.consumer.Consume(request);
  }

 private:
  ChallengeCore& core_;
};

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_LOCAL_CLIENT_H_
