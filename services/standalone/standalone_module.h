#ifndef U2FI_SERVICES_STANDALONE_STANDALONE_MODULE_H_
#define U2FI_SERVICES_STANDALONE_STANDALONE_MODULE_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/attestation/attestation_local_client.h"
#include "services/attestation/attestation_module.h"
#include "services/challenge/challenge_core.h"
#include "services/challenge/challenge_local_client.h"
#include "services/command-gate/account_login.h"
#include "services/command-gate/gate_module.h"
#include "services/common/metrics/metrics.h"
#include "services/common/random/random_source.h"
#include "services/common/rpc/service_list.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"
#include "services/device-registry/registry_local_client.h"
#include "services/device-registry/registry_module.h"
#include "services/device-registry/token_words_local_client.h"
#include "u2fi/config/v1/config.pb.h"

namespace u2fi::standalone {

// The bounds that config.proto states, each problem with its key.
absl::Status Validate(const config::v1::StandaloneConfig& config);

// Challenge, attestation, device registry and gate over one store, in one
// process. They call each other's cores directly, each as the service it is
// (decisions E2); only the gate, the agents' link and what clients and
// operators may call have a way in from outside, under the same rules as in
// the mesh. Servers must have been shut down before it goes.
class StandaloneModule {
 public:
  // `config` was checked; the references must outlive the module, `config`
  // excepted, and so must `metrics`, where the services count (nullptr: in
  // registries of their own). STORE_MISCONFIGURED if the store belongs to
  // another relying party; file and store errors as they are.
  static absl::StatusOr<std::unique_ptr<StandaloneModule>> Start(
      const config::v1::StandaloneConfig& config, store::Store& store,
      const Clock& clock, RandomSource& random,
      metrics::Registry* metrics = nullptr);

  // What the one listener offers.
  rpc::ServiceList services();

  // Those whose audit must be drained.
  std::vector<audit::TenantDeciders*> deciders() {
    return {&attestation_->deciders(), &registry_->deciders(),
            &gate_->deciders()};
  }

  command_gate::GateModule& gate() { return *gate_; }
  device_registry::RegistryModule& registry() { return *registry_; }
  attestation::AttestationModule& attestation() { return *attestation_; }

 private:
  StandaloneModule(const config::v1::StandaloneConfig& config,
                   store::Store& store, const Clock& clock,
                   RandomSource& random, metrics::Registry* metrics);

  absl::Status StartAttestation(const config::v1::StandaloneConfig& config);
  absl::Status StartRegistry(const config::v1::StandaloneConfig& config);
  absl::Status StartGate(const config::v1::StandaloneConfig& config);

  store::Store& store_;
  const Clock& clock_;
  RandomSource& random_;
  metrics::Registry* const metrics_;
  challenge::ChallengeCore challenge_;
  challenge::ChallengeLocalClient challenge_client_;
  std::unique_ptr<device_registry::RegistryModule> registry_;
  std::unique_ptr<device_registry::RegistryLocalClient> registry_client_;
  std::unique_ptr<device_registry::TokenWordsLocalClient> words_client_;
  std::unique_ptr<attestation::AttestationModule> attestation_;
  std::unique_ptr<attestation::AttestationLocalClient> attestation_client_;
  std::unique_ptr<command_gate::AccountLogin> login_;
  std::unique_ptr<command_gate::GateModule> gate_;
};

}  // namespace u2fi::standalone

#endif  // U2FI_SERVICES_STANDALONE_STANDALONE_MODULE_H_
