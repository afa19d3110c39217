#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_CORE_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_CORE_H_

#include "services/challenge/challenge_consumer.h"
#include "services/challenge/challenge_issuer.h"
#include "services/challenge/challenge_store.h"

namespace u2fi::challenge {

// The parts of the core over one store. Thread-safe. The references must
// outlive it.
struct ChallengeCore {
  ChallengeCore(const Clock& clock, RandomSource& random,
                u2fi::store::Store& store,
                absl::Duration remember = absl::Seconds(30))
      : challenges(store, remember),
        issuer(clock, random, challenges),
        consumer(clock, challenges) {}

  ChallengeStore challenges;
  ChallengeIssuer issuer;
  ChallengeConsumer consumer;
};

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_CORE_H_
