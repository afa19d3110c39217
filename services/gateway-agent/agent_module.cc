#include "services/gateway-agent/agent_module.h"

#include <utility>
#include <vector>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::LocalDevice;
using gateway::v1::StatusResponse;
using gateway::v1::WaitingQuestion;

// The only format of signed messages so far.
constexpr uint32_t kFormat = 1;
// Bounds of Hello.
constexpr int kMaxTokens = 32;
constexpr int kMaxDevices = 4096;
// More than any key allows (CTAP 2.1: 8).
constexpr int kMaxPinTries = 255;

uint64_t Millis(absl::Time time) {
  return static_cast<uint64_t>(absl::ToUnixMillis(time));
}

}  // namespace

absl::StatusOr<std::unique_ptr<AgentModule>> AgentModule::Create(
    AgentParts parts) {
  std::unique_ptr<AgentModule> module(new AgentModule(std::move(parts)));
  RETURN_IF_ERROR(module->Build());
  return module;
}

AgentModule::AgentModule(AgentParts parts)
    : parts_(std::move(parts)), clock_(parts_.clock) {}

absl::Status AgentModule::Build() {
  ASSIGN_OR_RETURN(journal_, Journal::Open(parts_.store, clock_, parts_.random,
                                           parts_.identity, parts_.journal));
  ASSIGN_OR_RETURN(site_, SiteStore::Open(parts_.store, parts_.identity.tenant,
                                          journal_.get()));
  parts_.link.backlog = [this] { return journal_->rows(); };
  link_ = std::make_unique<MeshLink>(
      *parts_.gates, clock_, parts_.random, [this] { return MakeHello(); },
      std::vector<MeshHandler*>{&clock_setter_}, parts_.link);
  sender_ = std::make_unique<PatientSender>(*link_);
  journal_sender_ = std::make_unique<JournalSender>(*journal_, *link_, clock_);
  approvals_ =
      std::make_unique<ApprovalDesk>(parts_.identity, clock_, parts_.tokens,
                                     parts_.cue, *sender_, parts_.approvals);
  ASSIGN_OR_RETURN(devices_, DeviceDesk::Create(parts_.identity, clock_, *site_,
                                                *parts_.broker, *sender_,
                                                parts_.credentials));
  link_->AddHandler(*sender_);
  link_->AddHandler(*approvals_);
  link_->AddHandler(*devices_);
  link_->AddHandler(*journal_sender_);
  return absl::OkStatus();
}

AgentModule::~AgentModule() {
  if (link_ != nullptr) link_->Stop();
  approvals_.reset();
  if (devices_ != nullptr) devices_->Stop();
  // Its handlers call the desk.
  parts_.broker.reset();
  devices_.reset();
  // The last rows are settled.
  journal_sender_.reset();
}

absl::StatusOr<StatusResponse> AgentModule::Status() {
  StatusResponse status;
  const MeshLink::State link = link_->state();
  status.set_gateway(parts_.identity.gateway);
  status.set_agent_version(parts_.version);
  status.set_connected(link.connected);
  status.set_generation(link.generation);
  if (link.last_message != absl::InfinitePast()) {
    status.set_last_message_ms(Millis(link.last_message));
  }
  if (parts_.certificate_end) {
    status.set_certificate_expires_ms(Millis(parts_.certificate_end()));
  }
  for (const std::string& port : parts_.tokens.Ports()) {
    status.add_tokens()->set_port(port);
  }
  ASSIGN_OR_RETURN(const auto devices, devices_->Devices());
  for (const LocalDevice& device : devices) *status.add_devices() = device;
  for (WaitingQuestion& question : approvals_->Waiting()) {
    *status.add_questions() = std::move(question);
  }
  return status;
}

absl::Status AgentModule::Decline(const gateway::v1::DeclineRequest& request) {
  if (request.approval_id().empty()) {
    return FieldError("approval_id", "is required");
  }
  if (approvals_->Decline(request.approval_id(), "local api")) {
    return absl::OkStatus();
  }
  return Error(reason::kResourceUnknown, "no such question waits here");
}

absl::Status AgentModule::EnterPin(
    const gateway::v1::EnterPinRequest& request) {
  if (request.approval_id().empty()) {
    return FieldError("approval_id", "is required");
  }
  if (request.tries_left() == 0 ||
      request.tries_left() > static_cast<uint32_t>(kMaxPinTries)) {
    return FieldError("tries_left", "must be what the question says");
  }
  return approvals_->GivePin({request.approval_id(),
                              static_cast<int>(request.tries_left()),
                              request.last_try(), request.pin()});
}

gateway::v1::Hello AgentModule::MakeHello() {
  gateway::v1::Hello hello;
  hello.set_format_min(kFormat);
  hello.set_format_max(kFormat);
  hello.set_agent_version(parts_.version);
  hello.set_takes_batches(true);
  for (const std::string& port : parts_.tokens.Ports()) {
    if (hello.tokens_size() < kMaxTokens) hello.add_tokens()->set_port(port);
  }
  const auto devices = devices_->Devices();
  if (devices.ok()) {
    for (const LocalDevice& device : *devices) {
      if (hello.devices_size() < kMaxDevices) *hello.add_devices() = device;
    }
  }
  const DeviceDesk::Memory memory = devices_->memory();
  hello.set_journal_since_ms(memory.journal_since_ms);
  const auto head = journal_->Head();
  if (head.ok() && head->sequence() > 0) *hello.mutable_journal_head() = *head;
  hello.set_revocations_revision(memory.denied_revision);
  return hello;
}

}  // namespace u2fi::gateway_agent
