#include "services/device-registry/unbinding.h"

#include <utility>

#include "absl/types/optional.h"
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
using records::v1::DeviceRow;
using records::v1::PolicyRow;
using records::v1::ReleaseRow;
using records::v1::TimerRow;

// Where the tenant's policy says nothing.
constexpr uint64_t kDeadlineMs = 86'400'000;

absl::StatusOr<BindingRow> BindingOf(Change& change, const DeviceRow& row) {
  return change.Require<BindingRow>(key::Binding(row.binding()),
                                    BindingName(row.binding()));
}

void PutBinding(Change& change, BindingRow row) {
  const std::string id = PlainId(row.binding().name());
  change.Announce(v1::EVENT_KIND_BINDING, row.binding().name(),
                  StateName(row.binding().state()));
  change.Put(key::Binding(id), std::move(row));
}

// The state of one ApplyUnbind().
class Unbinding {
 public:
  Unbinding(Change& change, const ApplyCase& in) : change_(change), in_(in) {}

  absl::Status Check();
  absl::StatusOr<std::string> Put();

 private:
  absl::Status CheckDevice();
  absl::Status CheckProof();
  absl::Status CheckTouches() { return CheckApprovers(change_, in_); }
  absl::Status CheckPlace() {
    return CheckPlaces(change_, in_, device_.device().account());
  }
  absl::StatusOr<uint64_t> ForceMs();
  void PutRelease(uint64_t force_ms);
  void PutAudit(const std::string& binding);

  Change& change_;
  const ApplyCase& in_;
  DeviceRow device_;
};

absl::Status Unbinding::Check() {
  constexpr absl::Status (Unbinding::*kSteps[])() = {
      &Unbinding::CheckDevice, &Unbinding::CheckProof, &Unbinding::CheckTouches,
      &Unbinding::CheckPlace};
  for (const auto step : kSteps) RETURN_IF_ERROR((this->*step)());
  return absl::OkStatus();
}

absl::Status Unbinding::CheckDevice() {
  if (!in_.request.transaction().empty()) {
    return FieldError("transaction", "goes with the purpose PROVISION only");
  }
  ASSIGN_OR_RETURN(device_, RequireDevice(change_, in_.command.device()));
  return device_.device().state() == v1::DEVICE_STATE_BOUND
             ? absl::OkStatus()
             : WrongDeviceState(device_.device());
}

absl::Status Unbinding::CheckProof() {
  ASSIGN_OR_RETURN(const proof::PinSet pins,
                   proof::PinSet::Parse(device_.pin_set()));
  proof::VerifyInputs inputs;
  inputs.pins = &pins;
  inputs.device = in_.command.device();
  inputs.gateway = device_.device().gateway();
  inputs.now_ms = in_.now_ms;
  return proof::VerifyProof(in_.bytes, in_.proof, inputs).status();
}

absl::StatusOr<uint64_t> Unbinding::ForceMs() {
  ASSIGN_OR_RETURN(const absl::optional<PolicyRow> policy,
                   change_.Peek<PolicyRow>(key::Policy()));
  const uint64_t own =
      policy.has_value() ? policy->policy().release_deadline_s() : 0;
  return in_.now_ms + (own == 0 ? kDeadlineMs : own * 1000);
}

void Unbinding::PutRelease(uint64_t force_ms) {
  ReleaseRow row;
  row.set_command(in_.bytes);
  row.set_proof(in_.proof.SerializeAsString());
  row.set_timer(key::Timer(force_ms, kReleaseTimer, in_.command.device()));
  change_.Put(row.timer(), TimerRow());
  change_.Put(key::Release(in_.command.device()), std::move(row));
}

void Unbinding::PutAudit(const std::string& binding) {
  audit::RowContent row = RowAboutCase(audit::v1::ROW_KIND_BINDING, in_);
  row.subjects.push_back(binding);
  row.subjects.push_back(device_.device().name());
  row.body.set_state_before("BOUND");
  row.body.set_state_after("RELEASING");
  change_.Audit(std::move(row));
}

absl::StatusOr<std::string> Unbinding::Put() {
  ASSIGN_OR_RETURN(const uint64_t force_ms, ForceMs());
  ASSIGN_OR_RETURN(BindingRow row, BindingOf(change_, device_));
  v1::Binding& binding = *row.mutable_binding();
  const std::string name = binding.name();
  binding.set_state(v1::BINDING_STATE_RELEASING);
  *binding.mutable_force_time() = ToTimestamp(static_cast<int64_t>(force_ms));
  PutRelease(force_ms);
  PutAudit(name);
  PutBinding(change_, std::move(row));
  device_.mutable_device()->set_state(v1::DEVICE_STATE_RELEASING);
  PutDevice(change_, std::move(device_));
  return name;
}

// Nobody's any more, as if it had just been imported.
absl::Status Free(Change& change, uint64_t now_ms, DeviceRow& row) {
  ASSIGN_OR_RETURN(BindingRow binding, BindingOf(change, row));
  binding.mutable_binding()->set_state(v1::BINDING_STATE_ENDED);
  *binding.mutable_binding()->mutable_end_time() =
      ToTimestamp(static_cast<int64_t>(now_ms));
  PutBinding(change, std::move(binding));
  row.clear_transaction();
  row.clear_pin_set();
  row.clear_binding();
  row.clear_token();
  row.clear_previous_jti();
  v1::Device& device = *row.mutable_device();
  device.set_state(v1::DEVICE_STATE_IMPORTED);
  device.clear_account();
  device.clear_site();
  device.clear_pins_revision();
  device.clear_pins_hash();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ApplyUnbind(Change& change, const ApplyCase& in) {
  Unbinding unbinding(change, in);
  RETURN_IF_ERROR(unbinding.Check());
  return unbinding.Put();
}

absl::Status DropRelease(Change& change, DeviceRow& row) {
  const std::string key = key::Release(PlainId(row.device().name()));
  ASSIGN_OR_RETURN(const absl::optional<ReleaseRow> release,
                   change.Read<ReleaseRow>(key));
  if (release.has_value()) {
    if (!release->timer().empty()) change.Remove(release->timer());
    change.Remove(key);
  }
  row.mutable_device()->clear_forced();
  return absl::OkStatus();
}

absl::Status EndRelease(Change& change, uint64_t now_ms, DeviceRow& row) {
  if (!row.binding().empty()) RETURN_IF_ERROR(Free(change, now_ms, row));
  RETURN_IF_ERROR(DropRelease(change, row));
  // Unless somebody else is binding it already.
  const v1::DeviceState state = row.device().state();
  if (state == v1::DEVICE_STATE_IMPORTED || state == v1::DEVICE_STATE_CLAIMED) {
    row.mutable_device()->clear_gateway();
  }
  return absl::OkStatus();
}

absl::Status ForceRelease(Change& change, uint64_t now_ms,
                          const std::string& timer, const std::string& id) {
  ASSIGN_OR_RETURN(absl::optional<ReleaseRow> release,
                   change.Read<ReleaseRow>(key::Release(id)));
  if (!release.has_value() || release->timer() != timer) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(DeviceRow row, RequireDevice(change, id));
  const std::string binding = BindingName(row.binding());
  RETURN_IF_ERROR(Free(change, now_ms, row));
  row.mutable_device()->set_forced(true);
  change.Remove(timer);
  release->clear_timer();
  change.Put(key::Release(id), *std::move(release));
  audit::RowContent content;
  content.kind = audit::v1::ROW_KIND_ALARM;
  content.subjects = {binding, row.device().name()};
  content.body.set_outcome(common::v1::OUTCOME_ACCEPTED);
  content.body.set_state_before("RELEASING");
  content.body.set_state_after("ENDED");
  change.Audit(std::move(content));
  change.Announce(v1::EVENT_KIND_ALARM, row.device().name(), "IMPORTED");
  PutDevice(change, std::move(row));
  return absl::OkStatus();
}

}  // namespace u2fi::device_registry
