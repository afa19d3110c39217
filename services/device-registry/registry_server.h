#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_SERVER_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_SERVER_H_

#include "services/common/audit/executor.h"
#include "services/device-registry/registry_core.h"
#include "u2fi/device_registry/v1/registry.grpc.pb.h"

namespace u2fi::device_registry {

// Translates between DeviceRegistry's rpcs and the core. Calls run on the
// executor, since the core blocks on the store. What is not there yet answers
// UNIMPLEMENTED. The references must outlive this object and every server it
// is registered on.
class RegistryServer : public v1::DeviceRegistry::CallbackService {
 public:
  RegistryServer(RegistryCore& core, audit::Executor& executor)
      : core_(core), executor_(executor) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  // What each does: registry.proto.
  Reactor* Resolve(Context* context, const v1::ResolveRequest* request,
                   v1::ResolveResponse* response) override;
  Reactor* AdmitGateway(Context* context,
                        const v1::AdmitGatewayRequest* request,
                        v1::AdmitGatewayResponse* response) override;
  Reactor* Arm(Context* context, const v1::ArmRequest* request,
               v1::ArmResponse* response) override;
  Reactor* Stage(Context* context, const v1::StageRequest* request,
                 v1::StageResponse* response) override;
  Reactor* Apply(Context* context, const v1::ApplyRequest* request,
                 v1::ApplyResponse* response) override;
  Reactor* ReportTokens(Context* context,
                        const v1::ReportTokensRequest* request,
                        v1::ReportTokensResponse* response) override;
  Reactor* Outcome(Context* context, const v1::OutcomeRequest* request,
                   v1::OutcomeResponse* response) override;
  Reactor* Confirm(Context* context, const v1::ConfirmRequest* request,
                   v1::ConfirmResponse* response) override;
  Reactor* ReportPresence(Context* context,
                          const v1::ReportPresenceRequest* request,
                          v1::ReportPresenceResponse* response) override;
  Reactor* RenewDeviceToken(Context* context,
                            const v1::RenewDeviceTokenRequest* request,
                            v1::RenewDeviceTokenResponse* response) override;
  Reactor* CreateAccount(Context* context,
                         const v1::CreateAccountRequest* request,
                         v1::CreateAccountResponse* response) override;
  Reactor* GetAccount(Context* context, const v1::GetAccountRequest* request,
                      v1::GetAccountResponse* response) override;
  Reactor* ListAccounts(Context* context,
                        const v1::ListAccountsRequest* request,
                        v1::ListAccountsResponse* response) override;
  Reactor* EraseAccount(Context* context,
                        const v1::EraseAccountRequest* request,
                        v1::EraseAccountResponse* response) override;
  Reactor* CreateSite(Context* context, const v1::CreateSiteRequest* request,
                      v1::CreateSiteResponse* response) override;
  Reactor* GetSite(Context* context, const v1::GetSiteRequest* request,
                   v1::GetSiteResponse* response) override;
  Reactor* ListSites(Context* context, const v1::ListSitesRequest* request,
                     v1::ListSitesResponse* response) override;
  Reactor* CreateGateway(Context* context,
                         const v1::CreateGatewayRequest* request,
                         v1::CreateGatewayResponse* response) override;
  Reactor* GetGateway(Context* context, const v1::GetGatewayRequest* request,
                      v1::GetGatewayResponse* response) override;
  Reactor* ListGateways(Context* context,
                        const v1::ListGatewaysRequest* request,
                        v1::ListGatewaysResponse* response) override;
  Reactor* SuspendGateway(Context* context,
                          const v1::SuspendGatewayRequest* request,
                          v1::SuspendGatewayResponse* response) override;
  Reactor* ResumeGateway(Context* context,
                         const v1::ResumeGatewayRequest* request,
                         v1::ResumeGatewayResponse* response) override;
  Reactor* RevokeGateway(Context* context,
                         const v1::RevokeGatewayRequest* request,
                         v1::RevokeGatewayResponse* response) override;
  Reactor* ReplaceGatewayKey(Context* context,
                             const v1::ReplaceGatewayKeyRequest* request,
                             v1::ReplaceGatewayKeyResponse* response) override;
  Reactor* ImportDevices(Context* context,
                         const v1::ImportDevicesRequest* request,
                         v1::ImportDevicesResponse* response) override;
  Reactor* ClaimDevice(Context* context, const v1::ClaimDeviceRequest* request,
                       v1::ClaimDeviceResponse* response) override;
  Reactor* GetDevice(Context* context, const v1::GetDeviceRequest* request,
                     v1::GetDeviceResponse* response) override;
  Reactor* ListDevices(Context* context, const v1::ListDevicesRequest* request,
                       v1::ListDevicesResponse* response) override;
  Reactor* UpdateDevice(Context* context,
                        const v1::UpdateDeviceRequest* request,
                        v1::UpdateDeviceResponse* response) override;
  Reactor* GetBinding(Context* context, const v1::GetBindingRequest* request,
                      v1::GetBindingResponse* response) override;
  Reactor* ListBindings(Context* context,
                        const v1::ListBindingsRequest* request,
                        v1::ListBindingsResponse* response) override;
  Reactor* ListPinRevisions(Context* context,
                            const v1::ListPinRevisionsRequest* request,
                            v1::ListPinRevisionsResponse* response) override;
  Reactor* GetTransaction(Context* context,
                          const v1::GetTransactionRequest* request,
                          v1::GetTransactionResponse* response) override;
  Reactor* PlanPins(Context* context, const v1::PlanPinsRequest* request,
                    v1::PlanPinsResponse* response) override;
  Reactor* GetModel(Context* context, const v1::GetModelRequest* request,
                    v1::GetModelResponse* response) override;
  Reactor* ListModels(Context* context, const v1::ListModelsRequest* request,
                      v1::ListModelsResponse* response) override;
  Reactor* UpdateModel(Context* context, const v1::UpdateModelRequest* request,
                       v1::UpdateModelResponse* response) override;
  Reactor* GetPolicy(Context* context, const v1::GetPolicyRequest* request,
                     v1::GetPolicyResponse* response) override;
  Reactor* UpdatePolicy(Context* context,
                        const v1::UpdatePolicyRequest* request,
                        v1::UpdatePolicyResponse* response) override;
  Reactor* CreateLeaseOffer(Context* context,
                            const v1::CreateLeaseOfferRequest* request,
                            v1::CreateLeaseOfferResponse* response) override;
  Reactor* GetLease(Context* context, const v1::GetLeaseRequest* request,
                    v1::GetLeaseResponse* response) override;
  Reactor* ListLeases(Context* context, const v1::ListLeasesRequest* request,
                      v1::ListLeasesResponse* response) override;
  Reactor* EndLease(Context* context, const v1::EndLeaseRequest* request,
                    v1::EndLeaseResponse* response) override;
  Reactor* GetJwks(Context* context, const v1::GetJwksRequest* request,
                   v1::GetJwksResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(
      Context* context, const v1::WatchEventsRequest* request) override;

 private:
  RegistryCore& core_;
  audit::Executor& executor_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_SERVER_H_
