#include "services/gateway-agent/hidraw_tokens.h"

#include <utility>

#include "services/common/u2fhid/hidraw_transport.h"
#include "services/common/u2fhid/report_descriptor.h"
#include "services/gateway-agent/hid_token.h"

namespace u2fi::gateway_agent {

std::vector<std::unique_ptr<Token>> HidrawTokens::Find(
    const std::set<std::string>& busy) {
  std::vector<std::unique_ptr<Token>> found;
  for (const std::string& name : Ports()) {
    if (busy.count(name) != 0) continue;
    auto device = bus_.Open(name);
    if (!device.ok()) continue;
    auto token = HidToken::Open(
        name,
        std::make_unique<u2fhid::HidrawTransport>(*std::move(device), clock_),
        clock_, random_);
    if (token.ok()) found.push_back(*std::move(token));
  }
  return found;
}

std::vector<std::string> HidrawTokens::Ports() {
  std::vector<std::string> ports;
  MutexLock lock(mutex_);
  for (const std::string& name : bus_.Names()) {
    if (IsFido(name)) ports.push_back(name);
  }
  return ports;
}

bool HidrawTokens::IsFido(const std::string& name) {
  const auto known = fido_.find(name);
  if (known != fido_.end()) return known->second;
  const absl::StatusOr<std::string> descriptor = bus_.Descriptor(name);
  // It may not be there yet: the next look will tell.
  if (!descriptor.ok()) return false;
  const bool fido = u2fhid::CheckFidoDescriptor(*descriptor).ok();
  fido_[name] = fido;
  return fido;
}

void HidrawTokens::SetOnChange(std::function<void()> changed) {
  MutexLock lock(change_mutex_);
  on_change_ = std::move(changed);
}

void HidrawTokens::OnDevice(const std::string& name) {
  {
    MutexLock lock(mutex_);
    name.empty() ? fido_.clear() : void(fido_.erase(name));
  }
  MutexLock lock(change_mutex_);
  if (on_change_) on_change_();
}

}  // namespace u2fi::gateway_agent
