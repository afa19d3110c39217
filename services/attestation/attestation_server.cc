#include "services/attestation/attestation_server.h"

#include "services/attestation/metadata_upload.h"
#include "services/attestation/token_stream.h"
#include "services/common/rpc/run_unary.h"

namespace u2fi::attestation {

AttestationServer::Reactor* AttestationServer::ListCandidates(
    Context* context, const v1::ListCandidatesRequest* request,
    v1::ListCandidatesResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.directory.ListCandidates(*request);
                       });
}

AttestationServer::Reactor* AttestationServer::VerifyRegistration(
    Context* context, const v1::VerifyRegistrationRequest* request,
    v1::VerifyRegistrationResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.registrations.Verify(*request);
                       });
}

AttestationServer::Reactor* AttestationServer::VerifyAssertion(
    Context* context, const v1::VerifyAssertionRequest* request,
    v1::VerifyAssertionResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.assertions.Verify(*request);
                       });
}

AttestationServer::Reactor* AttestationServer::Apply(
    Context* context, const v1::ApplyRequest* request,
    v1::ApplyResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.applier.Apply(*request);
                       });
}

grpc::ServerWriteReactor<v1::WatchTokensResponse>*
AttestationServer::WatchTokens(Context* context,
                               const v1::WatchTokensRequest* request) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok()) return RefuseTokenStream(caller.status());
  return StartTokenStream(core_.events, *request);
}

AttestationServer::Reactor* AttestationServer::GetToken(
    Context* context, const v1::GetTokenRequest* request,
    v1::GetTokenResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.directory.Get(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::ListTokens(
    Context* context, const v1::ListTokensRequest* request,
    v1::ListTokensResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.directory.List(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::UpdateToken(
    Context* context, const v1::UpdateTokenRequest* request,
    v1::UpdateTokenResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.admin.Update(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::SuspendToken(
    Context* context, const v1::SuspendTokenRequest* request,
    v1::SuspendTokenResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.admin.Suspend(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::RevokeToken(
    Context* context, const v1::RevokeTokenRequest* request,
    v1::RevokeTokenResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.admin.Revoke(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::GetEnrolmentPolicy(
    Context* context, const v1::GetEnrolmentPolicyRequest* request,
    v1::GetEnrolmentPolicyResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.policy.Get(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::UpdateEnrolmentPolicy(
    Context* context, const v1::UpdateEnrolmentPolicyRequest* request,
    v1::UpdateEnrolmentPolicyResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.policy.Update(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::StartRecovery(
    Context* context, const v1::StartRecoveryRequest* request,
    v1::StartRecoveryResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.recoveries.Start(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::ApproveRecovery(
    Context* context, const v1::ApproveRecoveryRequest* request,
    v1::ApproveRecoveryResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.recoveries.Approve(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::CancelRecovery(
    Context* context, const v1::CancelRecoveryRequest* request,
    v1::CancelRecoveryResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.recoveries.Cancel(caller, *request);
                       });
}

AttestationServer::Reactor* AttestationServer::ListRecoveries(
    Context* context, const v1::ListRecoveriesRequest* request,
    v1::ListRecoveriesResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.recoveries.List(caller, *request);
                       });
}

grpc::ServerReadReactor<v1::ImportMetadataRequest>*
AttestationServer::ImportMetadata(Context* context,
                                  v1::ImportMetadataResponse* response) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok()) return RefuseMetadataUpload(caller.status());
  return StartMetadataUpload(
      executor_,
      [this, caller = *caller](const std::string& blob, bool validate_only) {
        return core_.importer.Import(caller, blob, validate_only);
      },
      response);
}

}  // namespace u2fi::attestation
