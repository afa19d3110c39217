#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_SERVER_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_SERVER_H_

#include "services/challenge/challenge_core.h"
#include "services/common/audit/executor.h"
#include "u2fi/challenge/v1/challenge.grpc.pb.h"

namespace u2fi::challenge {

// Translates between Challenge's rpcs and the core. The references must
// outlive this object and every server it is registered on.
class ChallengeServer : public v1::Challenge::CallbackService {
 public:
  ChallengeServer(ChallengeCore& core, audit::Executor& executor)
      : core_(core), executor_(executor) {}

  grpc::ServerUnaryReactor* Issue(grpc::CallbackServerContext* context,
                                  const v1::IssueRequest* request,
                                  v1::IssueResponse* response) override;
  grpc::ServerUnaryReactor* Consume(grpc::CallbackServerContext* context,
                                    const v1::ConsumeRequest* request,
                                    v1::ConsumeResponse* response) override;

 private:
  ChallengeCore& core_;
  audit::Executor& executor_;
};

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_SERVER_H_
