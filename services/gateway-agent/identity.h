#ifndef U2FI_SERVICES_GATEWAY_AGENT_IDENTITY_H_
#define U2FI_SERVICES_GATEWAY_AGENT_IDENTITY_H_

#include <string>

#include "services/common/crypto/p256.h"

namespace u2fi::gateway_agent {

// Who this gateway is. Its one key signs relays and is the key of its
// certificate, however often that is renewed (wire.md, "Client data").
struct AgentIdentity {
  std::string tenant;
  std::string site;
  std::string gateway;
  crypto::P256PrivateKey key;
  // The deployment's relying-party id.
  std::string rp_id;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_IDENTITY_H_
