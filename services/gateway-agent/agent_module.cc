#include "services/gateway-agent/agent_module.h"

#include <utility>
#include <vector>

#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

// The only format of signed messages so far.
constexpr uint32_t kFormat = 1;

}  // namespace

absl::StatusOr<std::unique_ptr<AgentModule>> AgentModule::Create(
    AgentParts parts) {
  ASSIGN_OR_RETURN(SiteStore site,
                   SiteStore::Open(parts.store, parts.identity.tenant));
  std::unique_ptr<AgentModule> module(
      new AgentModule(std::move(parts), std::move(site)));
  RETURN_IF_ERROR(module->Build());
  return module;
}

AgentModule::AgentModule(AgentParts parts, SiteStore site)
    : parts_(std::move(parts)), clock_(parts_.clock), site_(std::move(site)) {}

absl::Status AgentModule::Build() {
  link_ = std::make_unique<MeshLink>(
      *parts_.gate, clock_, parts_.random, [this] { return MakeHello(); },
      std::vector<MeshHandler*>{&clock_setter_}, parts_.link);
  approvals_ = std::make_unique<ApprovalDesk>(
      parts_.identity, clock_, parts_.tokens, parts_.cue, *link_);
  ASSIGN_OR_RETURN(devices_, DeviceDesk::Create(parts_.identity, clock_, site_,
                                                *parts_.broker, *link_));
  link_->AddHandler(*approvals_);
  link_->AddHandler(*devices_);
  return absl::OkStatus();
}

AgentModule::~AgentModule() {
  link_->Stop();
  approvals_.reset();
  if (devices_ != nullptr) devices_->Stop();
  // Its handlers call the desk.
  parts_.broker.reset();
  devices_.reset();
}

gateway::v1::Hello AgentModule::MakeHello() {
  gateway::v1::Hello hello;
  hello.set_format_min(kFormat);
  hello.set_format_max(kFormat);
  hello.set_agent_version(parts_.version);
  return hello;
}

}  // namespace u2fi::gateway_agent
