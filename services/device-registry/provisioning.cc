#include "services/device-registry/provisioning.h"

#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/types/optional.h"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/verified_pins.h"
#include "services/common/proof/verify_proof.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/bound_again.h"
#include "services/device-registry/pin_checks.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "services/device-registry/transactions.h"

namespace u2fi::device_registry {
namespace {

using records::v1::BindingRow;
using records::v1::DeviceRow;
using records::v1::TransactionRow;

constexpr size_t kBindingSuffix = 4;
constexpr uint64_t kMaxMillis = 9'999'999'999'999;

// Ids of bindings ascend from the newest to the oldest.
std::string NewBindingId(uint64_t now_ms, RandomSource& random) {
  return absl::StrFormat("%013d%s", kMaxMillis - now_ms,
                         crypto::Hex(random.Bytes(kBindingSuffix)));
}

// The state of one ApplyProvisioning().
class Provisioning {
 public:
  Provisioning(Change& change, const ApplyCase& in,
               const std::string& rp_id_hash)
      : change_(change), in_(in), rp_id_hash_(rp_id_hash) {}

  absl::Status Check();
  std::string Put(const DeviceTokens& tokens, RandomSource& random);

 private:
  absl::Status CheckTransaction();
  absl::Status CheckDevice();
  absl::Status CheckProof();
  absl::Status CheckEvidence();
  absl::Status CheckScope();
  absl::Status CheckGateways() {
    return CheckPinnedGateways(change_, fields(), nullptr);
  }
  absl::Status CheckKeys() {
    return CheckPinnedKeys(change_, fields(), nullptr);
  }
  absl::Status CheckPlace() {
    return CheckPlaces(change_, in_, transaction_.account());
  }
  void PutBinding(const std::string& id);
  void PutAudit(const std::string& binding);

  const proof::PinSet& pins() const { return pins_->pins(); }
  const proof::v1::PinSet& fields() const { return pins().fields(); }

  Change& change_;
  const ApplyCase& in_;
  const std::string& rp_id_hash_;
  TransactionRow transaction_;
  DeviceRow device_;
  absl::optional<proof::VerifiedCommand> verified_;
  absl::optional<proof::VerifiedPins> pins_;
};

absl::Status Provisioning::Check() {
  constexpr absl::Status (Provisioning::*kSteps[])() = {
      &Provisioning::CheckTransaction, &Provisioning::CheckDevice,
      &Provisioning::CheckProof,       &Provisioning::CheckEvidence,
      &Provisioning::CheckScope,       &Provisioning::CheckGateways,
      &Provisioning::CheckKeys,        &Provisioning::CheckPlace};
  for (const auto step : kSteps) RETURN_IF_ERROR((this->*step)());
  // One that it had before a recovery of its account.
  return EndBinding(change_, device_, static_cast<int64_t>(in_.now_ms));
}

absl::Status Provisioning::CheckTransaction() {
  const std::string& id = in_.request.transaction();
  if (id != in_.command.command_id()) {
    return FieldError("transaction", "is not that of the command");
  }
  ASSIGN_OR_RETURN(transaction_, RequireTransaction(change_, id));
  const v1::Transaction& transaction = transaction_.transaction();
  const bool open =
      transaction.state() == v1::TRANSACTION_STATE_STAGED &&
      static_cast<int64_t>(in_.now_ms) < ToMillis(transaction.deadline());
  return open ? absl::OkStatus() : WrongTransactionState(transaction);
}

absl::Status Provisioning::CheckDevice() {
  ASSIGN_OR_RETURN(device_, RequireDevice(change_, in_.command.device()));
  if (device_.device().state() == v1::DEVICE_STATE_STAGED &&
      device_.transaction() == in_.request.transaction()) {
    return absl::OkStatus();
  }
  return WrongDeviceState(device_.device());
}

absl::Status Provisioning::CheckProof() {
  proof::VerifyInputs inputs;
  inputs.device = in_.command.device();
  inputs.gateway = transaction_.gateway();
  inputs.now_ms = in_.now_ms;
  ASSIGN_OR_RETURN(verified_, proof::VerifyProof(in_.bytes, in_.proof, inputs));
  return absl::OkStatus();
}

absl::Status Provisioning::CheckEvidence() {
  ASSIGN_OR_RETURN(
      pins_, proof::VerifyPins(*verified_, nullptr, in_.request.evidence()));
  return absl::OkStatus();
}

absl::Status Provisioning::CheckScope() {
  if (fields().tenant() != in_.tenant) {
    return Error(reason::kTenantMismatch, "the pin set is another tenant's");
  }
  if (fields().account() != transaction_.account()) {
    return Error(reason::kAccountMismatch, "the pin set has another owner");
  }
  if (fields().site() != transaction_.site()) {
    return Error(reason::kSiteMismatch, "the pin set is for another site");
  }
  if (fields().rp_id_hash() == rp_id_hash_) return absl::OkStatus();
  return Error(reason::kRpIdHashMismatch,
               "the pin set is for another relying party");
}

void Provisioning::PutBinding(const std::string& id) {
  BindingRow row;
  v1::Binding& binding = *row.mutable_binding();
  binding.set_name(BindingName(id));
  binding.set_device(in_.command.device());
  binding.set_account(transaction_.account());
  binding.set_site(transaction_.site());
  binding.set_kind(transaction_.kind());
  binding.set_state(v1::BINDING_STATE_COMMITTED);
  binding.set_command(in_.command.command_id());
  *binding.mutable_commit_time() =
      ToTimestamp(static_cast<int64_t>(in_.now_ms));
  change_.Announce(v1::EVENT_KIND_BINDING, binding.name(), "COMMITTED");
  change_.Put(key::Binding(id), std::move(row));
}

void Provisioning::PutAudit(const std::string& binding) {
  audit::RowContent bound = RowAbout(
      audit::v1::ROW_KIND_BINDING, in_.caller,
      {BindingName(binding), device_.device().name(),
       AccountName(transaction_.account()), SiteName(transaction_.site()),
       transaction_.transaction().name()});
  bound.body.set_state_before("STAGED");
  bound.body.set_state_after("COMMITTED");
  change_.Audit(std::move(bound));
}

std::string Provisioning::Put(const DeviceTokens& tokens,
                              RandomSource& random) {
  const std::string binding = NewBindingId(in_.now_ms, random);
  device_.set_life(device_.life() + 1);
  device_.set_pin_set(pins().bytes());
  device_.set_binding(binding);
  *device_.mutable_token() = tokens.Make();
  device_.clear_previous_jti();
  device_.clear_reported_pins_hash();
  v1::Device& device = *device_.mutable_device();
  device.set_state(v1::DEVICE_STATE_BOUND);
  device.set_site(transaction_.site());
  device.set_gateway(in_.command.gateway());
  device.set_pins_revision(fields().revision());
  device.set_pins_hash(crypto::ToString(pins().hash()));
  device.clear_reported_pins_revision();
  PutBinding(binding);
  PutPinRevision(change_, in_, pins(), device_.life());
  PutAudit(binding);
  transaction_.mutable_transaction()->set_state(
      v1::TRANSACTION_STATE_COMMITTED);
  SetTimer(change_, verified_->execute_by_ms() + kConfirmGraceMs, transaction_);
  PutTransaction(change_, std::move(transaction_));
  PutDevice(change_, std::move(device_));
  return BindingName(binding);
}

}  // namespace

absl::StatusOr<std::string> ApplyProvisioning(Change& change,
                                              const ApplyCase& in,
                                              const std::string& rp_id_hash,
                                              const DeviceTokens& tokens,
                                              RandomSource& random) {
  Provisioning provisioning(change, in, rp_id_hash);
  RETURN_IF_ERROR(provisioning.Check());
  return provisioning.Put(tokens, random);
}

}  // namespace u2fi::device_registry
