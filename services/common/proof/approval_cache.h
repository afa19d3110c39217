#ifndef U2FI_SERVICES_COMMON_PROOF_APPROVAL_CACHE_H_
#define U2FI_SERVICES_COMMON_PROOF_APPROVAL_CACHE_H_

#include <list>
#include <utility>

#include "absl/status/statusor.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/approvals.h"

namespace u2fi::proof {

// Keeps the approvals of the last batches, so that a batch whose items come
// one by one, each with the whole proof, costs its signatures once. Keyed by
// SHA-256 of all approvals' bytes: nothing that differs in a bit is taken for
// the same. Not thread-safe.
class ApprovalCache {
 public:
  explicit ApprovalCache(size_t capacity = 16) : capacity_(capacity) {}

  // The approvals, parsed and in agreement: those remembered, or these ones
  // from now on. The pointer is good until the next call. Errors as of
  // CheckSizes(), Approvals::Parse() and CheckAgreement(); nothing is kept
  // then.
  absl::StatusOr<Approvals*> Get(const ApprovalList& approvals);

  size_t size() const { return entries_.size(); }

 private:
  const size_t capacity_;
  // Last used first.
  std::list<std::pair<crypto::Digest, Approvals>> entries_;
};

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_APPROVAL_CACHE_H_
