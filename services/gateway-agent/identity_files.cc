#include "services/gateway-agent/identity_files.h"

#include <sys/stat.h>

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/pem.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/agent_config.h"

namespace u2fi::gateway_agent {
namespace {

using config::v1::GatewayAgentConfig;
using crypto::P256PrivateKey;

constexpr size_t kMaxPem = 64 << 10;

absl::StatusOr<P256PrivateKey> ParseKey(const std::string& pem) {
  absl::StatusOr<P256PrivateKey> key = P256PrivateKey::FromPem(pem);
  if (key.ok()) return key;
  return FieldError("tls.key_file", "is no P-256 key in PEM");
}

absl::StatusOr<P256PrivateKey> ReadKey(const std::string& path) {
  struct stat state = {};
  if (stat(path.c_str(), &state) == 0 && (state.st_mode & 0077) != 0) {
    return FieldError("tls.key_file", "is open to others; chmod it to 0600");
  }
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(path, kMaxPem));
  return ParseKey(pem);
}

absl::StatusOr<P256PrivateKey> ReadOrMakeKey(const std::string& path) {
  absl::StatusOr<P256PrivateKey> key = ReadKey(path);
  if (!IsReason(key.status(), reason::kFileNotFound)) return key;
  P256PrivateKey made = P256PrivateKey::Generate();
  RETURN_IF_ERROR(WriteFileDurably(path, made.ToPem(), 0600));
  return made;
}

absl::Status CheckCertificate(const GatewayAgentConfig& config,
                              const P256PrivateKey& key) {
  constexpr char kField[] = "tls.certificate_file";
  ASSIGN_OR_RETURN(const std::string pem,
                   ReadFile(config.tls().certificate_file(), kMaxPem));
  const auto blocks = crypto::FromPem(crypto::kPemCertificate, pem);
  if (!blocks.ok()) return FieldError(kField, "holds no certificate");
  const auto certificate = crypto::Certificate::FromDer(blocks->front());
  if (!certificate.ok()) return FieldError(kField, "cannot be read");
  if (certificate->spki() != key.public_key().Spki()) {
    return FieldError(kField, "is for another key than tls.key_file");
  }
  if (certificate->uris() != std::vector<std::string>{GatewayUri(config)}) {
    return FieldError(kField, absl::StrCat("is not for ", GatewayUri(config)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NewIdentity> MakeIdentity(const GatewayAgentConfig& config) {
  NewIdentity made;
  made.key_file = config.tls().key_file();
  made.request_file = absl::StrCat(made.key_file, ".csr");
  ASSIGN_OR_RETURN(const P256PrivateKey key, ReadOrMakeKey(made.key_file));
  made.spki = key.public_key().Spki();
  const std::string request = crypto::BuildCertificateRequest(
      crypto::CommonName(config.gateway()), {GatewayUri(config)}, key);
  RETURN_IF_ERROR(WriteFileDurably(
      made.request_file, crypto::ToPem(crypto::kPemCertificateRequest, request),
      0644));
  return made;
}

std::string NextSteps(const GatewayAgentConfig& config,
                      const NewIdentity& identity) {
  return absl::StrCat(
      "identity key         ", identity.key_file,
      " (secret, stays on this machine)\n"
      "certificate request  ",
      identity.request_file, " for ", GatewayUri(config),
      "\n\nNext:\n"
      "1. Have the deployment's CA sign the request; put the certificate "
      "where\n"
      "   tls.certificate_file says.\n"
      "2. An operator of tenant ",
      config.tenant(),
      " names the key to the registry, with the request\n"
      "   or, where $U2FI holds grpcurl's flags (-cacert, -cert, -key) and "
      "the\n"
      "   registry's address, with the key alone:\n\n"
      "u2fi create-gateway ",
      config.gateway(), " --site ", config.site(), " --key ",
      identity.request_file,
      "\n"
      "grpcurl -d '{\"gateway_id\":\"",
      config.gateway(), "\",\"gateway\":{\"site\":\"", config.site(),
      "\",\"public_key\":\"", absl::Base64Escape(identity.spki),
      "\"}}' $U2FI u2fi.device_registry.v1.DeviceRegistry/CreateGateway\n\n"
      "3. gateway-agent run --config FILE\n");
}

absl::StatusOr<AgentIdentity> LoadIdentity(const GatewayAgentConfig& config) {
  ASSIGN_OR_RETURN(P256PrivateKey key, ReadKey(config.tls().key_file()));
  RETURN_IF_ERROR(CheckCertificate(config, key));
  return AgentIdentity{config.tenant(), config.site(), config.gateway(),
                       std::move(key), config.rp_id()};
}

}  // namespace u2fi::gateway_agent
