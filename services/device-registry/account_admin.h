#ifndef U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_ADMIN_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_ADMIN_H_

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/admin.pb.h"

namespace u2fi::device_registry {

// Accounts and sites as operators, clients and the portal see them. Keys,
// gateways and rules of an account change by Apply only. Thread-safe. Errors
// are those of registry.proto.
class AccountAdmin {
 public:
  // `store` must outlive this object.
  explicit AccountAdmin(RegistryStore& store) : store_(store) {}

  absl::StatusOr<v1::CreateAccountResponse> CreateAccount(
      const rpc::Caller& caller, const v1::CreateAccountRequest& request);
  absl::StatusOr<v1::GetAccountResponse> GetAccount(
      const rpc::Caller& caller, const v1::GetAccountRequest& request);
  absl::StatusOr<v1::ListAccountsResponse> ListAccounts(
      const rpc::Caller& caller, const v1::ListAccountsRequest& request);

  absl::StatusOr<v1::CreateSiteResponse> CreateSite(
      const rpc::Caller& caller, const v1::CreateSiteRequest& request);
  absl::StatusOr<v1::GetSiteResponse> GetSite(
      const rpc::Caller& caller, const v1::GetSiteRequest& request);
  absl::StatusOr<v1::ListSitesResponse> ListSites(
      const rpc::Caller& caller, const v1::ListSitesRequest& request);

 private:
  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_ADMIN_H_
