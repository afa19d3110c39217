// Bindings: what devices and the agent itself believe.
#include <algorithm>
#include <set>
#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/strict.h"
#include "services/common/proof/verified_pins.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/device_desk.h"
#include "services/gateway-agent/log_refusal.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using records::v1::DeviceRow;
using records::v1::StageRow;

constexpr absl::Duration kTalkExpiry = absl::Minutes(1);

proof::v1::Proof ProofOf(const gateway::v1::CommitBinding& commit) {
  proof::v1::Proof proof;
  *proof.mutable_approvals() = commit.approvals();
  proof.set_index(commit.item().index());
  *proof.mutable_path() = commit.item().path();
  return proof;
}

// Up to which entry an agent that had all up to `before` has all now. Who
// missed some gets all of them with its next stream.
uint64_t RevisionAfter(uint64_t before,
                       const gateway::v1::Revocations& revocations) {
  if (revocations.since_revision() == 0) return revocations.revision();
  return revocations.since_revision() <= before
             ? std::max(before, revocations.revision())
             : before;
}

}  // namespace

void DeviceDesk::Stage(const gateway::v1::Stage& stage) {
  for (const gateway::v1::StagedDevice& device : stage.devices()) {
    LogRefusal("a device cannot be staged", device.device(),
               StageOne(stage, device));
  }
}

absl::Status DeviceDesk::StageOne(const gateway::v1::Stage& stage,
                                  const gateway::v1::StagedDevice& device) {
  StageRow row;
  row.set_schema(1);
  row.set_transaction(stage.transaction());
  row.set_command(device.command());
  *row.mutable_evidence() = stage.evidence();
  row.set_factory_point(device.factory_key());
  row.set_deadline_ms(stage.deadline_ms());
  row.set_nonce(device.nonce());
  row.set_plain(device.plain());
  ASSIGN_OR_RETURN(const proof::v1::Command command,
                   proof::ParseCommand(device.command()));
  if (command.device() != device.device()) {
    return Error(reason::kDeviceMismatch, "the pin set is another device's");
  }
  row.set_command_id(command.command_id());
  RETURN_IF_ERROR(site_.Stage(device.device(), row));
  if (credentials_ != nullptr) {
    LogRefusal("a device has no credentials", device.device(),
               credentials_->Ensure(device.device()));
  }
  if (device.plain()) {
    VouchFor(device.device(), row);
  } else {
    TellStaged(device.device(), row);
  }
  return absl::OkStatus();
}

void DeviceDesk::TellStaged(const std::string& device, const StageRow& row) {
  const int64_t left =
      static_cast<int64_t>(row.deadline_ms()) - UnixMillis(clock_);
  if (left <= 0) return;
  device::v1::ToDevice prove;
  prove.mutable_prove()->set_tx(row.transaction());
  prove.mutable_prove()->set_nonce(row.nonce());
  prove.mutable_prove()->set_gateway_point(identity_.key.public_key().point());
  ToDevice(device, prove, kTalkExpiry, row.transaction());
  device::v1::ToDevice keep;
  keep.mutable_stage()->set_tx(row.transaction());
  keep.mutable_stage()->set_command(row.command());
  keep.mutable_stage()->set_evidence(proof::Encode(row.evidence()));
  keep.mutable_stage()->set_fail_safe_ms(static_cast<uint32_t>(left));
  ToDevice(device, keep, kTalkExpiry, row.transaction());
}

// A device without the kit has no key. The gateway that will serve it says, by
// its own, that it is there.
void DeviceDesk::VouchFor(const std::string& device, const StageRow& row) {
  const std::string& point = identity_.key.public_key().point();
  GatewayMessage message;
  gateway::v1::DeviceProof& up = *message.mutable_device_proof();
  up.set_transaction(row.transaction());
  up.set_device(device);
  up.set_factory_point(point);
  up.set_signature(identity_.key.Sign(crypto::Sha256(
      {proof::domain::kDevice, crypto::LengthPrefixed(row.nonce()),
       crypto::LengthPrefixed(row.transaction()),
       crypto::LengthPrefixed(point)})));
  mesh_.Send(std::move(message));
}

void DeviceDesk::CommitBinding(const gateway::v1::CommitBinding& commit) {
  const absl::StatusOr<proof::v1::Command> command =
      proof::ParseCommand(commit.item().command());
  if (!command.ok()) return;
  const absl::Status status = Bind(commit, *command);
  LogRefusal("a binding was refused", command->device(), status);
  if (status.ok() || status.code() == absl::StatusCode::kUnavailable) return;
  GatewayMessage message;
  gateway::v1::BindingResult& result = *message.mutable_binding_result();
  result.set_transaction(commit.transaction());
  result.set_device(command->device());
  result.set_command_id(command->command_id());
  result.set_reason(ReasonOf(status));
  mesh_.Send(std::move(message));
}

absl::Status DeviceDesk::Bind(const gateway::v1::CommitBinding& commit,
                              const proof::v1::Command& command) {
  ASSIGN_OR_RETURN(const absl::optional<StageRow> staged,
                   site_.FindStage(command.device()));
  if (staged.has_value() && staged->transaction() == commit.transaction()) {
    RETURN_IF_ERROR(InstallPins(commit, command, *staged));
  }
  // Installed now, or said again: the device may lack it.
  const auto device = Believe(command.device());
  if (!device.ok() || (*device)->row.pin_set() != command.arguments()) {
    return Error(reason::kStageUnknown, "this transaction is not staged");
  }
  if ((*device)->row.plain()) {
    device::v1::PinsReport report;
    report.set_revision((*device)->pins.fields().revision());
    report.set_pins_hash(crypto::ToString((*device)->pins.hash()));
    SendBound(command.device(), (*device)->row, report);
    return absl::OkStatus();
  }
  device::v1::ToDevice message;
  message.mutable_commit()->set_tx(commit.transaction());
  message.mutable_commit()->set_proof(proof::Encode(ProofOf(commit)));
  if (!commit.access_token().jwt().empty()) {
    message.mutable_commit()->mutable_access_token()->set_jwt(
        commit.access_token().jwt());
  }
  ToDevice(command.device(), message, absl::Hours(1), commit.transaction());
  return absl::OkStatus();
}

// A device with the kit that was reset by hand says that it is blank; for one
// without, the agent holds to the pin set: only its owner's own command makes
// it free again.
absl::Status DeviceDesk::CheckUnbound(const std::string& device,
                                      const StageRow& staged) {
  ASSIGN_OR_RETURN(const absl::optional<DeviceRow> bound,
                   site_.FindDevice(device));
  if (!bound.has_value()) return absl::OkStatus();
  if (bound->plain() || staged.plain()) {
    return Error(reason::kDeviceState, "the device is bound already");
  }
  if (staged.kept_by_device()) return absl::OkStatus();
  // It answers, and the mesh commits again.
  TellStaged(device, staged);
  return Error(reason::kBrokerUnavailable, "it is not known to be blank");
}

void DeviceDesk::NoteStaged(const std::string& device,
                            const device::v1::PinsReport& report) {
  if (report.state() != device::v1::BINDING_STATE_STAGED) return;
  const auto bound = site_.FindDevice(device);
  auto staged = site_.FindStage(device);
  if (!bound.ok() || !bound->has_value() || !staged.ok() ||
      !staged->has_value() || (*staged)->transaction() != report.tx() ||
      (*staged)->kept_by_device()) {
    return;
  }
  (*staged)->set_kept_by_device(true);
  LogRefusal("what a device keeps is not on disk", device,
             site_.Stage(device, **staged));
}

absl::Status DeviceDesk::InstallPins(const gateway::v1::CommitBinding& commit,
                                     const proof::v1::Command& command,
                                     const StageRow& staged) {
  RETURN_IF_ERROR(CheckUnbound(command.device(), staged));
  ASSIGN_OR_RETURN(proof::VerifiedCommand verified,
                   proof::VerifyProof(commit.item().command(), ProofOf(commit),
                                      InputsFor(command.device())));
  ASSIGN_OR_RETURN(
      const proof::VerifiedPins pins,
      proof::VerifyPins(std::move(verified), nullptr, commit.evidence()));
  DeviceRow row;
  row.set_schema(1);
  row.set_pin_set(pins.pins().bytes());
  row.set_factory_point(staged.factory_point());
  row.set_transaction(commit.transaction());
  row.set_command_id(command.command_id());
  row.set_plain(staged.plain());
  believed_.erase(command.device());
  return site_.Install(command.device(), row);
}

void DeviceDesk::Rollback(const gateway::v1::RollbackBinding& rollback) {
  const auto staged = site_.Staged();
  if (!staged.ok()) return;
  std::set<std::string> devices(rollback.devices().begin(),
                                rollback.devices().end());
  for (const auto& [device, row] : *staged) {
    if (row.transaction() != rollback.transaction()) continue;
    // None named: all of the transaction.
    if (rollback.devices().empty()) devices.insert(device);
    if (devices.count(device) == 0) continue;
    site_.Unstage(device).IgnoreError();
    if (row.plain()) devices.erase(device);
  }
  for (const std::string& device : devices) {
    device::v1::ToDevice message;
    message.mutable_rollback()->set_tx(rollback.transaction());
    ToDevice(device, message, absl::Hours(1), rollback.transaction());
  }
}

void DeviceDesk::Revoke(const gateway::v1::Revocations& revocations) {
  denied_.tokens.insert(revocations.tokens().begin(),
                        revocations.tokens().end());
  denied_.gateways.insert(revocations.gateways().begin(),
                          revocations.gateways().end());
  records::v1::DenyRow row;
  row.set_schema(1);
  row.set_revision(RevisionAfter(memory().denied_revision, revocations));
  for (const std::string& id : denied_.tokens) row.add_tokens(id);
  for (const std::string& id : denied_.gateways) row.add_gateways(id);
  const absl::Status status = site_.SetDenied(row);
  LogRefusal("the deny list is not on disk", "", status);
  // Otherwise the mesh sends it again to the next process.
  if (!status.ok()) return;
  MutexLock lock(mutex_);
  memory_.denied_revision = row.revision();
}

void DeviceDesk::SendAccessToken(const gateway::v1::AccessToken& token) {
  if (token.jwt().empty()) return;
  device::v1::ToDevice message;
  message.mutable_access_token()->set_jwt(token.jwt());
  ToDevice(token.device(), message, absl::Hours(1), token.renewal_id());
}

}  // namespace u2fi::gateway_agent
