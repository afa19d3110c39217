#include "services/common/rpc/from_config.h"

#include "services/common/config/checks.h"

namespace u2fi::rpc {

using config::DurationOr;
using config::NumberOr;

TlsFiles TlsFilesFrom(const config::v1::TlsConfig& config) {
  TlsFiles files;
  files.certificate = config.certificate_file();
  files.key = config.key_file();
  files.roots = config.ca_file();
  files.trust_domain = config.trust_domain();
  files.reload_interval =
      DurationOr(config.has_reload_interval(), config.reload_interval(),
                 files.reload_interval);
  return files;
}

ServerOptions ServerOptionsFrom(const config::v1::ListenConfig& config) {
  ServerOptions options;
  options.streams_per_caller = static_cast<int>(
      NumberOr(config.streams_per_caller(), options.streams_per_caller));
  options.memory_mib =
      static_cast<int>(NumberOr(config.memory_mib(), options.memory_mib));
  options.accepts_per_second = static_cast<int>(
      NumberOr(config.accepts_per_second(), options.accepts_per_second));
  options.reflection = config.reflection();
  options.reflection_callers.insert(config.reflection_callers().begin(),
                                    config.reflection_callers().end());
  return options;
}

absl::Duration ShutdownGraceFrom(const config::v1::ListenConfig& config) {
  return DurationOr(config.has_shutdown_grace(), config.shutdown_grace(),
                    absl::Seconds(30));
}

absl::Duration DeadlineFrom(const config::v1::PeerConfig& config) {
  return DurationOr(config.has_deadline(), config.deadline(), absl::Seconds(2));
}

}  // namespace u2fi::rpc
