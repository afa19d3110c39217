#ifndef U2FI_SERVICES_COMMAND_GATE_FAKE_CHALLENGE_H_
#define U2FI_SERVICES_COMMAND_GATE_FAKE_CHALLENGE_H_

#include <string>
#include <vector>

#include "services/challenge/challenge_client.h"
#include "services/common/proof/statement.h"

namespace u2fi::command_gate {

// Issues statements with counted nonces. Simplification: nothing is ever
// consumed. Not thread-safe.
class FakeChallenge : public challenge::ChallengeClient {
 public:
  absl::StatusOr<challenge::v1::IssueResponse> Issue(
      const challenge::v1::IssueRequest& request) override {
    if (!status.ok()) return status;
    issued.push_back(request);
    proof::v1::AuthorizationStatement statement = request.template_();
    statement.set_store_epoch(std::string(40, 'e'));
    statement.set_nonce(std::string(31, 'n') +
                        static_cast<char>(issued.size()));
    challenge::v1::IssueResponse response;
    response.set_statement(statement.SerializeAsString());
    return response;
  }

  absl::StatusOr<challenge::v1::ConsumeResponse> Consume(
      const challenge::v1::ConsumeRequest&) override {
    return challenge::v1::ConsumeResponse();
  }

  absl::Status status;
  std::vector<challenge::v1::IssueRequest> issued;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_FAKE_CHALLENGE_H_
