#ifndef U2FI_SERVICES_ATTESTATION_ATTESTATION_SERVER_H_
#define U2FI_SERVICES_ATTESTATION_ATTESTATION_SERVER_H_

#include "services/attestation/attestation_core.h"
#include "services/common/audit/executor.h"
#include "u2fi/attestation/v1/attestation.grpc.pb.h"

namespace u2fi::attestation {

// Translates between Attestation's rpcs and the core. What it does not
// override answers UNIMPLEMENTED. The references must outlive this object and
// every server it is registered on.
class AttestationServer : public v1::Attestation::CallbackService {
 public:
  AttestationServer(AttestationCore& core, audit::Executor& executor)
      : core_(core), executor_(executor) {}

  grpc::ServerUnaryReactor* ListCandidates(
      grpc::CallbackServerContext* context,
      const v1::ListCandidatesRequest* request,
      v1::ListCandidatesResponse* response) override;
  grpc::ServerUnaryReactor* VerifyRegistration(
      grpc::CallbackServerContext* context,
      const v1::VerifyRegistrationRequest* request,
      v1::VerifyRegistrationResponse* response) override;
  grpc::ServerUnaryReactor* VerifyAssertion(
      grpc::CallbackServerContext* context,
      const v1::VerifyAssertionRequest* request,
      v1::VerifyAssertionResponse* response) override;
  grpc::ServerUnaryReactor* Apply(grpc::CallbackServerContext* context,
                                  const v1::ApplyRequest* request,
                                  v1::ApplyResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchTokensResponse>* WatchTokens(
      grpc::CallbackServerContext* context,
      const v1::WatchTokensRequest* request) override;
  grpc::ServerUnaryReactor* GetToken(grpc::CallbackServerContext* context,
                                     const v1::GetTokenRequest* request,
                                     v1::GetTokenResponse* response) override;
  grpc::ServerUnaryReactor* ListTokens(
      grpc::CallbackServerContext* context,
      const v1::ListTokensRequest* request,
      v1::ListTokensResponse* response) override;
  grpc::ServerUnaryReactor* SuspendToken(
      grpc::CallbackServerContext* context,
      const v1::SuspendTokenRequest* request,
      v1::SuspendTokenResponse* response) override;
  grpc::ServerUnaryReactor* RevokeToken(
      grpc::CallbackServerContext* context,
      const v1::RevokeTokenRequest* request,
      v1::RevokeTokenResponse* response) override;

 private:
  AttestationCore& core_;
  audit::Executor& executor_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_SERVER_H_
