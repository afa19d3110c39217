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

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* ListCandidates(Context* context,
                          const v1::ListCandidatesRequest* request,
                          v1::ListCandidatesResponse* response) override;
  Reactor* VerifyRegistration(
      Context* context, const v1::VerifyRegistrationRequest* request,
      v1::VerifyRegistrationResponse* response) override;
  Reactor* VerifyAssertion(Context* context,
                           const v1::VerifyAssertionRequest* request,
                           v1::VerifyAssertionResponse* response) override;
  Reactor* Apply(Context* context, const v1::ApplyRequest* request,
                 v1::ApplyResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchTokensResponse>* WatchTokens(
      Context* context, const v1::WatchTokensRequest* request) override;
  Reactor* GetToken(Context* context, const v1::GetTokenRequest* request,
                    v1::GetTokenResponse* response) override;
  Reactor* ListTokens(Context* context, const v1::ListTokensRequest* request,
                      v1::ListTokensResponse* response) override;
  Reactor* UpdateToken(Context* context, const v1::UpdateTokenRequest* request,
                       v1::UpdateTokenResponse* response) override;
  Reactor* SuspendToken(Context* context,
                        const v1::SuspendTokenRequest* request,
                        v1::SuspendTokenResponse* response) override;
  Reactor* RevokeToken(Context* context, const v1::RevokeTokenRequest* request,
                       v1::RevokeTokenResponse* response) override;
  Reactor* GetEnrolmentPolicy(
      Context* context, const v1::GetEnrolmentPolicyRequest* request,
      v1::GetEnrolmentPolicyResponse* response) override;
  Reactor* UpdateEnrolmentPolicy(
      Context* context, const v1::UpdateEnrolmentPolicyRequest* request,
      v1::UpdateEnrolmentPolicyResponse* response) override;
  Reactor* StartRecovery(Context* context,
                         const v1::StartRecoveryRequest* request,
                         v1::StartRecoveryResponse* response) override;
  Reactor* ApproveRecovery(Context* context,
                           const v1::ApproveRecoveryRequest* request,
                           v1::ApproveRecoveryResponse* response) override;
  Reactor* CancelRecovery(Context* context,
                          const v1::CancelRecoveryRequest* request,
                          v1::CancelRecoveryResponse* response) override;
  Reactor* ListRecoveries(Context* context,
                          const v1::ListRecoveriesRequest* request,
                          v1::ListRecoveriesResponse* response) override;

  grpc::ServerReadReactor<v1::ImportMetadataRequest>* ImportMetadata(
      Context* context, v1::ImportMetadataResponse* response) override;

 private:
  AttestationCore& core_;
  audit::Executor& executor_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_SERVER_H_
