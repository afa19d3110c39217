#ifndef U2FI_SERVICES_COMMON_RPC_FROM_CONFIG_H_
#define U2FI_SERVICES_COMMON_RPC_FROM_CONFIG_H_

#include "absl/time/time.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/tls_identity.h"
#include "u2fi/config/v1/shared.pb.h"

namespace u2fi::rpc {

// Checked configuration (services/common/config/checks.h) as options, with the
// defaults that shared.proto states.

TlsFiles TlsFilesFrom(const config::v1::TlsConfig& config);
ServerOptions ServerOptionsFrom(const config::v1::ListenConfig& config);
absl::Duration ShutdownGraceFrom(const config::v1::ListenConfig& config);
absl::Duration DeadlineFrom(const config::v1::PeerConfig& config);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_FROM_CONFIG_H_
