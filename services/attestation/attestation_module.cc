#include "services/attestation/attestation_module.h"

#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "services/attestation/anchor_files.h"
#include "services/common/logging/logging.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

constexpr char kService[] = "attestation";
constexpr absl::Duration kWorkEvery = absl::Seconds(1);
// For what the metadata says of tokens.
constexpr absl::Duration kLookEvery = absl::Seconds(10);

size_t KeyCacheFrom(const config::v1::AttestationSettings& settings) {
  return settings.key_cache() == 0 ? kDefaultKeyCache : settings.key_cache();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AttestationModule>> AttestationModule::Make(
    const ModuleParts& parts) {
  fido::RegistrationPolicy policy;
  ASSIGN_OR_RETURN(policy.trust.anchors,
                   ReadAnchorFiles({parts.settings.anchor_files().begin(),
                                    parts.settings.anchor_files().end()}));
  // A tenant's policy says how much trust it asks for.
  policy.trust.accept_untrusted = true;
  std::vector<crypto::Certificate> metadata_roots;
  if (!parts.settings.metadata_root_file().empty()) {
    ASSIGN_OR_RETURN(metadata_roots,
                     ReadAnchorFile(parts.settings.metadata_root_file()));
  }
  return absl::WrapUnique(new AttestationModule(parts, std::move(policy),
                                                std::move(metadata_roots)));
}

AttestationModule::AttestationModule(
    const ModuleParts& parts, fido::RegistrationPolicy policy,
    std::vector<crypto::Certificate> metadata_roots)
    : clock_(parts.clock),
      tells_(parts.registry != nullptr),
      executor_(parts.threads),
      lost_(IsAboutRights),
      deciders_(parts.store, parts.clock, parts.random, executor_, kService,
                lost_.Hook()),
      core_({parts.clock,
             parts.random,
             parts.store,
             deciders_,
             parts.challenge,
             parts.settings.relying_party().rp_id(),
             std::move(policy),
             {parts.settings.relying_party().origins().begin(),
              parts.settings.relying_party().origins().end()},
             KeyCacheFrom(parts.settings),
             parts.metrics,
             std::move(metadata_roots),
             parts.registry}),
      rights_(core_.tokens, core_.writer, core_.recoveries, lost_),
      server_(core_, executor_) {}

AttestationModule::~AttestationModule() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    stop_changed_.NotifyAll();
  }
  if (working_.joinable()) working_.join();
}

void AttestationModule::LookAgain() {
  const absl::Status looked = core_.importer.LookAgain();
  if (looked.ok()) return;
  logging::Warning("tokens of bad models may still be active",
                   {{"cause", looked.ToString()}});
}

void AttestationModule::WorkUntilStopped() {
  absl::Duration look_at = clock_.Uptime();
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!stop_) stop_changed_.WaitFor(mutex_, kWorkEvery);
      if (stop_) return;
    }
    const absl::Status taken = rights_.Apply();
    if (!taken.ok()) {
      logging::Warning("rights that a failover gave back are still there",
                       {{"cause", taken.ToString()}});
    }
    if (clock_.Uptime() >= look_at) {
      look_at = clock_.Uptime() + kLookEvery;
      LookAgain();
    }
    const absl::StatusOr<int> told = core_.teller.Tell();
    if (!told.ok()) {
      logging::Warning("the registry was not told of tokens and recoveries",
                       {{"cause", told.status().ToString()}});
    }
  }
}

absl::Status AttestationModule::Start() {
  RETURN_IF_ERROR(core_.Start());
  working_ = std::thread([this] { WorkUntilStopped(); });
  if (!tells_) {
    logging::Warning(
        "no device registry is configured: it does not hear of tokens that "
        "lost their rights without a touch, and of no recovery");
  }
  const absl::StatusOr<Metadata> metadata = core_.metadata.Current();
  if (!metadata.ok()) {
    logging::Warning("the metadata cannot be used: no token is registered",
                     {{"cause", metadata.status().ToString()}});
  } else if (*metadata != nullptr && (*metadata)->next_update < clock_.Now()) {
    logging::Warning("the metadata is stale",
                     {{"number", absl::StrCat((*metadata)->number)}});
  }
  return absl::OkStatus();
}

}  // namespace u2fi::attestation
