#include "services/device-registry/registry_server.h"

#include "services/common/rpc/event_stream.h"
#include "services/common/rpc/reply.h"
#include "services/common/rpc/run_unary.h"
#include "services/device-registry/event_stream.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

// Runs one method of a part of the core.
template <typename Part, typename Request, typename Response>
grpc::ServerUnaryReactor* Run(
    audit::Executor& executor, grpc::CallbackServerContext* context,
    const Request* request, Response* response, Part& part,
    absl::StatusOr<Response> (Part::*method)(const rpc::Caller&,
                                             const Request&)) {
  return rpc::RunUnary(executor, context, response,
                       [&part, request, method](const rpc::Caller& caller) {
                         return (part.*method)(caller, *request);
                       });
}

}  // namespace

RegistryServer::Reactor* RegistryServer::Resolve(
    Context* context, const v1::ResolveRequest* request,
    v1::ResolveResponse* response) {
  return Run(executor_, context, request, response, core_.resolver(),
             &Resolver::Resolve);
}

RegistryServer::Reactor* RegistryServer::AdmitGateway(
    Context* context, const v1::AdmitGatewayRequest* request,
    v1::AdmitGatewayResponse* response) {
  return Run(executor_, context, request, response, core_.gateways(),
             &GatewayAdmin::AdmitGateway);
}

RegistryServer::Reactor* RegistryServer::Arm(Context* context,
                                             const v1::ArmRequest* request,
                                             v1::ArmResponse* response) {
  return Run(executor_, context, request, response, core_.transactions(),
             &Transactions::Arm);
}

RegistryServer::Reactor* RegistryServer::Stage(Context* context,
                                               const v1::StageRequest* request,
                                               v1::StageResponse* response) {
  return Run(executor_, context, request, response, core_.transactions(),
             &Transactions::Stage);
}

RegistryServer::Reactor* RegistryServer::Apply(Context* context,
                                               const v1::ApplyRequest* request,
                                               v1::ApplyResponse* response) {
  return Run(executor_, context, request, response, core_.applier(),
             &Applier::Apply);
}

RegistryServer::Reactor* RegistryServer::ReportTokens(
    Context* context, const v1::ReportTokensRequest* request,
    v1::ReportTokensResponse* response) {
  return Run(executor_, context, request, response, core_.words(),
             &TokenWords::ReportTokens);
}

RegistryServer::Reactor* RegistryServer::Outcome(
    Context* context, const v1::OutcomeRequest* request,
    v1::OutcomeResponse* response) {
  return Run(executor_, context, request, response, core_.confirmations(),
             &Confirmations::Outcome);
}

RegistryServer::Reactor* RegistryServer::Confirm(
    Context* context, const v1::ConfirmRequest* request,
    v1::ConfirmResponse* response) {
  return Run(executor_, context, request, response, core_.confirmations(),
             &Confirmations::Confirm);
}

RegistryServer::Reactor* RegistryServer::ReportPresence(
    Context* context, const v1::ReportPresenceRequest*,
    v1::ReportPresenceResponse*) {
  return rpc::Finish(context, NotYet("a lease"));
}

RegistryServer::Reactor* RegistryServer::RenewDeviceToken(
    Context* context, const v1::RenewDeviceTokenRequest* request,
    v1::RenewDeviceTokenResponse* response) {
  return Run(executor_, context, request, response, core_.tokens(),
             &TokenRenewal::RenewDeviceToken);
}

RegistryServer::Reactor* RegistryServer::CreateAccount(
    Context* context, const v1::CreateAccountRequest* request,
    v1::CreateAccountResponse* response) {
  return Run(executor_, context, request, response, core_.accounts(),
             &AccountAdmin::CreateAccount);
}

RegistryServer::Reactor* RegistryServer::GetAccount(
    Context* context, const v1::GetAccountRequest* request,
    v1::GetAccountResponse* response) {
  return Run(executor_, context, request, response, core_.accounts(),
             &AccountAdmin::GetAccount);
}

RegistryServer::Reactor* RegistryServer::ListAccounts(
    Context* context, const v1::ListAccountsRequest* request,
    v1::ListAccountsResponse* response) {
  return Run(executor_, context, request, response, core_.accounts(),
             &AccountAdmin::ListAccounts);
}

RegistryServer::Reactor* RegistryServer::EraseAccount(
    Context* context, const v1::EraseAccountRequest*,
    v1::EraseAccountResponse*) {
  return rpc::Finish(context, NotYet("erasing an account"));
}

RegistryServer::Reactor* RegistryServer::CreateSite(
    Context* context, const v1::CreateSiteRequest* request,
    v1::CreateSiteResponse* response) {
  return Run(executor_, context, request, response, core_.accounts(),
             &AccountAdmin::CreateSite);
}

RegistryServer::Reactor* RegistryServer::GetSite(
    Context* context, const v1::GetSiteRequest* request,
    v1::GetSiteResponse* response) {
  return Run(executor_, context, request, response, core_.accounts(),
             &AccountAdmin::GetSite);
}

RegistryServer::Reactor* RegistryServer::ListSites(
    Context* context, const v1::ListSitesRequest* request,
    v1::ListSitesResponse* response) {
  return Run(executor_, context, request, response, core_.accounts(),
             &AccountAdmin::ListSites);
}

RegistryServer::Reactor* RegistryServer::CreateGateway(
    Context* context, const v1::CreateGatewayRequest* request,
    v1::CreateGatewayResponse* response) {
  return Run(executor_, context, request, response, core_.gateways(),
             &GatewayAdmin::CreateGateway);
}

RegistryServer::Reactor* RegistryServer::GetGateway(
    Context* context, const v1::GetGatewayRequest* request,
    v1::GetGatewayResponse* response) {
  return Run(executor_, context, request, response, core_.gateways(),
             &GatewayAdmin::GetGateway);
}

RegistryServer::Reactor* RegistryServer::ListGateways(
    Context* context, const v1::ListGatewaysRequest* request,
    v1::ListGatewaysResponse* response) {
  return Run(executor_, context, request, response, core_.gateways(),
             &GatewayAdmin::ListGateways);
}

RegistryServer::Reactor* RegistryServer::SuspendGateway(
    Context* context, const v1::SuspendGatewayRequest* request,
    v1::SuspendGatewayResponse* response) {
  return Run(executor_, context, request, response, core_.gateways(),
             &GatewayAdmin::SuspendGateway);
}

RegistryServer::Reactor* RegistryServer::ResumeGateway(
    Context* context, const v1::ResumeGatewayRequest* request,
    v1::ResumeGatewayResponse* response) {
  return Run(executor_, context, request, response, core_.gateways(),
             &GatewayAdmin::ResumeGateway);
}

RegistryServer::Reactor* RegistryServer::RevokeGateway(
    Context* context, const v1::RevokeGatewayRequest* request,
    v1::RevokeGatewayResponse* response) {
  return Run(executor_, context, request, response, core_.gateways(),
             &GatewayAdmin::RevokeGateway);
}

RegistryServer::Reactor* RegistryServer::ReplaceGatewayKey(
    Context* context, const v1::ReplaceGatewayKeyRequest* request,
    v1::ReplaceGatewayKeyResponse* response) {
  return Run(executor_, context, request, response, core_.gateway_keys(),
             &GatewayKeyAdmin::ReplaceGatewayKey);
}

RegistryServer::Reactor* RegistryServer::ImportDevices(
    Context* context, const v1::ImportDevicesRequest* request,
    v1::ImportDevicesResponse* response) {
  return Run(executor_, context, request, response, core_.device_import(),
             &DeviceImport::ImportDevices);
}

RegistryServer::Reactor* RegistryServer::ClaimDevice(
    Context* context, const v1::ClaimDeviceRequest* request,
    v1::ClaimDeviceResponse* response) {
  return Run(executor_, context, request, response, core_.device_claim(),
             &DeviceClaim::ClaimDevice);
}

RegistryServer::Reactor* RegistryServer::GetDevice(
    Context* context, const v1::GetDeviceRequest* request,
    v1::GetDeviceResponse* response) {
  return Run(executor_, context, request, response, core_.reader(),
             &DeviceReader::GetDevice);
}

RegistryServer::Reactor* RegistryServer::ListDevices(
    Context* context, const v1::ListDevicesRequest* request,
    v1::ListDevicesResponse* response) {
  return Run(executor_, context, request, response, core_.reader(),
             &DeviceReader::ListDevices);
}

RegistryServer::Reactor* RegistryServer::UpdateDevice(
    Context* context, const v1::UpdateDeviceRequest* request,
    v1::UpdateDeviceResponse* response) {
  return Run(executor_, context, request, response, core_.device_update(),
             &DeviceUpdate::UpdateDevice);
}

RegistryServer::Reactor* RegistryServer::GetBinding(
    Context* context, const v1::GetBindingRequest* request,
    v1::GetBindingResponse* response) {
  return Run(executor_, context, request, response, core_.reader(),
             &DeviceReader::GetBinding);
}

RegistryServer::Reactor* RegistryServer::ListBindings(
    Context* context, const v1::ListBindingsRequest* request,
    v1::ListBindingsResponse* response) {
  return Run(executor_, context, request, response, core_.reader(),
             &DeviceReader::ListBindings);
}

RegistryServer::Reactor* RegistryServer::ListPinRevisions(
    Context* context, const v1::ListPinRevisionsRequest* request,
    v1::ListPinRevisionsResponse* response) {
  return Run(executor_, context, request, response, core_.reader(),
             &DeviceReader::ListPinRevisions);
}

RegistryServer::Reactor* RegistryServer::GetTransaction(
    Context* context, const v1::GetTransactionRequest* request,
    v1::GetTransactionResponse* response) {
  return Run(executor_, context, request, response, core_.reader(),
             &DeviceReader::GetTransaction);
}

RegistryServer::Reactor* RegistryServer::PlanPins(
    Context* context, const v1::PlanPinsRequest* request,
    v1::PlanPinsResponse* response) {
  return Run(executor_, context, request, response, core_.planner(),
             &PinsPlanner::PlanPins);
}

RegistryServer::Reactor* RegistryServer::GetModel(
    Context* context, const v1::GetModelRequest* request,
    v1::GetModelResponse* response) {
  return Run(executor_, context, request, response, core_.policies(),
             &PolicyAdmin::GetModel);
}

RegistryServer::Reactor* RegistryServer::ListModels(
    Context* context, const v1::ListModelsRequest* request,
    v1::ListModelsResponse* response) {
  return Run(executor_, context, request, response, core_.policies(),
             &PolicyAdmin::ListModels);
}

RegistryServer::Reactor* RegistryServer::UpdateModel(
    Context* context, const v1::UpdateModelRequest* request,
    v1::UpdateModelResponse* response) {
  return Run(executor_, context, request, response, core_.policies(),
             &PolicyAdmin::UpdateModel);
}

RegistryServer::Reactor* RegistryServer::GetPolicy(
    Context* context, const v1::GetPolicyRequest* request,
    v1::GetPolicyResponse* response) {
  return Run(executor_, context, request, response, core_.policies(),
             &PolicyAdmin::GetPolicy);
}

RegistryServer::Reactor* RegistryServer::UpdatePolicy(
    Context* context, const v1::UpdatePolicyRequest* request,
    v1::UpdatePolicyResponse* response) {
  return Run(executor_, context, request, response, core_.policies(),
             &PolicyAdmin::UpdatePolicy);
}

RegistryServer::Reactor* RegistryServer::CreateLeaseOffer(
    Context* context, const v1::CreateLeaseOfferRequest*,
    v1::CreateLeaseOfferResponse*) {
  return rpc::Finish(context, NotYet("a lease"));
}

RegistryServer::Reactor* RegistryServer::GetLease(Context* context,
                                                  const v1::GetLeaseRequest*,
                                                  v1::GetLeaseResponse*) {
  return rpc::Finish(context, NotYet("a lease"));
}

RegistryServer::Reactor* RegistryServer::ListLeases(
    Context* context, const v1::ListLeasesRequest*, v1::ListLeasesResponse*) {
  return rpc::Finish(context, NotYet("a lease"));
}

RegistryServer::Reactor* RegistryServer::EndLease(Context* context,
                                                  const v1::EndLeaseRequest*,
                                                  v1::EndLeaseResponse*) {
  return rpc::Finish(context, NotYet("a lease"));
}

RegistryServer::Reactor* RegistryServer::GetJwks(
    Context* context, const v1::GetJwksRequest* request,
    v1::GetJwksResponse* response) {
  return Run(executor_, context, request, response, core_.tokens(),
             &TokenRenewal::GetJwks);
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* RegistryServer::WatchEvents(
    Context* context, const v1::WatchEventsRequest* request) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok())
    return new rpc::RefusedStream<v1::WatchEventsResponse>(caller.status());
  const auto filter = FilterOf(*caller, *request);
  if (!filter.ok())
    return new rpc::RefusedStream<v1::WatchEventsResponse>(filter.status());
  return StartEventStream(core_.events(), *filter);
}

}  // namespace u2fi::device_registry
