#include "services/attestation/attestation_server.h"

#include "services/attestation/token_stream.h"
#include "services/common/rpc/run_unary.h"

namespace u2fi::attestation {

grpc::ServerUnaryReactor* AttestationServer::ListCandidates(
    grpc::CallbackServerContext* context,
    const v1::ListCandidatesRequest* request,
    v1::ListCandidatesResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.directory.ListCandidates(*request);
                       });
}

grpc::ServerUnaryReactor* AttestationServer::VerifyRegistration(
    grpc::CallbackServerContext* context,
    const v1::VerifyRegistrationRequest* request,
    v1::VerifyRegistrationResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.registrations.Verify(*request);
                       });
}

grpc::ServerUnaryReactor* AttestationServer::VerifyAssertion(
    grpc::CallbackServerContext* context,
    const v1::VerifyAssertionRequest* request,
    v1::VerifyAssertionResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.assertions.Verify(*request);
                       });
}

grpc::ServerUnaryReactor* AttestationServer::Apply(
    grpc::CallbackServerContext* context, const v1::ApplyRequest* request,
    v1::ApplyResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.enrolment.Apply(*request);
                       });
}

grpc::ServerWriteReactor<v1::WatchTokensResponse>*
AttestationServer::WatchTokens(grpc::CallbackServerContext* context,
                               const v1::WatchTokensRequest* request) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok()) return RefuseTokenStream(caller.status());
  return StartTokenStream(core_.events, *request);
}

grpc::ServerUnaryReactor* AttestationServer::GetToken(
    grpc::CallbackServerContext* context, const v1::GetTokenRequest* request,
    v1::GetTokenResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.directory.Get(caller, *request);
                       });
}

grpc::ServerUnaryReactor* AttestationServer::ListTokens(
    grpc::CallbackServerContext* context, const v1::ListTokensRequest* request,
    v1::ListTokensResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.directory.List(caller, *request);
                       });
}

grpc::ServerUnaryReactor* AttestationServer::SuspendToken(
    grpc::CallbackServerContext* context,
    const v1::SuspendTokenRequest* request,
    v1::SuspendTokenResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.directory.Suspend(caller, *request);
                       });
}

grpc::ServerUnaryReactor* AttestationServer::RevokeToken(
    grpc::CallbackServerContext* context, const v1::RevokeTokenRequest* request,
    v1::RevokeTokenResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return core_.directory.Revoke(caller, *request);
                       });
}

}  // namespace u2fi::attestation
