#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_CLIENT_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_CLIENT_H_

#include "absl/status/statusor.h"
#include "u2fi/challenge/v1/challenge.pb.h"

namespace u2fi::challenge {

// The challenge service as other services see it: over gRPC, or in the same
// process. Thread-safe; calls block up to the implementation's deadline.
// Requests, answers and errors: protos/u2fi/challenge/v1/challenge.proto.
class ChallengeClient {
 public:
  virtual ~ChallengeClient() = default;

  virtual absl::StatusOr<v1::IssueResponse> Issue(
      const v1::IssueRequest& request) = 0;

  virtual absl::StatusOr<v1::ConsumeResponse> Consume(
      const v1::ConsumeRequest& request) = 0;
};

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_CLIENT_H_
