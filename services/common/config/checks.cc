#include "services/common/config/checks.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace u2fi::config {
namespace {

absl::Duration ToAbsl(const google::protobuf::Duration& value) {
  return absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
}

std::string Sub(absl::string_view path, absl::string_view name) {
  return absl::StrCat(path, ".", name);
}

constexpr char kDomainCharacters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
constexpr size_t kMaxDomain = 253;

bool IsDomain(absl::string_view value) {
  if (value.empty() || value.size() > kMaxDomain) return false;
  if (value.find_first_not_of(kDomainCharacters) != value.npos) return false;
  for (const absl::string_view label : absl::StrSplit(value, '.')) {
    if (label.empty() || label.front() == '-' || label.back() == '-') {
      return false;
    }
  }
  return true;
}

// An IPv6 address has brackets: else nobody knows where its port begins.
bool IsHost(absl::string_view value) {
  return !absl::StrContains(value, ':') ||
         (absl::StartsWith(value, "[") && absl::EndsWith(value, "]"));
}

// As browsers write it: never the scheme's own port.
bool IsPortOfOrigin(absl::string_view text) {
  int port = 0;
  return absl::SimpleAtoi(text, &port) && port > 0 && port <= 65535 &&
         port != 443 && absl::StrCat(port) == text;
}

// Without a password nobody signs in: the user would be the default one.
void CheckUser(const std::string& path, const std::string& user,
               const std::string& password, const std::string& file,
               Checks& checks) {
  checks.Require(user.empty() || !password.empty() || !file.empty(), path,
                 "needs a password");
}

void CheckRedis(const std::string& path, const v1::RedisStoreConfig& redis,
                Checks& checks) {
  checks.Require(redis.addresses_size() > 0, Sub(path, "addresses"),
                 "is required");
  checks.Require(redis.password().empty() || redis.password_file().empty(),
                 Sub(path, "password"), "stands beside password_file");
  checks.Require(redis.sentinel_password().empty() ||
                     redis.sentinel_password_file().empty(),
                 Sub(path, "sentinel_password"),
                 "stands beside sentinel_password_file");
  const bool for_sentinels = !redis.sentinel_user().empty() ||
                             !redis.sentinel_password().empty() ||
                             !redis.sentinel_password_file().empty();
  CheckUser(Sub(path, "user"), redis.user(), redis.password(),
            redis.password_file(), checks);
  CheckUser(Sub(path, "sentinel_user"), redis.sentinel_user(),
            redis.sentinel_password(), redis.sentinel_password_file(), checks);
  for (const std::string& address : redis.addresses()) {
    if (absl::StartsWith(address, "unix:/")) continue;
    checks.Address(Sub(path, "addresses"), address);
  }
  checks.Require(!for_sentinels || !redis.sentinel_master().empty(),
                 Sub(path, "sentinel_master"), "is required with a password");
  if (redis.has_tls()) {
    checks.Required(Sub(path, "tls.ca_file"), redis.tls().ca_file());
  }
  checks.Range(Sub(path, "connections"), redis.connections(), 1, 64);
  checks.Range(Sub(path, "command_timeout"), redis.has_command_timeout(),
               redis.command_timeout(), absl::Milliseconds(10),
               absl::Seconds(10));
  checks.Range(Sub(path, "wait_replicas"), redis.wait_replicas(), 0, 5);
}

}  // namespace

void Checks::Problem(absl::string_view path, absl::string_view problem) {
  problems_.push_back(absl::StrCat(path, ": ", problem));
}

void Checks::Require(bool condition, absl::string_view path,
                     absl::string_view problem) {
  if (!condition) Problem(path, problem);
}

void Checks::Required(absl::string_view path, absl::string_view value) {
  Require(!value.empty(), path, "is required");
}

void Checks::Range(absl::string_view path, uint64_t value, uint64_t low,
                   uint64_t high) {
  Require(value == 0 || (value >= low && value <= high), path,
          absl::StrCat("must be from ", low, " to ", high));
}

void Checks::Range(absl::string_view path, bool present,
                   const google::protobuf::Duration& value, absl::Duration low,
                   absl::Duration high) {
  const absl::Duration duration = ToAbsl(value);
  Require(!present || (duration >= low && duration <= high), path,
          absl::StrCat("must be from ", absl::FormatDuration(low), " to ",
                       absl::FormatDuration(high)));
}

void Checks::Address(absl::string_view path, absl::string_view value) {
  const size_t colon = value.rfind(':');
  int port = -1;
  const bool good = colon != value.npos && IsHost(value.substr(0, colon)) &&
                    absl::SimpleAtoi(value.substr(colon + 1), &port) &&
                    port >= 0 && port <= 65535;
  Require(good, path, "must be host:port");
}

void Checks::Domain(absl::string_view path, absl::string_view value) {
  Require(IsDomain(value), path, "must be a domain name in lower case");
}

void Checks::Origin(absl::string_view path, absl::string_view value) {
  absl::string_view rest = value;
  const bool https = absl::ConsumePrefix(&rest, "https://");
  const size_t colon = rest.find(':');
  const bool good =
      https && IsDomain(rest.substr(0, colon)) &&
      (colon == rest.npos || IsPortOfOrigin(rest.substr(colon + 1)));
  Require(good, path,
          "must be https://host, with :port unless it is 443, and no slash "
          "after it");
}

absl::Status Checks::Result() const {
  if (problems_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(problems_, "\n"));
}

void CheckTls(absl::string_view path, const v1::TlsConfig& tls,
              Checks& checks) {
  checks.Required(Sub(path, "certificate_file"), tls.certificate_file());
  checks.Required(Sub(path, "key_file"), tls.key_file());
  checks.Required(Sub(path, "ca_file"), tls.ca_file());
  checks.Required(Sub(path, "trust_domain"), tls.trust_domain());
  if (!tls.trust_domain().empty()) {
    checks.Domain(Sub(path, "trust_domain"), tls.trust_domain());
  }
  checks.Range(Sub(path, "reload_interval"), tls.has_reload_interval(),
               tls.reload_interval(), absl::Seconds(1), absl::Hours(1));
}

void CheckListen(absl::string_view path, const v1::ListenConfig& listen,
                 Checks& checks) {
  checks.Address(Sub(path, "address"), listen.address());
  if (!listen.health_address().empty()) {
    checks.Address(Sub(path, "health_address"), listen.health_address());
  }
  for (const std::string& caller : listen.reflection_callers()) {
    checks.Require(absl::StartsWith(caller, "spiffe://"),
                   Sub(path, "reflection_callers"), "must be spiffe:// URIs");
  }
  checks.Range(Sub(path, "streams_per_caller"), listen.streams_per_caller(), 1,
               1000);
  checks.Range(Sub(path, "memory_mib"), listen.memory_mib(), 16, 65536);
  checks.Range(Sub(path, "accepts_per_second"), listen.accepts_per_second(), 1,
               10000);
  checks.Range(Sub(path, "shutdown_grace"), listen.has_shutdown_grace(),
               listen.shutdown_grace(), absl::Seconds(1), absl::Minutes(10));
}

void CheckPeer(absl::string_view path, const v1::PeerConfig& peer,
               Checks& checks) {
  checks.Required(Sub(path, "target"), peer.target());
  checks.Range(Sub(path, "deadline"), peer.has_deadline(), peer.deadline(),
               absl::Milliseconds(10), absl::Seconds(60));
}

void CheckStore(absl::string_view path, const v1::StoreConfig& store,
                Checks& checks) {
  switch (store.engine_case()) {
    case v1::StoreConfig::kMemory:
      return;
    case v1::StoreConfig::kSqlite:
      checks.Required(Sub(path, "sqlite.file"), store.sqlite().file());
      return;
    case v1::StoreConfig::kRedis:
      CheckRedis(Sub(path, "redis"), store.redis(), checks);
      return;
    case v1::StoreConfig::ENGINE_NOT_SET:
      checks.Problem(path, "needs memory, sqlite or redis");
  }
}

void CheckLog(absl::string_view path, const v1::LogConfig& log,
              Checks& checks) {
  checks.Require(v1::LogLevel_IsValid(log.level()), Sub(path, "level"),
                 "is unknown");
  checks.Require(v1::LogFormat_IsValid(log.format()), Sub(path, "format"),
                 "is unknown");
}

void CheckMetrics(absl::string_view path, const v1::MetricsConfig& metrics,
                  Checks& checks) {
  if (!metrics.address().empty()) {
    checks.Address(Sub(path, "address"), metrics.address());
  }
}

void CheckAudit(absl::string_view path, const v1::AuditConfig& audit,
                Checks& checks) {
  checks.Range(Sub(path, "checkpoint_rows"), audit.checkpoint_rows(), 1, 1000);
  checks.Range(Sub(path, "checkpoint_interval"),
               audit.has_checkpoint_interval(), audit.checkpoint_interval(),
               absl::Seconds(1), absl::Seconds(10));
}

void CheckRelyingParty(absl::string_view path,
                       const v1::RelyingPartyConfig& relying_party,
                       Checks& checks) {
  checks.Required(Sub(path, "rp_id"), relying_party.rp_id());
  if (!relying_party.rp_id().empty()) {
    checks.Domain(Sub(path, "rp_id"), relying_party.rp_id());
  }
  for (const std::string& origin : relying_party.origins()) {
    checks.Origin(Sub(path, "origins"), origin);
  }
}

void CheckOidc(absl::string_view path, const v1::OidcConfig& oidc,
               Checks& checks) {
  checks.Required(Sub(path, "tenant"), oidc.tenant());
  checks.Required(Sub(path, "issuer"), oidc.issuer());
  checks.Required(Sub(path, "audience"), oidc.audience());
  checks.Required(Sub(path, "jwks_file"), oidc.jwks_file());
}

absl::Duration DurationOr(bool present, const google::protobuf::Duration& value,
                          absl::Duration fallback) {
  return present ? ToAbsl(value) : fallback;
}

uint32_t NumberOr(uint32_t value, uint32_t fallback) {
  return value == 0 ? fallback : value;
}

}  // namespace u2fi::config
