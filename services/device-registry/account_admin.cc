#include "services/device-registry/account_admin.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::AccountRow;
using records::v1::SiteRow;

constexpr size_t kMaxDisplayName = 128;

// RESOURCE_EXISTS unless nothing is under `key`.
absl::Status CheckAbsent(Change& change, const std::string& key,
                         const std::string& name) {
  ASSIGN_OR_RETURN(const bool exists, change.Exists(key));
  if (!exists) return absl::OkStatus();
  return Error(reason::kResourceExists, absl::StrCat(name, " exists"),
               {{"resource", name}});
}

absl::Status CheckCreateAccount(const v1::CreateAccountRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("account_id", request.account_id()));
  return CheckText("account.display_name", request.account().display_name(),
                   kMaxDisplayName);
}

absl::Status CheckCreateSite(const v1::CreateSiteRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("site_id", request.site_id()));
  RETURN_IF_ERROR(rpc::CheckId("site.owner", request.site().owner()));
  return CheckText("site.display_name", request.site().display_name(),
                   kMaxDisplayName);
}

}  // namespace

absl::StatusOr<v1::CreateAccountResponse> AccountAdmin::CreateAccount(
    const rpc::Caller& caller, const v1::CreateAccountRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckCreateAccount(request));
  v1::CreateAccountResponse response;
  v1::Account& account = *response.mutable_account();
  account.set_name(AccountName(request.account_id()));
  account.set_display_name(request.account().display_name());
  *account.mutable_create_time() = ToTimestamp(UnixMillis(store_.clock()));
  account.set_etag(FirstEtag());
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    const std::string key = key::Account(request.account_id());
    RETURN_IF_ERROR(CheckAbsent(change, key, account.name()));
    if (request.validate_only()) return absl::OkStatus();
    AccountRow row;
    *row.mutable_account() = account;
    change.Put(key, std::move(row));
    change.Audit(RowAbout(audit::v1::ROW_KIND_ADMIN, caller, {account.name()}));
    change.Announce(v1::EVENT_KIND_ACCOUNT, account.name());
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::GetAccountResponse> AccountAdmin::GetAccount(
    const rpc::Caller& caller, const v1::GetAccountRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("accounts/", request.name(), "name"));
  ASSIGN_OR_RETURN(
      AccountRow row,
      store_.Require<AccountRow>(tenant, key::Account(id), request.name()));
  v1::GetAccountResponse response;
  response.mutable_account()->Swap(row.mutable_account());
  return response;
}

absl::StatusOr<v1::ListAccountsResponse> AccountAdmin::ListAccounts(
    const rpc::Caller& caller, const v1::ListAccountsRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  const ListQuery query{std::string(key::kAccounts), request.page_size(),
                        request.page_token(), ""};
  ASSIGN_OR_RETURN(auto page,
                   store_.List<AccountRow>(
                       tenant, query, [](const AccountRow&) { return true; }));
  v1::ListAccountsResponse response;
  for (AccountRow& row : page.first) {
    response.add_accounts()->Swap(row.mutable_account());
  }
  response.set_next_page_token(page.second);
  return response;
}

absl::StatusOr<v1::CreateSiteResponse> AccountAdmin::CreateSite(
    const rpc::Caller& caller, const v1::CreateSiteRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckCreateSite(request));
  v1::CreateSiteResponse response;
  v1::Site& site = *response.mutable_site();
  site.set_name(SiteName(request.site_id()));
  site.set_display_name(request.site().display_name());
  site.set_owner(request.site().owner());
  *site.mutable_create_time() = ToTimestamp(UnixMillis(store_.clock()));
  site.set_etag(FirstEtag());
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    const std::string key = key::Site(request.site_id());
    RETURN_IF_ERROR(CheckAbsent(change, key, site.name()));
    RETURN_IF_ERROR(RequireAccount(change, site.owner()).status());
    if (request.validate_only()) return absl::OkStatus();
    SiteRow row;
    *row.mutable_site() = site;
    change.Put(key, std::move(row));
    change.Audit(RowAbout(audit::v1::ROW_KIND_ADMIN, caller,
                          {site.name(), AccountName(site.owner())}));
    change.Announce(v1::EVENT_KIND_ACCOUNT, site.name());
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::GetSiteResponse> AccountAdmin::GetSite(
    const rpc::Caller& caller, const v1::GetSiteRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("sites/", request.name(), "name"));
  ASSIGN_OR_RETURN(SiteRow row, store_.Require<SiteRow>(tenant, key::Site(id),
                                                        request.name()));
  v1::GetSiteResponse response;
  response.mutable_site()->Swap(row.mutable_site());
  return response;
}

absl::StatusOr<v1::ListSitesResponse> AccountAdmin::ListSites(
    const rpc::Caller& caller, const v1::ListSitesRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckOptionalId("owner", request.owner()));
  const ListQuery query{std::string(key::kSites), request.page_size(),
                        request.page_token(), request.owner()};
  ASSIGN_OR_RETURN(
      auto page,
      store_.List<SiteRow>(tenant, query, [&request](const SiteRow& row) {
        return request.owner().empty() || row.site().owner() == request.owner();
      }));
  v1::ListSitesResponse response;
  for (SiteRow& row : page.first) {
    response.add_sites()->Swap(row.mutable_site());
  }
  response.set_next_page_token(page.second);
  return response;
}

}  // namespace u2fi::device_registry
