#ifndef U2FI_SERVICES_COMMON_PROOF_STATEMENT_H_
#define U2FI_SERVICES_COMMON_PROOF_STATEMENT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::proof {

inline constexpr size_t kMaxStatement = 2048;
// A touch is asked for within this time after the challenge was issued.
inline constexpr uint64_t kMaxApproveMs = 120'000;
// Clocks of agents and devices may be off by this much; the gate's may not.
inline constexpr uint64_t kSkewMs = 30'000;

// What the challenge of a statement is for.
enum class StatementUse {
  // One touch over a batch: batch_root and batch_size are there.
  kApproval,
  // A registration, or PRESENCE: both are absent.
  kNoBatch,
};

// The rules of a statement beyond the strict profile: format 1, a purpose of
// the closed list, canonical ids, sizes of hashes, a site exactly for acts on
// devices, batch fields together and absent only under ENROL and PRESENCE,
// level at most 2. STATEMENT_FORMAT with metadata "field".
absl::Status CheckStatement(const v1::AuthorizationStatement& statement);

// The use of a statement that CheckStatement() allows.
StatementUse UseOf(const v1::AuthorizationStatement& statement);

// DEADLINE_BOUNDS unless approve_by <= execute_by <= approve_by + the bound of
// the purpose.
absl::Status CheckDeadlineBounds(const v1::AuthorizationStatement& statement);

// For who issues at `now_ms`, or is asked for a touch then: the deadlines keep
// their bounds and now < approve_by <= now + 2 min + skew_ms. DEADLINE_BOUNDS,
// or APPROVE_BY_PASSED.
absl::Status CheckApprovable(const v1::AuthorizationStatement& statement,
                             uint64_t now_ms, uint64_t skew_ms);

// The one serialisation of `statement`, if CheckStatement() allows it.
absl::StatusOr<std::string> EncodeStatement(
    const v1::AuthorizationStatement& statement);

// The statement that `bytes` are, if they keep the strict profile, the bound
// of 2 KiB and the rules of CheckStatement().
absl::StatusOr<v1::AuthorizationStatement> ParseStatement(
    absl::string_view bytes);

// What the token is asked to sign: SHA-256("u2fi/authz/v1" ‖ bytes).
crypto::Digest ChallengeOf(absl::string_view statement_bytes);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_STATEMENT_H_
