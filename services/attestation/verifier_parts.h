#ifndef U2FI_SERVICES_ATTESTATION_VERIFIER_PARTS_H_
#define U2FI_SERVICES_ATTESTATION_VERIFIER_PARTS_H_

#include "services/attestation/answer_origin.h"
#include "services/attestation/attestation_metrics.h"
#include "services/attestation/key_cache.h"
#include "services/attestation/metadata_keeper.h"
#include "services/attestation/recovery_book.h"
#include "services/attestation/tenant_policy.h"
#include "services/attestation/token_store.h"
#include "services/attestation/token_writer.h"
#include "services/challenge/challenge_client.h"
#include "services/common/time/clock.h"

namespace u2fi::attestation {

// What the parts of the core that verify work with. The references must
// outlive them.
struct VerifierParts {
  const Clock& clock;
  TokenStore& tokens;
  TokenWriter& writer;
  challenge::ChallengeClient& challenge;
  TenantPolicy& policy;
  RecoveryBook& recoveries;
  KeyCache& keys;
  MetadataKeeper& metadata;
  AttestationMetrics& metrics;
  const RelyingParty& party;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_VERIFIER_PARTS_H_
