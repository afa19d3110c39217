#ifndef U2FI_SERVICES_GATEWAY_AGENT_IDENTITY_FILES_H_
#define U2FI_SERVICES_GATEWAY_AGENT_IDENTITY_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/gateway-agent/identity.h"
#include "u2fi/config/v1/agent.pb.h"

namespace u2fi::gateway_agent {

// What `init` has made.
struct NewIdentity {
  // PEM file with the key, mode 0600. It never leaves this machine.
  std::string key_file;
  // PEM file with the certificate request, which asks for the gateway's URI.
  std::string request_file;
  // SubjectPublicKeyInfo in DER: what the registry must know of it.
  std::string spki;
};

// Makes tls.key_file, unless it is there already, and beside it the request
// `<key_file>.csr`. Of a checked configuration. INVALID_FIELD naming
// tls.key_file if what is there is no P-256 key; FILE_UNAVAILABLE.
absl::StatusOr<NewIdentity> MakeIdentity(
    const config::v1::GatewayAgentConfig& config);

// What an administrator is told next, with command lines to paste.
std::string NextSteps(const config::v1::GatewayAgentConfig& config,
                      const NewIdentity& identity);

// Reads the identity key. A gateway has one, for all its certificates
// (wire.md): INVALID_FIELD, naming tls.certificate_file, if the certificate is
// for another key or another URI than this gateway's; tls.key_file, if that is
// no P-256 key or readable by everybody. FILE_NOT_FOUND, FILE_UNAVAILABLE.
absl::StatusOr<AgentIdentity> LoadIdentity(
    const config::v1::GatewayAgentConfig& config);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_IDENTITY_FILES_H_
