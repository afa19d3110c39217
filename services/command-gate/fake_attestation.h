#ifndef U2FI_SERVICES_COMMAND_GATE_FAKE_ATTESTATION_H_
#define U2FI_SERVICES_COMMAND_GATE_FAKE_ATTESTATION_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/attestation/attestation_client.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {

// An attestation service that believes what the test says. Simplifications:
// every account that `tokens` does not name has the token `token-1`, and no
// signature is looked at. Not thread-safe.
class FakeAttestation : public attestation::AttestationClient {
 public:
  absl::StatusOr<attestation::v1::ListCandidatesResponse> ListCandidates(
      const attestation::v1::ListCandidatesRequest& request) override {
    listed = request;
    if (!list_status.ok()) return list_status;
    attestation::v1::ListCandidatesResponse response;
    const auto own = tokens.find(request.account());
    for (const Token& token :
         own == tokens.end() ? std::vector<Token>{Token()} : own->second) {
      if (!request.token_id().empty() && request.token_id() != token.id) {
        continue;
      }
      common::v1::Candidate& candidate = *response.add_candidates();
      candidate.set_token_id(token.id);
      candidate.set_credential_id("credential-1");
      candidate.set_counter_floor(7);
      candidate.set_last_gateway(token.last_gateway);
    }
    response.set_enrolled(enrolled);
    if (!response.candidates().empty()) return response;
    return Error(reason::kNoCredentials, "none");
  }

  absl::StatusOr<attestation::v1::VerifyRegistrationResponse>
  VerifyRegistration(
      const attestation::v1::VerifyRegistrationRequest& request) override {
    registered = request;
    if (!registration_status.ok()) return registration_status;
    attestation::v1::VerifyRegistrationResponse response;
    response.mutable_verdict()->set_outcome(outcome);
    response.mutable_verdict()->set_reason(reason);
    response.set_token_id("token-new");
    response.mutable_registration()->set_credential_id("credential-new");
    response.mutable_registration()->set_public_key(std::string(65, 'p'));
    response.mutable_candidate()->set_token_id("token-new");
    return response;
  }

  absl::StatusOr<attestation::v1::VerifyAssertionResponse> VerifyAssertion(
      const attestation::v1::VerifyAssertionRequest& request) override {
    asserted.push_back(request);
    if (!verify_status.ok()) return verify_status;
    attestation::v1::VerifyAssertionResponse response;
    response.mutable_verdict()->set_outcome(outcome);
    response.mutable_verdict()->set_reason(reason);
    return response;
  }

  absl::StatusOr<attestation::v1::ApplyResponse> Apply(
      const attestation::v1::ApplyRequest& request) override {
    applied.push_back(request);
    if (!apply_status.ok()) return apply_status;
    return attestation::v1::ApplyResponse();
  }

  std::unique_ptr<Watch> WatchTokens(
      std::function<
          void(const absl::optional<attestation::v1::WatchTokensResponse>&)>)
      override {
    return nullptr;
  }

  // What it answers.
  struct Token {
    std::string id = "token-1";
    std::string last_gateway;
  };
  // Those that may answer, by account, last used first.
  std::map<std::string, std::vector<Token>> tokens;
  absl::Status list_status;
  absl::Status registration_status;
  absl::Status verify_status;
  absl::Status apply_status;
  common::v1::Outcome outcome = common::v1::OUTCOME_ACCEPTED;
  std::string reason;
  uint32_t enrolled = 1;

  // What it was asked.
  attestation::v1::ListCandidatesRequest listed;
  attestation::v1::VerifyRegistrationRequest registered;
  std::vector<attestation::v1::VerifyAssertionRequest> asserted;
  std::vector<attestation::v1::ApplyRequest> applied;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_FAKE_ATTESTATION_H_
