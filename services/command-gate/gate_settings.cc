#include "services/command-gate/gate_settings.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/command-gate/approval_places.h"
#include "services/common/http/curl_poster.h"
#include "services/common/proof/ids.h"

namespace u2fi::command_gate {
namespace {

using config::v1::CommandGateSettings;

// Each has a thread.
constexpr int kMaxWebhooks = 32;
constexpr size_t kMaxUrl = 2048;
constexpr size_t kMinWebhookKey = 32;
constexpr size_t kMaxWebhookKey = 256;

void CheckTimes(absl::string_view path, const CommandGateSettings& settings,
                config::Checks& checks) {
  checks.Range(absl::StrCat(path, ".heartbeat_interval"),
               settings.has_heartbeat_interval(), settings.heartbeat_interval(),
               absl::Seconds(1), absl::Hours(1));
  checks.Range(absl::StrCat(path, ".directory_lease"),
               settings.has_directory_lease(), settings.directory_lease(),
               2 * HeartbeatFrom(settings), absl::Hours(3));
  checks.Range(absl::StrCat(path, ".presence_grace"),
               settings.has_presence_grace(), settings.presence_grace(),
               absl::ZeroDuration(), absl::Seconds(60));
  checks.Range(absl::StrCat(path, ".cooldown"), settings.has_cooldown(),
               settings.cooldown(), absl::Seconds(1), absl::Hours(1));
}

void CheckNumbers(absl::string_view path, const CommandGateSettings& settings,
                  config::Checks& checks) {
  checks.Range(absl::StrCat(path, ".open_commands_per_account"),
               settings.open_commands_per_account(), 1, 10000);
  checks.Range(absl::StrCat(path, ".account_requests_per_minute"),
               settings.account_requests_per_minute(), 1, 1'000'000);
  checks.Range(absl::StrCat(path, ".gateway_requests_per_minute"),
               settings.gateway_requests_per_minute(), 1, 1'000'000);
  checks.Range(absl::StrCat(path, ".refusals_before_cooldown"),
               settings.refusals_before_cooldown(), 1, 10);
}

// https, a host, nothing but visible ASCII, and no user name in it: what a
// parser could read otherwise is refused.
bool IsHttps(absl::string_view url) {
  if (url.size() > kMaxUrl || !absl::ConsumePrefix(&url, "https://")) {
    return false;
  }
  const absl::string_view host = url.substr(0, url.find_first_of("/?"));
  return !host.empty() && std::all_of(url.begin(), url.end(), [](char c) {
    return absl::ascii_isgraph(c) && c != '@' && c != '#' && c != '\\';
  });
}

void CheckWebhooks(absl::string_view path, const CommandGateSettings& settings,
                   config::Checks& checks) {
  checks.Require(settings.webhooks_size() <= kMaxWebhooks, path,
                 absl::StrCat("are more than ", kMaxWebhooks));
  for (int i = 0; i < settings.webhooks_size(); ++i) {
    const config::v1::WebhookConfig& webhook = settings.webhooks(i);
    const std::string key = absl::StrCat(path, "[", i, "]");
    checks.Require(proof::IsId(webhook.tenant()), absl::StrCat(key, ".tenant"),
                   "is no id of a tenant");
    checks.Require(IsHttps(webhook.url()), absl::StrCat(key, ".url"),
                   "is no https address");
    checks.Require(webhook.key().size() >= kMinWebhookKey &&
                       webhook.key().size() <= kMaxWebhookKey,
                   absl::StrCat(key, ".key"), "must have 32 to 256 characters");
  }
}

}  // namespace

void CheckSettings(absl::string_view path, const CommandGateSettings& settings,
                   config::Checks& checks) {
  CheckTimes(path, settings, checks);
  CheckNumbers(path, settings, checks);
  std::set<std::string> tenants;
  for (int i = 0; i < settings.oidc_size(); ++i) {
    const std::string key = absl::StrCat(path, ".oidc[", i, "]");
    config::CheckOidc(key, settings.oidc(i), checks);
    checks.Require(tenants.insert(settings.oidc(i).tenant()).second,
                   absl::StrCat(key, ".tenant"), "has an issuer already");
  }
  CheckWebhooks(absl::StrCat(path, ".webhooks"), settings, checks);
  for (const std::string& origin : settings.origins()) {
    checks.Origin(absl::StrCat(path, ".origins"), origin);
  }
}

void CheckReplica(absl::string_view path,
                  const config::v1::CommandGateConfig& config,
                  config::Checks& checks) {
  if (!config.has_replica()) return;
  const std::string advertised = absl::StrCat(path, ".advertise_address");
  const std::string& address = config.replica().advertise_address();
  checks.Address(absl::StrCat(path, ".listen_address"),
                 config.replica().listen_address());
  checks.Address(advertised, address);
  checks.Require(!absl::StartsWith(address, ":") &&
                     !absl::StartsWith(address, "0.0.0.0:") &&
                     !absl::StartsWith(address, "[::]:") &&
                     !absl::EndsWith(address, ":0"),
                 advertised, "is nowhere that others reach");
  // The directory is there, and the hints go through it.
  checks.Require(config.store().has_redis(), "store",
                 "must be redis, which replicas share");
}

absl::StatusOr<std::unique_ptr<AccountLogin>> LoginFrom(
    const CommandGateSettings& settings, const Clock& clock) {
  std::map<std::string, AccountLogin::Issuer> issuers;
  for (const config::v1::OidcConfig& oidc : settings.oidc()) {
    AccountLogin::Issuer& issuer = issuers[oidc.tenant()];
    issuer.issuer = oidc.issuer();
    issuer.audience = oidc.audience();
    issuer.jwks_file = oidc.jwks_file();
    if (!oidc.account_claim().empty()) {
      issuer.account_claim = oidc.account_claim();
    }
  }
  return AccountLogin::Create(clock, issuers);
}

absl::Duration HeartbeatFrom(const CommandGateSettings& settings) {
  return config::DurationOr(settings.has_heartbeat_interval(),
                            settings.heartbeat_interval(), absl::Seconds(30));
}

absl::Duration PresenceGraceFrom(const CommandGateSettings& settings) {
  return config::DurationOr(settings.has_presence_grace(),
                            settings.presence_grace(), absl::Seconds(5));
}

absl::Duration DirectoryLeaseFrom(const CommandGateSettings& settings) {
  return config::DurationOr(settings.has_directory_lease(),
                            settings.directory_lease(),
                            3 * HeartbeatFrom(settings));
}

Quotas::Options QuotasFrom(const CommandGateSettings& settings) {
  Quotas::Options options;
  options.account_per_minute = config::NumberOr(
      settings.account_requests_per_minute(), options.account_per_minute);
  options.gateway_per_minute = config::NumberOr(
      settings.gateway_requests_per_minute(), options.gateway_per_minute);
  return options;
}

Webhooks::Options WebhooksFrom(const CommandGateSettings& settings) {
  Webhooks::Options options;
  for (const config::v1::WebhookConfig& webhook : settings.webhooks()) {
    Webhook::Options& one = options.webhooks.emplace_back();
    one.tenant = webhook.tenant();
    one.url = webhook.url();
    one.key = webhook.key();
  }
  options.make_poster = [] { return http::MakeCurlPoster(); };
  return options;
}

Approvers::Options ApproversFrom(const CommandGateSettings& settings) {
  Approvers::Options options;
  options.self_approval = settings.self_approval_in_quorum();
  options.forbid_break_glass = settings.forbid_break_glass();
  options.origins = {settings.origins().begin(), settings.origins().end()};
  return options;
}

int OpenPerAccountFrom(const CommandGateSettings& settings) {
  constexpr uint32_t kMost = kMaxOpenPerAccount;
  return static_cast<int>(std::min(
      config::NumberOr(settings.open_commands_per_account(), kMost), kMost));
}

Cooldowns::Options CooldownFrom(const CommandGateSettings& settings) {
  Cooldowns::Options options;
  options.refusals =
      config::NumberOr(settings.refusals_before_cooldown(), options.refusals);
  options.cooldown = config::DurationOr(settings.has_cooldown(),
                                        settings.cooldown(), options.cooldown);
  return options;
}

}  // namespace u2fi::command_gate
