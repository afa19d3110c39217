#include "services/device-registry/transactions.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/ids.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/bound_again.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using records::v1::DeviceRow;
using records::v1::TimerRow;
using records::v1::TransactionRow;

constexpr int kMaxDevices = 1000;
constexpr size_t kNonceSize = 32;
constexpr int64_t kMaxDeadlineMs = 1'800'000;

absl::Status CheckArm(const v1::ArmRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("account", request.account()));
  RETURN_IF_ERROR(rpc::CheckId("site", request.site()));
  if (request.devices().empty() || request.devices_size() > kMaxDevices) {
    return FieldError("devices", "has none or more than 1,000 entries");
  }
  for (const std::string& device : request.devices()) {
    RETURN_IF_ERROR(rpc::CheckId("devices", device));
  }
  if (!proof::IsCommandId(request.command_id())) {
    return FieldError("command_id", "is not the id of a command");
  }
  if (!common::v1::BindingKind_IsValid(request.kind()) ||
      request.kind() == common::v1::BINDING_KIND_UNSPECIFIED) {
    return FieldError("kind", "is unset or unknown");
  }
  if (request.devices_size() > 1) return NotYet("more than one device");
  return request.kind() == common::v1::BINDING_KIND_PERMANENT
             ? absl::OkStatus()
             : NotYet("a lease");
}

absl::Status CheckDeadline(int64_t deadline_ms, int64_t now_ms) {
  if (deadline_ms > now_ms && deadline_ms <= now_ms + kMaxDeadlineMs) {
    return absl::OkStatus();
  }
  return Error(reason::kDeadlineBounds,
               "the deadline is not within 30 minutes from now",
               {{"field", "deadline"}});
}

// The same command asks for the same transaction.
absl::Status CheckSame(const TransactionRow& row,
                       const v1::ArmRequest& request) {
  if (row.account() == request.account() && row.site() == request.site() &&
      row.kind() == request.kind() &&
      row.transaction().devices_size() == request.devices_size() &&
      row.transaction().devices(0).device() == request.devices(0)) {
    return absl::OkStatus();
  }
  return Error(reason::kTransactionState,
               "the command has armed another transaction",
               {{"transaction", request.command_id()}});
}

absl::Status CheckOwner(Change& change, const v1::ArmRequest& request) {
  RETURN_IF_ERROR(RequireAccount(change, request.account()).status());
  ASSIGN_OR_RETURN(const v1::Site site, RequireSite(change, request.site()));
  if (site.owner() == request.account()) return absl::OkStatus();
  return Error(reason::kNotAMember, "the account does not own the site",
               {{"site", request.site()}});
}

audit::RowContent RowAboutTransaction(const TransactionRow& row,
                                      const std::string& caller_uri) {
  audit::RowContent content;
  content.kind = audit::v1::ROW_KIND_BINDING;
  content.subjects = {row.transaction().name(), AccountName(row.account())};
  for (const v1::TransactionDevice& device : row.transaction().devices()) {
    content.subjects.push_back(DeviceName(device.device()));
  }
  content.body.set_outcome(common::v1::OUTCOME_ACCEPTED);
  content.body.set_caller(caller_uri);
  content.body.set_state_after(StateName(row.transaction().state()));
  return content;
}

// The claimed device, out of any other open transaction.
absl::StatusOr<DeviceRow> TakeDevice(Change& change, const std::string& id,
                                     const std::string& account) {
  ASSIGN_OR_RETURN(DeviceRow row, RequireDevice(change, id));
  if (row.device().account() != account) {
    return Error(reason::kNotAMember, "the account has not claimed the device",
                 {{"device", id}});
  }
  if (row.device().state() == v1::DEVICE_STATE_STAGED) {
    ASSIGN_OR_RETURN(TransactionRow open,
                     RequireTransaction(change, row.transaction()));
    if (const DeviceRow* bound = BoundBefore(open, row.device())) {
      const std::string etag = row.device().etag();
      row = *bound;
      row.mutable_device()->set_etag(etag);
    }
    RETURN_IF_ERROR(RollBack(change, std::move(open), reason::kCancelled.name));
    return row;
  }
  if (row.device().state() == v1::DEVICE_STATE_CLAIMED) return row;
  ASSIGN_OR_RETURN(const records::v1::AccountRow owner,
                   RequireAccount(change, account));
  if (MayBeBoundAgain(row, owner.account())) return row;
  return WrongDeviceState(row.device());
}

TransactionRow NewTransaction(const v1::ArmRequest& request,
                              const v1::Device& device, RandomSource& random) {
  TransactionRow row;
  row.set_account(request.account());
  row.set_site(request.site());
  row.set_kind(request.kind());
  v1::Transaction& transaction = *row.mutable_transaction();
  transaction.set_name(TransactionName(request.command_id()));
  transaction.set_state(v1::TRANSACTION_STATE_ARMED);
  *transaction.mutable_deadline() = request.deadline();
  v1::TransactionDevice& entry = *transaction.add_devices();
  entry.set_device(request.devices(0));
  entry.set_factory_key(device.factory_key());
  entry.set_nonce(random.Bytes(kNonceSize));
  entry.set_plain(!device.kit());
  return row;
}

absl::Status CheckStage(const v1::StageRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("transaction", request.transaction()));
  RETURN_IF_ERROR(rpc::CheckId("gateway", request.gateway()));
  if (request.proofs().empty() || request.proofs_size() > kMaxDevices) {
    return FieldError("proofs", "has none or more than 1,000 entries");
  }
  return absl::OkStatus();
}

absl::Status CheckOpen(const TransactionRow& row,
                       const v1::StageRequest& request, int64_t now_ms) {
  const v1::Transaction& transaction = row.transaction();
  const bool armed = transaction.state() == v1::TRANSACTION_STATE_ARMED;
  const bool staged_here =
      transaction.state() == v1::TRANSACTION_STATE_STAGED &&
      row.gateway() == request.gateway();
  if ((armed || staged_here) && now_ms < ToMillis(transaction.deadline())) {
    return absl::OkStatus();
  }
  return WrongTransactionState(transaction);
}

absl::Status RefuseProof(absl::string_view problem, const std::string& device) {
  return Error(reason::kDeviceProofInvalid, problem, {{"device", device}});
}

// Checks one proof and marks its device. For a device without the kit its
// gateway answers.
absl::Status TakeProof(const gateway::v1::DeviceProof& proof,
                       const std::string& gateway_point, const std::string& id,
                       v1::Transaction& transaction) {
  if (proof.transaction() != id) {
    return FieldError("proofs.transaction", "is another transaction");
  }
  for (v1::TransactionDevice& entry : *transaction.mutable_devices()) {
    if (entry.device() != proof.device()) continue;
    const std::string& point =
        entry.plain() ? gateway_point : entry.factory_key();
    if (proof.factory_point() != point) {
      return RefuseProof("the device has another factory key", proof.device());
    }
    ASSIGN_OR_RETURN(const auto key, crypto::P256PublicKey::FromPoint(point));
    const crypto::Digest digest = crypto::Sha256(
        {proof::domain::kDevice, crypto::LengthPrefixed(entry.nonce()),
         crypto::LengthPrefixed(id), crypto::LengthPrefixed(gateway_point)});
    if (!key.Verify(digest, proof.signature()).ok()) {
      return RefuseProof("the device did not prove that it has its key",
                         proof.device());
    }
    entry.set_proved(true);
    return absl::OkStatus();
  }
  return UnknownResource(DeviceName(proof.device()));
}

absl::StatusOr<std::string> PointOf(Change& change, const std::string& gateway,
                                    const std::string& site) {
  ASSIGN_OR_RETURN(const v1::Gateway row, RequireGateway(change, gateway));
  RETURN_IF_ERROR(CheckActive(row));
  if (row.site() != site) {
    return Error(reason::kGatewayMismatch, "the gateway is at another site",
                 {{"gateway", gateway}});
  }
  ASSIGN_OR_RETURN(const crypto::P256PublicKey key,
                   crypto::P256PublicKey::FromSpki(row.public_key()));
  return key.point();
}

// Every device of the transaction now belongs to this gateway.
absl::Status StageDevices(Change& change, const TransactionRow& row) {
  for (const v1::TransactionDevice& entry : row.transaction().devices()) {
    ASSIGN_OR_RETURN(DeviceRow device, RequireDevice(change, entry.device()));
    device.mutable_device()->set_gateway(row.gateway());
    PutDevice(change, std::move(device));
  }
  return absl::OkStatus();
}

}  // namespace

void ClearTimer(Change& change, TransactionRow& row) {
  if (!row.timer().empty()) change.Remove(row.timer());
  row.clear_timer();
}

void SetTimer(Change& change, uint64_t due_ms, TransactionRow& row) {
  ClearTimer(change, row);
  row.set_timer(
      key::Timer(due_ms, kTransactionTimer, PlainId(row.transaction().name())));
  change.Put(row.timer(), TimerRow());
}

absl::Status RollBack(Change& change, TransactionRow row,
                      absl::string_view reason) {
  v1::Transaction& transaction = *row.mutable_transaction();
  const std::string before = StateName(transaction.state());
  transaction.set_state(v1::TRANSACTION_STATE_ROLLED_BACK);
  transaction.set_reason(std::string(reason));
  ClearTimer(change, row);
  for (const v1::TransactionDevice& entry : transaction.devices()) {
    ASSIGN_OR_RETURN(DeviceRow device, RequireDevice(change, entry.device()));
    if (const DeviceRow* bound = BoundBefore(row, device.device())) {
      const std::string etag = device.device().etag();
      device = *bound;
      device.mutable_device()->set_etag(etag);
      PutDevice(change, std::move(device));
      continue;
    }
    device.clear_transaction();
    device.mutable_device()->set_state(v1::DEVICE_STATE_CLAIMED);
    device.mutable_device()->clear_site();
    device.mutable_device()->clear_gateway();
    PutDevice(change, std::move(device));
  }
  audit::RowContent content = RowAboutTransaction(row, "");
  content.body.set_state_before(before);
  content.body.set_reason(transaction.reason());
  change.Audit(std::move(content));
  PutTransaction(change, std::move(row));
  return absl::OkStatus();
}

absl::StatusOr<v1::ArmResponse> Transactions::Arm(
    const rpc::Caller& caller, const v1::ArmRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckArm(request));
  v1::ArmResponse response;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    ASSIGN_OR_RETURN(
        const absl::optional<TransactionRow> present,
        change.Read<TransactionRow>(key::Transaction(request.command_id())));
    if (present.has_value()) {
      *response.mutable_transaction() = present->transaction();
      return CheckSame(*present, request);
    }
    const int64_t deadline_ms = ToMillis(request.deadline());
    RETURN_IF_ERROR(CheckDeadline(deadline_ms, UnixMillis(store_.clock())));
    RETURN_IF_ERROR(CheckOwner(change, request));
    ASSIGN_OR_RETURN(DeviceRow device,
                     TakeDevice(change, request.devices(0), request.account()));
    TransactionRow row =
        NewTransaction(request, device.device(), store_.random());
    if (device.device().state() == v1::DEVICE_STATE_BOUND) {
      *row.add_bound_before() = device;
    }
    device.set_transaction(request.command_id());
    device.mutable_device()->set_state(v1::DEVICE_STATE_STAGED);
    device.mutable_device()->set_site(request.site());
    device.mutable_device()->clear_gateway();
    PutDevice(change, std::move(device));
    SetTimer(change, static_cast<uint64_t>(deadline_ms), row);
    change.Audit(RowAboutTransaction(row, caller.uri()));
    *response.mutable_transaction() = row.transaction();
    PutTransaction(change, std::move(row));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::StageResponse> Transactions::Stage(
    const rpc::Caller& caller, const v1::StageRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckStage(request));
  v1::StageResponse response;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    ASSIGN_OR_RETURN(TransactionRow row,
                     RequireTransaction(change, request.transaction()));
    RETURN_IF_ERROR(CheckOpen(row, request, UnixMillis(store_.clock())));
    ASSIGN_OR_RETURN(const std::string point,
                     PointOf(change, request.gateway(), row.site()));
    v1::Transaction& transaction = *row.mutable_transaction();
    const std::string before = StateName(transaction.state());
    for (const gateway::v1::DeviceProof& proof : request.proofs()) {
      RETURN_IF_ERROR(
          TakeProof(proof, point, request.transaction(), transaction));
    }
    *response.mutable_transaction() = transaction;
    if (transaction.state() == v1::TRANSACTION_STATE_STAGED) {
      return absl::OkStatus();
    }
    transaction.set_state(v1::TRANSACTION_STATE_STAGED);
    row.set_gateway(request.gateway());
    RETURN_IF_ERROR(StageDevices(change, row));
    audit::RowContent content = RowAboutTransaction(row, caller.uri());
    content.body.set_state_before(before);
    change.Audit(std::move(content));
    *response.mutable_transaction() = transaction;
    PutTransaction(change, std::move(row));
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace u2fi::device_registry
