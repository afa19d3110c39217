#include "services/device-registry/pins_update.h"

#include <utility>

#include "absl/types/optional.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/verified_pins.h"
#include "services/common/proof/verify_proof.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/pin_checks.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using records::v1::BindingRow;

// The state of one ApplyPinsUpdate().
class PinsUpdate {
 public:
  PinsUpdate(Change& change, const ApplyCase& in) : change_(change), in_(in) {}

  absl::Status Check();
  absl::StatusOr<std::string> Put();

 private:
  absl::Status CheckDevice();
  absl::Status CheckProof();
  absl::Status CheckEvidence();
  absl::Status CheckTouches() { return CheckApprovers(change_, in_); }
  absl::Status CheckGateways();
  absl::Status CheckKeys() {
    return CheckPinnedKeys(change_, next(), &present_->fields());
  }
  absl::Status CheckPlace() {
    return CheckPlaces(change_, in_, present_->fields().account(),
                       next().account());
  }

  absl::Status PutNewOwner();

  const proof::v1::PinSet& next() const { return pins_->pins().fields(); }

  Change& change_;
  const ApplyCase& in_;
  records::v1::DeviceRow device_;
  absl::optional<proof::PinSet> present_;
  absl::optional<proof::VerifiedCommand> verified_;
  absl::optional<proof::VerifiedPins> pins_;
};

absl::Status PinsUpdate::Check() {
  constexpr absl::Status (PinsUpdate::*kSteps[])() = {
      &PinsUpdate::CheckDevice,   &PinsUpdate::CheckProof,
      &PinsUpdate::CheckEvidence, &PinsUpdate::CheckTouches,
      &PinsUpdate::CheckGateways, &PinsUpdate::CheckKeys,
      &PinsUpdate::CheckPlace};
  for (const auto step : kSteps) RETURN_IF_ERROR((this->*step)());
  return absl::OkStatus();
}

absl::Status PinsUpdate::CheckDevice() {
  if (!in_.request.transaction().empty()) {
    return FieldError("transaction", "goes with the purpose PROVISION only");
  }
  ASSIGN_OR_RETURN(device_, RequireDevice(change_, in_.command.device()));
  if (device_.device().state() != v1::DEVICE_STATE_BOUND) {
    return WrongDeviceState(device_.device());
  }
  ASSIGN_OR_RETURN(present_, proof::PinSet::Parse(device_.pin_set()));
  return absl::OkStatus();
}

absl::Status PinsUpdate::CheckProof() {
  proof::VerifyInputs inputs;
  inputs.pins = &*present_;
  inputs.device = in_.command.device();
  inputs.gateway = device_.device().gateway();
  inputs.now_ms = in_.now_ms;
  ASSIGN_OR_RETURN(verified_, proof::VerifyProof(in_.bytes, in_.proof, inputs));
  return absl::OkStatus();
}

absl::Status PinsUpdate::CheckEvidence() {
  ASSIGN_OR_RETURN(
      pins_, proof::VerifyPins(*verified_, &*present_, in_.request.evidence()));
  return absl::OkStatus();
}

absl::Status PinsUpdate::CheckGateways() {
  if (next().site() != present_->fields().site()) {
    return Error(reason::kPinsChange, "the device stays at its site");
  }
  const proof::v1::PinnedGateway* const serving =
      pins_->pins().FindGateway(device_.device().gateway());
  if (serving == nullptr || !serving->may_execute()) {
    return Error(reason::kPinsChange,
                 "the gateway that serves the device is missing",
                 {{"gateway", device_.device().gateway()}});
  }
  return CheckPinnedGateways(change_, next(), &present_->fields());
}

// The binding goes on, in other hands.
absl::Status PinsUpdate::PutNewOwner() {
  ASSIGN_OR_RETURN(BindingRow row,
                   change_.Require<BindingRow>(key::Binding(device_.binding()),
                                               BindingName(device_.binding())));
  audit::RowContent content = RowAboutCase(audit::v1::ROW_KIND_BINDING, in_);
  content.subjects.push_back(row.binding().name());
  content.subjects.push_back(device_.device().name());
  content.subjects.push_back(AccountName(row.binding().account()));
  content.subjects.push_back(AccountName(next().account()));
  change_.Audit(std::move(content));
  row.mutable_binding()->set_account(next().account());
  change_.Announce(v1::EVENT_KIND_BINDING, row.binding().name(),
                   StateName(row.binding().state()));
  change_.Put(key::Binding(device_.binding()), std::move(row));
  device_.mutable_device()->set_account(next().account());
  return absl::OkStatus();
}

absl::StatusOr<std::string> PinsUpdate::Put() {
  std::string name = device_.device().name();
  if (next().account() != device_.device().account()) {
    RETURN_IF_ERROR(PutNewOwner());
  }
  PutPinRevision(change_, in_, pins_->pins(), device_.life());
  device_.set_pin_set(pins_->pins().bytes());
  device_.mutable_device()->set_pins_revision(next().revision());
  device_.mutable_device()->set_pins_hash(
      crypto::ToString(pins_->pins().hash()));
  PutDevice(change_, std::move(device_));
  return name;
}

}  // namespace

absl::StatusOr<std::string> ApplyPinsUpdate(Change& change,
                                            const ApplyCase& in) {
  PinsUpdate update(change, in);
  RETURN_IF_ERROR(update.Check());
  return update.Put();
}

}  // namespace u2fi::device_registry
