#ifndef U2FI_SERVICES_ATTESTATION_ATTESTATION_CORE_H_
#define U2FI_SERVICES_ATTESTATION_ATTESTATION_CORE_H_

#include <string>
#include <utility>

#include "services/attestation/assertion_service.h"
#include "services/attestation/enrolment.h"
#include "services/attestation/registration_service.h"
#include "services/attestation/token_directory.h"
#include "services/attestation/token_events.h"
#include "services/attestation/token_store.h"

namespace u2fi::attestation {

// What the core is made from. All must outlive it.
struct AttestationParts {
  const Clock& clock;
  RandomSource& random;
  u2fi::store::Store& store;
  audit::Decider& decider;
  challenge::ChallengeClient& challenge;
  // The deployment's relying-party id, fixed for ever.
  std::string rp_id;
  // What registrations are let in.
  fido::RegistrationPolicy policy;
};

// The parts of the core, one per kind of question. Thread-safe.
struct AttestationCore {
  explicit AttestationCore(const AttestationParts& parts)
      : tokens(parts.store),
        events(parts.store),
        directory(parts.random, tokens, parts.decider, events),
        assertions(parts.random, tokens, parts.decider, parts.challenge, events,
                   parts.rp_id),
        registrations(parts.clock, parts.random, tokens, parts.decider,
                      parts.challenge, parts.rp_id, parts.policy),
        enrolment(parts.clock, parts.random, tokens, parts.decider, events,
                  parts.rp_id) {}

  // Begins to hear of changes by other replicas. Errors are the store's.
  absl::Status Start() { return events.Start(); }

  TokenStore tokens;
  TokenEvents events;
  TokenDirectory directory;
  AssertionService assertions;
  RegistrationService registrations;
  Enrolment enrolment;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_CORE_H_
