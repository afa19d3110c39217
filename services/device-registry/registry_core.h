#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_CORE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_CORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/common/audit/decider.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"
#include "services/device-registry/account_admin.h"
#include "services/device-registry/applier.h"
#include "services/device-registry/confirmations.h"
#include "services/device-registry/device_claim.h"
#include "services/device-registry/device_import.h"
#include "services/device-registry/device_reader.h"
#include "services/device-registry/device_tokens.h"
#include "services/device-registry/device_update.h"
#include "services/device-registry/event_bus.h"
#include "services/device-registry/gateway_admin.h"
#include "services/device-registry/gateway_key_admin.h"
#include "services/device-registry/pins_planner.h"
#include "services/device-registry/policy_admin.h"
#include "services/device-registry/record_cache.h"
#include "services/device-registry/registry_store.h"
#include "services/device-registry/resolver.h"
#include "services/device-registry/sweeper.h"
#include "services/device-registry/tenant_directory.h"
#include "services/device-registry/token_renewal.h"
#include "services/device-registry/token_words.h"
#include "services/device-registry/transactions.h"

namespace u2fi::device_registry {

// What the registry is made from. The references must outlive it.
struct CoreParts {
  store::Store& store;
  // Of the service "device-registry", over the same store.
  audit::Decider& decider;
  const Clock& clock;
  RandomSource& random;
  // Relying-party id of the deployment.
  std::string rp_id;
  DeviceTokens::Options tokens;
  // Origins of the portal, where acts on accounts may be approved.
  std::vector<std::string> origins = {};
};

// The registry without its server: every rpc is a method of one of these
// parts. Thread-safe.
class RegistryCore {
 public:
  explicit RegistryCore(const CoreParts& parts);

  // Begins to hear of changes by other replicas. Errors are the store's.
  absl::Status Start() { return events_.Start(); }

  AccountAdmin& accounts() { return accounts_; }
  GatewayAdmin& gateways() { return gateways_; }
  GatewayKeyAdmin& gateway_keys() { return gateway_keys_; }
  PolicyAdmin& policies() { return policies_; }
  DeviceImport& device_import() { return import_; }
  DeviceClaim& device_claim() { return claim_; }
  DeviceUpdate& device_update() { return update_; }
  DeviceReader& reader() { return reader_; }
  PinsPlanner& planner() { return planner_; }
  Resolver& resolver() { return resolver_; }
  Transactions& transactions() { return transactions_; }
  Applier& applier() { return applier_; }
  Confirmations& confirmations() { return confirmations_; }
  TokenRenewal& tokens() { return renewal_; }
  TokenWords& words() { return words_; }
  EventBus& events() { return events_; }
  Sweeper& sweeper() { return sweeper_; }

 private:
  EventBus events_;
  RecordCache cache_;
  TenantDirectory tenants_;
  RegistryStore store_;
  const DeviceTokens device_tokens_;
  AccountAdmin accounts_;
  GatewayAdmin gateways_;
  GatewayKeyAdmin gateway_keys_;
  PolicyAdmin policies_;
  DeviceImport import_;
  DeviceClaim claim_;
  DeviceUpdate update_;
  DeviceReader reader_;
  PinsPlanner planner_;
  Resolver resolver_;
  Transactions transactions_;
  Applier applier_;
  Confirmations confirmations_;
  TokenRenewal renewal_;
  TokenWords words_;
  Sweeper sweeper_;
  // Last: hears no event any more when the rest goes.
  std::unique_ptr<EventBus::Watch> cache_watch_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_CORE_H_
