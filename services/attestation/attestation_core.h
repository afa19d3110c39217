#ifndef U2FI_SERVICES_ATTESTATION_ATTESTATION_CORE_H_
#define U2FI_SERVICES_ATTESTATION_ATTESTATION_CORE_H_

#include <string>
#include <utility>
#include <vector>

#include "services/attestation/applier.h"
#include "services/attestation/assertion_service.h"
#include "services/attestation/metadata_importer.h"
#include "services/attestation/metadata_keeper.h"
#include "services/attestation/registration_service.h"
#include "services/attestation/registry_teller.h"
#include "services/attestation/token_admin.h"
#include "services/attestation/token_directory.h"
#include "services/attestation/token_events.h"
#include "services/attestation/verifier_parts.h"

namespace u2fi::attestation {

// Credentials whose parsed key is kept in memory, if nobody says otherwise.
inline constexpr size_t kDefaultKeyCache = 100'000;

// What the core is made from. All must outlive it.
struct AttestationParts {
  const Clock& clock;
  RandomSource& random;
  u2fi::store::Store& store;
  audit::Decider& decider;
  challenge::ChallengeClient& challenge;
  // The deployment's relying-party id, fixed for ever.
  std::string rp_id;
  // What registrations are let in, before a tenant's own policy.
  fido::RegistrationPolicy policy;
  // Of the portal. None: no browser.
  std::vector<std::string> origins = {};
  size_t key_cache = kDefaultKeyCache;
  // May be null.
  metrics::Registry* metrics = nullptr;
  // What the signature of metadata must lead to. None: no metadata.
  std::vector<crypto::Certificate> metadata_roots = {};
  // Is told of tokens that lost their rights and of recoveries. May be null:
  // then nobody is.
  device_registry::TokenWordsClient* registry = nullptr;
};

// The parts of the core, one per kind of question. Thread-safe.
struct AttestationCore {
  explicit AttestationCore(const AttestationParts& parts)
      : party{parts.rp_id, parts.origins},
        metrics(parts.metrics),
        keys(parts.key_cache),
        tokens(parts.store),
        events(parts.store),
        writer(parts.random, parts.decider, events, parts.registry != nullptr),
        teller(tokens, parts.registry),
        metadata(parts.clock, parts.store, parts.metadata_roots, metrics),
        importer(tokens, writer, metadata, metrics),
        policy(parts.clock, tokens, writer, metadata, parts.policy),
        recoveries(parts.clock, tokens, writer, policy, metrics),
        directory(tokens, recoveries),
        admin(tokens, writer),
        assertions(VerifierPartsOf(parts)),
        registrations(VerifierPartsOf(parts)),
        applier(VerifierPartsOf(parts)) {}

  AttestationCore(const AttestationCore&) = delete;
  AttestationCore& operator=(const AttestationCore&) = delete;

  // Begins to hear of changes by other replicas. Errors are the store's.
  absl::Status Start() { return events.Start(); }

  const RelyingParty party;
  AttestationMetrics metrics;
  KeyCache keys;
  TokenStore tokens;
  TokenEvents events;
  TokenWriter writer;
  RegistryTeller teller;
  MetadataKeeper metadata;
  MetadataImporter importer;
  TenantPolicy policy;
  RecoveryBook recoveries;
  TokenDirectory directory;
  TokenAdmin admin;
  AssertionService assertions;
  RegistrationService registrations;
  Applier applier;

 private:
  VerifierParts VerifierPartsOf(const AttestationParts& parts) {
    return {parts.clock, tokens, writer,   parts.challenge, policy,
            recoveries,  keys,   metadata, metrics,         party};
  }
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_CORE_H_
