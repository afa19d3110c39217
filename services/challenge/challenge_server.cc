#include "services/challenge/challenge_server.h"

#include "services/common/rpc/run_unary.h"

namespace u2fi::challenge {

grpc::ServerUnaryReactor* ChallengeServer::Issue(
    grpc::CallbackServerContext* context, const v1::IssueRequest* request,
    v1::IssueResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.issuer.Issue(*request);
                       });
}

grpc::ServerUnaryReactor* ChallengeServer::Consume(
    grpc::CallbackServerContext* context, const v1::ConsumeRequest* request,
    v1::ConsumeResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller&) {
                         return core_.consumer.Consume(*request);
                       });
}

}  // namespace u2fi::challenge
