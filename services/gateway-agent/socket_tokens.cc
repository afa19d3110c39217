#include "services/gateway-agent/socket_tokens.h"

#include <sys/stat.h>

#include <utility>

#include "services/common/u2fhid/socket_transport.h"
#include "services/gateway-agent/hid_token.h"

namespace u2fi::gateway_agent {

std::vector<std::unique_ptr<Token>> SocketTokens::Find(
    const std::set<std::string>& busy) {
  std::vector<std::unique_ptr<Token>> found;
  for (const std::string& path : paths_) {
    if (busy.count(path) != 0) continue;
    auto transport = u2fhid::SocketTransport::Connect(path, clock_);
    if (!transport.ok()) continue;
    auto token = HidToken::Open(path, *std::move(transport), clock_, random_);
    if (token.ok()) found.push_back(*std::move(token));
  }
  return found;
}

std::vector<std::string> SocketTokens::Ports() {
  std::vector<std::string> ports;
  struct stat state = {};
  for (const std::string& path : paths_) {
    if (stat(path.c_str(), &state) == 0) ports.push_back(path);
  }
  return ports;
}

}  // namespace u2fi::gateway_agent
