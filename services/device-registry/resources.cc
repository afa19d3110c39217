#include "services/device-registry/resources.h"

#include <utility>

#include "services/common/crypto/p256.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {

using records::v1::AccountRow;
using records::v1::DeviceRow;
using records::v1::GatewayRow;
using records::v1::SiteRow;
using records::v1::TransactionRow;

std::string PlainId(absl::string_view name) {
  return std::string(name.substr(name.find('/') + 1));
}

absl::StatusOr<AccountRow> RequireAccount(Change& change,
                                          absl::string_view id) {
  const std::string name = AccountName(id);
  ASSIGN_OR_RETURN(AccountRow row,
                   change.Require<AccountRow>(key::Account(id), name));
  if (row.account().erased()) return UnknownResource(name);
  return row;
}

absl::StatusOr<v1::Site> RequireSite(Change& change, absl::string_view id) {
  ASSIGN_OR_RETURN(SiteRow row,
                   change.Require<SiteRow>(key::Site(id), SiteName(id)));
  return std::move(*row.mutable_site());
}

absl::StatusOr<v1::Gateway> RequireGateway(Change& change,
                                           absl::string_view id) {
  ASSIGN_OR_RETURN(GatewayRow row, change.Require<GatewayRow>(key::Gateway(id),
                                                              GatewayName(id)));
  return std::move(*row.mutable_gateway());
}

absl::StatusOr<DeviceRow> RequireDevice(Change& change, absl::string_view id) {
  return change.Require<DeviceRow>(key::Device(id), DeviceName(id));
}

absl::StatusOr<TransactionRow> RequireTransaction(Change& change,
                                                  absl::string_view id) {
  return change.Require<TransactionRow>(key::Transaction(id),
                                        TransactionName(id));
}

std::string StateName(v1::GatewayState state) {
  return ShortName("GATEWAY_STATE_", v1::GatewayState_Name(state));
}

std::string StateName(v1::DeviceState state) {
  return ShortName("DEVICE_STATE_", v1::DeviceState_Name(state));
}

std::string StateName(v1::TransactionState state) {
  return ShortName("TRANSACTION_STATE_", v1::TransactionState_Name(state));
}

std::string StateName(v1::BindingState state) {
  return ShortName("BINDING_STATE_", v1::BindingState_Name(state));
}

absl::Status CheckActive(const v1::Gateway& gateway) {
  if (gateway.state() == v1::GATEWAY_STATE_ACTIVE) return absl::OkStatus();
  return Error(reason::kGatewayNotActive, "the gateway is not active",
               {{"gateway", PlainId(gateway.name())},
                {"state", StateName(gateway.state())}});
}

absl::StatusOr<proof::v1::PinnedGateway> PinGateway(const v1::Gateway& gateway,
                                                    bool executes) {
  RETURN_IF_ERROR(CheckActive(gateway));
  ASSIGN_OR_RETURN(const crypto::P256PublicKey key,
                   crypto::P256PublicKey::FromSpki(gateway.public_key()));
  proof::v1::PinnedGateway pinned;
  pinned.set_id(PlainId(gateway.name()));
  pinned.set_site(gateway.site());
  pinned.set_point(key.point());
  pinned.set_may_approve(true);
  pinned.set_may_execute(executes);
  return pinned;
}

absl::Status WrongDeviceState(const v1::Device& device) {
  return Error(reason::kDeviceState,
               "the device is not in a state that allows this",
               {{"device", PlainId(device.name())},
                {"state", StateName(device.state())}});
}

absl::Status WrongTransactionState(const v1::Transaction& transaction) {
  return Error(reason::kTransactionState,
               "the transaction is not in a state that allows this",
               {{"transaction", PlainId(transaction.name())},
                {"state", StateName(transaction.state())}});
}

void PutAccount(Change& change, AccountRow row) {
  v1::Account& account = *row.mutable_account();
  account.set_etag(NextEtag(account.etag()));
  change.Announce(v1::EVENT_KIND_ACCOUNT, account.name());
  const std::string key = key::Account(PlainId(account.name()));
  change.Put(key, std::move(row));
}

void PutDevice(Change& change, DeviceRow row) {
  v1::Device& device = *row.mutable_device();
  device.set_etag(NextEtag(device.etag()));
  change.Announce(v1::EVENT_KIND_DEVICE, device.name(),
                  StateName(device.state()));
  const std::string key = key::Device(PlainId(device.name()));
  change.Put(key, std::move(row));
}

void PutTransaction(Change& change, TransactionRow row) {
  const v1::Transaction& transaction = row.transaction();
  change.Announce(v1::EVENT_KIND_BINDING, transaction.name(),
                  StateName(transaction.state()));
  const std::string key = key::Transaction(PlainId(transaction.name()));
  change.Put(key, std::move(row));
}

}  // namespace u2fi::device_registry
