#include "services/common/audit/audit_runner.h"

#include <set>
#include <string>
#include <utility>

#include "services/common/audit/file_sink.h"
#include "services/common/audit/journal_mover.h"
#include "services/common/audit/store_sink.h"
#include "services/common/config/checks.h"
#include "services/common/file/file.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr size_t kMaxKeyFileSize = 16 << 10;
constexpr absl::Duration kOrphansEvery = absl::Minutes(1);

DrainOptions OptionsFrom(const config::v1::AuditConfig& config) {
  DrainOptions options;
  options.rows_per_checkpoint = config::NumberOr(
      config.checkpoint_rows(), static_cast<uint32_t>(kRowsPerCheckpoint));
  options.checkpoint_interval =
      config::DurationOr(config.has_checkpoint_interval(),
                         config.checkpoint_interval(), kCheckpointInterval);
  options.keep_rows = config.sink_file().empty();
  return options;
}

// Rows that cannot be drained stay where they are; if that lasts, decisions
// stop (AUDIT_UNAVAILABLE).
void Report(absl::string_view what, const absl::Status& status) {
  if (status.ok()) return;
  logging::Error(what, {{"reason", ReasonOf(status)},
                        {"cause", std::string(status.message())}});
}

}  // namespace

AuditRunner::AuditRunner(store::Store& store, const Clock& clock,
                         std::vector<TenantDeciders*> deciders,
                         const config::v1::AuditConfig& config,
                         absl::Duration every)
    : store_(store),
      clock_(clock),
      deciders_(std::move(deciders)),
      config_(config),
      every_(every),
      orphans_at_(clock.Uptime() + kOrphansEvery) {}

AuditRunner::~AuditRunner() {
  if (!running_.joinable()) return;
  {
    MutexLock lock(mutex_);
    stop_ = true;
    stop_changed_.NotifyAll();
  }
  running_.join();
  for (const auto& drainers : drainers_) {
    Report("the last rows could not be drained", drainers->DrainAll());
  }
}

absl::Status AuditRunner::Start() {
  RETURN_IF_ERROR(LoadKey());
  RETURN_IF_ERROR(OpenSink());
  for (TenantDeciders* deciders : deciders_) {
    drainers_.push_back(std::make_unique<TenantDrainers>(
        store_, clock_, *deciders, *sink_, *signer_, OptionsFrom(config_)));
  }
  running_ = std::thread([this] { RunUntilStopped(); });
  return absl::OkStatus();
}

absl::Status AuditRunner::LoadKey() {
  crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  if (!config_.key_file().empty()) {
    ASSIGN_OR_RETURN(const std::string pem,
                     ReadFile(config_.key_file(), kMaxKeyFileSize));
    ASSIGN_OR_RETURN(key, crypto::P256PrivateKey::FromPem(pem));
  }
  const std::string kid = Fingerprint(key.public_key());
  signer_ = std::make_unique<CheckpointSigner>(kid, std::move(key));
  return absl::OkStatus();
}

absl::Status AuditRunner::OpenSink() {
  if (config_.sink_file().empty()) {
    sink_ = std::make_unique<StoreSink>(store_);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(sink_, FileSink::Open(config_.sink_file()));
  return absl::OkStatus();
}

void AuditRunner::RunUntilStopped() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!stop_) stop_changed_.WaitFor(mutex_, every_);
      if (stop_) return;
    }
    for (TenantDeciders* deciders : deciders_) {
      const absl::Status followed = deciders->Follow();
      // While the store is away there is nothing to compare with.
      if (absl::IsUnavailable(followed)) continue;
      Report("the audit cannot be compared with the store", followed);
    }
    for (const auto& drainers : drainers_) {
      Report("audit rows could not be drained", drainers->Drain());
    }
    if (clock_.Uptime() < orphans_at_) continue;
    DrainOrphans();
    if (with_journals_ && !config_.sink_file().empty()) MoveJournals();
  }
}

void AuditRunner::DrainOrphans() {
  orphans_at_ = clock_.Uptime() + kOrphansEvery;
  for (size_t i = 0; i < deciders_.size(); ++i) {
    for (const std::string& tenant : deciders_[i]->Tenants()) {
      Report("rows of a replica that is gone could not be drained",
             drainers_[i]->DrainOrphans(tenant));
    }
  }
}

void AuditRunner::MoveJournals() {
  JournalMover mover(store_, *sink_, clock_);
  std::set<std::string> tenants;
  for (TenantDeciders* deciders : deciders_) {
    for (std::string& tenant : deciders->Tenants()) {
      tenants.insert(std::move(tenant));
    }
  }
  for (const std::string& tenant : tenants) {
    Report("agents' journals could not be moved to the sink",
           mover.Move(tenant));
  }
}

}  // namespace u2fi::audit
