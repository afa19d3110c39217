#include "services/command-gate/account_login.h"

#include <utility>

#include "absl/time/time.h"
#include "services/command-gate/id_token.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {

absl::StatusOr<std::shared_ptr<const AccountLogin::Keys>> AccountLogin::Read(
    const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxJsonWebKeys));
  ASSIGN_OR_RETURN(Keys keys, ParseJsonWebKeys(text));
  return std::make_shared<const Keys>(std::move(keys));
}

absl::StatusOr<std::unique_ptr<AccountLogin>> AccountLogin::Create(
    const Clock& clock, const std::map<std::string, Issuer>& issuers) {
  std::map<std::string, Entry> entries;
  for (const auto& [tenant, issuer] : issuers) {
    Entry& entry = entries[tenant];
    entry.version = VersionOf(issuer.jwks_file);
    auto keys = Read(issuer.jwks_file);
    if (!keys.ok()) return WithContext(issuer.jwks_file, keys.status());
    entry.keys = *std::move(keys);
    entry.config = issuer;
  }
  return std::unique_ptr<AccountLogin>(
      new AccountLogin(clock, std::move(entries)));
}

absl::StatusOr<std::shared_ptr<const AccountLogin::Keys>> AccountLogin::KeysOf(
    Entry& entry) {
  const std::string& path = entry.config.jwks_file;
  const FileVersion now = VersionOf(path);
  MutexLock lock(mutex_);
  if (entry.version != now) {
    auto keys = Read(path);
    entry.keys = keys.ok() ? *keys : std::make_shared<const Keys>();
    entry.version = now;
    if (keys.ok()) {
      logging::Info("an issuer's keys were read again", {{"file", path}});
    } else {
      logging::Error(
          "an issuer's keys cannot be read: nobody can sign in",
          {{"file", path}, {"cause", std::string(keys.status().message())}});
    }
  }
  if (!entry.keys->empty()) return entry.keys;
  return WithRetry(Error(reason::kPeerUnavailable,
                         "the keys of the tenant's issuer cannot be read"),
                   absl::Seconds(5));
}

absl::Status AccountLogin::Check(absl::string_view tenant,
                                 absl::string_view account,
                                 absl::string_view id_token) {
  const auto found = entries_.find(std::string(tenant));
  if (found == entries_.end()) return absl::OkStatus();
  Entry& entry = found->second;
  ASSIGN_OR_RETURN(const std::shared_ptr<const Keys> keys, KeysOf(entry));
  return VerifyIdToken(id_token, {entry.config.issuer, entry.config.audience,
                                  entry.config.account_claim, *keys, account,
                                  clock_.Now()})
      .status();
}

}  // namespace u2fi::command_gate
