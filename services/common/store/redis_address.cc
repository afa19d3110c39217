#include "services/common/store/redis_address.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/status/error.h"

namespace u2fi::store {
namespace {

absl::Status BadAddress(absl::string_view text) {
  return Error(reason::kStoreMisconfigured,
               absl::StrCat("'", text, "' is not host:port or unix:/path"),
               {{"address", std::string(text)}});
}

}  // namespace

absl::StatusOr<RedisAddress> RedisAddress::Parse(absl::string_view text) {
  RedisAddress address;
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    if (!absl::StartsWith(rest, "/")) return BadAddress(text);
    address.unix_path = std::string(rest);
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return BadAddress(text);
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::ConsumePrefix(&host, "[");
  if (bracketed && !absl::ConsumeSuffix(&host, "]")) return BadAddress(text);
  // More colons without brackets: an IPv6 address whose port is not clear.
  if (host.empty() || (!bracketed && absl::StrContains(host, ':')) ||
      !absl::SimpleAtoi(text.substr(colon + 1), &address.port) ||
      address.port < 1 || address.port > 65535) {
    return BadAddress(text);
  }
  address.host = std::string(host);
  return address;
}

std::string RedisAddress::ToString() const {
  if (!unix_path.empty()) return absl::StrCat("unix:", unix_path);
  if (absl::StrContains(host, ':')) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

}  // namespace u2fi::store
