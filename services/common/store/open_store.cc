#include "services/common/store/open_store.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/config/checks.h"
#include "services/common/file/file.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/memory_store.h"
#include "services/common/store/redis_store.h"
#include "services/common/store/sqlite_store.h"

namespace u2fi::store {
namespace {

constexpr absl::Duration kClockTimeout = absl::Milliseconds(500);

// Longest password file, in bytes.
constexpr size_t kMaxPassword = 4096;
// Tries of a write that loses races against other processes' first starts.
constexpr int kTries = 5;

// What the file says; without one `password`.
absl::StatusOr<std::string> PasswordOf(const std::string& file,
                                       const std::string& password) {
  if (file.empty()) return password;
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kMaxPassword));
  return std::string(absl::StripTrailingAsciiWhitespace(text));
}

void SetTls(const config::v1::RedisTlsConfig& config, RedisOptions& options) {
  options.tls = true;
  options.ca_file = config.ca_file();
  options.cert_file = config.certificate_file();
  options.key_file = config.key_file();
  options.tls_server_name = config.server_name();
}

Persistence PersistenceFrom(const config::v1::RedisStoreConfig& config) {
  if (config.allow_no_persistence()) return Persistence::kNone;
  return config.allow_everysec() ? Persistence::kEverysec
                                 : Persistence::kAlways;
}

absl::StatusOr<RedisOptions> RedisOptionsFrom(
    const config::v1::RedisStoreConfig& config) {
  RedisOptions options;
  if (config.sentinel_master().empty()) {
    options.address = config.addresses(0);
  } else {
    options.sentinels = {config.addresses().begin(), config.addresses().end()};
    options.master_name = config.sentinel_master();
  }
  options.user = config.user();
  ASSIGN_OR_RETURN(options.password,
                   PasswordOf(config.password_file(), config.password()));
  options.sentinel_user = config.sentinel_user();
  ASSIGN_OR_RETURN(
      options.sentinel_password,
      PasswordOf(config.sentinel_password_file(), config.sentinel_password()));
  if (config.has_tls()) SetTls(config.tls(), options);
  options.least_persistence = PersistenceFrom(config);
  options.replicas = static_cast<int>(config.wait_replicas());
  options.connections =
      static_cast<int>(config::NumberOr(config.connections(), 4));
  options.answer_timeout =
      config::DurationOr(config.has_command_timeout(), config.command_timeout(),
                         absl::Milliseconds(500));
  return options;
}

absl::StatusOr<OpenedStore> OpenRedis(
    const config::v1::RedisStoreConfig& config, const Clock& clock,
    RandomSource& random) {
  ASSIGN_OR_RETURN(const RedisOptions options, RedisOptionsFrom(config));
  return OpenRedisStore(options, clock, random);
}

absl::StatusOr<OpenedStore> Open(const config::v1::StoreConfig& config,
                                 const Clock& clock, RandomSource& random) {
  switch (config.engine_case()) {
    case config::v1::StoreConfig::kMemory:
      return OpenedStore{std::make_unique<MemoryStore>(clock, random),
                         {"the store is in memory: nothing survives this "
                          "process"}};
    case config::v1::StoreConfig::kSqlite:
      return OpenSqliteStore({config.sqlite().file(), "", /*backups=*/true},
                             clock, random);
    case config::v1::StoreConfig::kRedis:
      return OpenRedis(config.redis(), clock, random);
    case config::v1::StoreConfig::ENGINE_NOT_SET:
      break;
  }
  return Error(reason::kStoreMisconfigured, "no engine is configured");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenStore(
    const config::v1::StoreConfig& config, const Clock& clock,
    RandomSource& random) {
  ASSIGN_OR_RETURN(OpenedStore opened, Open(config, clock, random));
  for (const std::string& warning : opened.warnings) {
    logging::Warning("about the store", {{"warning", warning}});
  }
  return std::move(opened.store);
}

std::function<absl::StatusOr<absl::Time>()> ClockOf(Store& store) {
  return [&store] { return store.Now(kClockTimeout); };
}

absl::Status RequireFixedSetting(Store& store, absl::string_view name,
                                 const std::string& value) {
  ASSIGN_OR_RETURN(const Partition partition,
                   Partition::Make("deployment", "all"));
  const std::string key = absl::StrCat("fixed/", name);
  absl::Status lost;
  for (int i = 0; i < kTries; ++i) {
    ASSIGN_OR_RETURN(const Snapshot seen, store.Get(partition, {key}));
    if (seen.entries[0].exists()) {
      if (seen.entries[0].value == value) return absl::OkStatus();
      return Error(
          reason::kStoreMisconfigured,
          absl::StrCat("the store belongs to a deployment with ", name, " ",
                       seen.entries[0].value, "; it can never change"));
    }
    lost = store
               .Commit(partition, {seen.epoch,
                                   {{key, kAbsent}},
                                   {{key, value}},
                                   {},
                                   Durability::kReplicated})
               .status();
    if (lost.ok()) return lost;
  }
  return lost;
}

}  // namespace u2fi::store
