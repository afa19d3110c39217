#ifndef U2FI_SERVICES_COMMON_PROOF_APPROVALS_H_
#define U2FI_SERVICES_COMMON_PROOF_APPROVALS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/client_data.h"
#include "u2fi/proof/v1/proof.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::proof {

inline constexpr size_t kMaxProof = 16 << 10;
inline constexpr int kMaxApprovals = 8;

using ApprovalList = google::protobuf::RepeatedPtrField<v1::Approval>;

// PROOF_SIZE unless there are 1 to 8 approvals, each part is within its bound
// and none of what every approval has is empty.
absl::Status CheckSizes(const ApprovalList& approvals);

// One approval, taken apart.
struct ParsedApproval {
  v1::Approval raw;
  v1::AuthorizationStatement statement;
  crypto::Digest challenge;
  // Whether a browser took it: the statement names no gateway.
  bool from_browser() const { return statement.approver_gateway().empty(); }
};

// The approvals of a proof or of a batch, which carries them once for all its
// items. Remembers which signatures it found good, under which keys: an item
// whose pin set has the same keys costs no signature check (decisions A18).
// Not thread-safe: one user at a time.
class Approvals {
 public:
  // Reads every statement; the caller has called CheckSizes(). PROOF_FORMAT
  // for a token id that is none, STATEMENT_FORMAT for a statement that breaks
  // a rule or is for no batch. Whether they agree, CheckAgreement() says.
  static absl::StatusOr<Approvals> Parse(const ApprovalList& approvals);

  const std::vector<ParsedApproval>& list() const { return list_; }
  // What all agree in.
  const v1::AuthorizationStatement& common() const {
    return list_.front().statement;
  }
  // The latest touched_at_ms; 0 if all came from browsers.
  uint64_t touched_at_ms() const;

  // APPROVALS_DISAGREE unless all have the same batch_root, batch_size,
  // purpose, tenant, site and execute_by_ms; APPROVALS_NOT_DISTINCT unless the
  // tokens are pairwise distinct, and the accounts too (under ENROL they are
  // the same).
  absl::Status CheckAgreement() const;

  // SIGNATURE_INVALID unless the signature of approval `i` verifies under the
  // P-256 `point` of its token.
  absl::Status CheckSignature(size_t i, absl::string_view point);

  // RELAY_INVALID unless the relay signature of approval `i` verifies under
  // the `point` of its gateway.
  absl::Status CheckRelay(size_t i, absl::string_view point);

  // How many signatures were checked so far: what the memory saves.
  int signature_checks() const { return signature_checks_; }

 private:
  explicit Approvals(std::vector<ParsedApproval> list)
      : list_(std::move(list)),
        token_points_(list_.size()),
        gateway_points_(list_.size()) {}

  std::vector<ParsedApproval> list_;
  // The point under which each approval's signature was found good.
  std::vector<std::string> token_points_;
  std::vector<std::string> gateway_points_;
  int signature_checks_ = 0;
};

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_APPROVALS_H_
