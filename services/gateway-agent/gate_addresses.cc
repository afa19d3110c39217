#include "services/gateway-agent/gate_addresses.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/logging/logging.h"

namespace u2fi::gateway_agent {
namespace {

constexpr char kDefaultPort[] = "https";

// The rest of a target that is a name, "host:port"; empty for other targets.
absl::string_view NameIn(absl::string_view target) {
  if (absl::ConsumePrefix(&target, "dns:")) {
    absl::ConsumePrefix(&target, "///");
    // With a name server of its own.
    return absl::StartsWith(target, "/") ? "" : target;
  }
  for (const char* other :
       {"ipv4:", "ipv6:", "unix:", "unix-abstract:", "vsock:", "xds:"}) {
    if (absl::StartsWith(target, other)) return "";
  }
  return absl::StrContains(target, "://") ? "" : target;
}

// Splits "host", "host:port", "[address]:port" or a bare IPv6 address.
std::pair<std::string, std::string> HostAndPort(absl::string_view name) {
  const size_t colon = name.rfind(':');
  const size_t bracket = name.rfind(']');
  const bool has_port =
      colon != absl::string_view::npos &&
      (bracket == absl::string_view::npos ? name.find(':') == colon
                                          : colon > bracket);
  absl::string_view host = has_port ? name.substr(0, colon) : name;
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  return {std::string(host),
          has_port ? std::string(name.substr(colon + 1)) : kDefaultPort};
}

// The target that is this one address; empty if it is of another family.
std::string TargetOf(const addrinfo& one) {
  char host[NI_MAXHOST] = {};
  char port[NI_MAXSERV] = {};
  if (getnameinfo(one.ai_addr, one.ai_addrlen, host, sizeof(host), port,
                  sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  if (one.ai_family == AF_INET) return absl::StrCat("ipv4:", host, ":", port);
  // A zone follows a %, which stands for itself in no URI.
  return absl::StrCat("ipv6:[", absl::StrReplaceAll(host, {{"%", "%25"}}),
                      "]:", port);
}

}  // namespace

GateAddresses::GateAddresses(std::string target, RandomSource& random,
                             LookUp look_up)
    : target_(std::move(target)),
      random_(random),
      look_up_(std::move(look_up)) {
  const absl::string_view name = NameIn(target_);
  if (!name.empty()) std::tie(host_, port_) = HostAndPort(name);
}

std::string GateAddresses::authority() const {
  return std::string(NameIn(target_));
}

std::vector<std::string> GateAddresses::Find() {
  if (!host_.empty()) {
    auto found = look_up_(host_, port_);
    if (found.ok()) return *std::move(found);
    logging::Warning(
        "the gate's name is not found",
        {{"host", host_}, {"cause", std::string(found.status().message())}});
    return {};
  }
  for (const char* family : {"ipv4:", "ipv6:"}) {
    absl::string_view list = target_;
    if (!absl::ConsumePrefix(&list, family)) continue;
    std::vector<std::string> found;
    for (absl::string_view one : absl::StrSplit(list, ',', absl::SkipEmpty())) {
      found.push_back(absl::StrCat(family, one));
    }
    return found;
  }
  return {};
}

size_t GateAddresses::Below(size_t bound) {
  uint32_t draw = 0;
  random_.Fill(reinterpret_cast<uint8_t*>(&draw), sizeof(draw));
  return static_cast<size_t>(draw) * bound >> 32;
}

std::vector<std::string> GateAddresses::Shuffled(absl::string_view last) {
  std::vector<std::string> addresses = Find();
  {
    MutexLock lock(mutex_);
    if (addresses.empty()) addresses = found_;
    found_ = addresses;
  }
  if (addresses.empty()) return {target_};
  for (size_t i = addresses.size(); i > 1; --i) {
    std::swap(addresses[i - 1], addresses[Below(i)]);
  }
  std::stable_partition(
      addresses.begin(), addresses.end(),
      [&](const std::string& address) { return address != last; });
  return addresses;
}

absl::StatusOr<std::vector<std::string>> LookUpHost(const std::string& host,
                                                    const std::string& port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* all = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &all);
  if (error != 0) return absl::UnavailableError(gai_strerror(error));
  std::vector<std::string> targets;
  for (const addrinfo* one = all; one != nullptr; one = one->ai_next) {
    std::string target = TargetOf(*one);
    if (!target.empty()) targets.push_back(std::move(target));
  }
  freeaddrinfo(all);
  if (targets.empty()) return absl::UnavailableError("it has no address");
  return targets;
}

}  // namespace u2fi::gateway_agent
