#include "services/device-registry/registry_core.h"

#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"

namespace u2fi::device_registry {
namespace {

std::string HashOf(const std::string& rp_id) {
  return crypto::ToString(crypto::Sha256(rp_id));
}

std::vector<std::string> ChannelKeysOf(
    const std::vector<std::string>& origins) {
  std::vector<std::string> keys;
  keys.reserve(origins.size());
  for (const std::string& origin : origins) {
    keys.push_back(crypto::ToString(proof::BrowserChannelKey(origin)));
  }
  return keys;
}

}  // namespace

RegistryCore::RegistryCore(const CoreParts& parts)
    : events_(parts.store),
      cache_(parts.store, parts.clock),
      tenants_(parts.store),
      store_({parts.store, parts.decider, parts.clock, parts.random, events_,
              cache_, tenants_}),
      device_tokens_(parts.tokens, parts.clock, parts.random),
      accounts_(store_),
      gateways_(store_),
      gateway_keys_(store_),
      policies_(store_),
      import_(store_),
      claim_(store_),
      update_(store_),
      reader_(store_),
      planner_(store_, HashOf(parts.rp_id)),
      resolver_(store_),
      transactions_(store_),
      applier_(store_, device_tokens_, HashOf(parts.rp_id),
               ChannelKeysOf(parts.origins)),
      confirmations_(store_, device_tokens_),
      renewal_(store_, device_tokens_),
      words_(store_),
      sweeper_(store_),
      cache_watch_(events_.Subscribe({}, [this](const EventBus::Event& event) {
        cache_.OnEvent(event);
      })) {}

}  // namespace u2fi::device_registry
