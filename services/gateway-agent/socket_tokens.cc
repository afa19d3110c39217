#include "services/gateway-agent/socket_tokens.h"

#include <utility>

#include "services/common/u2fhid/socket_transport.h"
#include "services/gateway-agent/hid_token.h"

namespace u2fi::gateway_agent {
namespace {

constexpr absl::Duration kOpenWithin = absl::Seconds(2);

}  // namespace

std::vector<std::unique_ptr<Token>> SocketTokens::Find() {
  std::vector<std::unique_ptr<Token>> found;
  for (const std::string& path : paths_) {
    auto transport = u2fhid::SocketTransport::Connect(path, clock_);
    if (!transport.ok()) continue;
    auto token =
        std::make_unique<HidToken>(*std::move(transport), clock_, random_);
    u2fhid::CancelFlag never;
    if (token->Open({clock_.Uptime() + kOpenWithin, never}).ok()) {
      found.push_back(std::move(token));
    }
  }
  return found;
}

}  // namespace u2fi::gateway_agent
