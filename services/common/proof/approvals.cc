#include "services/common/proof/approvals.h"

#include <algorithm>
#include <set>
#include <utility>

#include "services/common/proof/assertion.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::proof {
namespace {

bool Within(absl::string_view part, size_t max) {
  return !part.empty() && part.size() <= max;
}

bool SizesOk(const v1::Approval& approval) {
  return Within(approval.statement(), kMaxStatement) &&
         Within(approval.client_data(), kMaxClientData) &&
         Within(approval.authenticator_data(), kMaxAuthenticatorData) &&
         Within(approval.signature(), kMaxSignature) &&
         approval.relay_signature().size() <= kMaxDer;
}

absl::StatusOr<ParsedApproval> ParseApproval(const v1::Approval& approval) {
  if (!IsId(approval.token_id())) {
    return Error(reason::kProofFormat, "a token id is not valid");
  }
  ASSIGN_OR_RETURN(v1::AuthorizationStatement statement,
                   ParseStatement(approval.statement()));
  if (UseOf(statement) != StatementUse::kApproval) {
    return Error(reason::kStatementFormat, "a statement is for no batch");
  }
  return ParsedApproval{approval, std::move(statement),
                        ChallengeOf(approval.statement())};
}

bool Agree(const v1::AuthorizationStatement& a,
           const v1::AuthorizationStatement& b) {
  return a.batch_root() == b.batch_root() && a.batch_size() == b.batch_size() &&
         a.purpose() == b.purpose() && a.tenant() == b.tenant() &&
         a.site() == b.site() && a.execute_by_ms() == b.execute_by_ms();
}

bool Verifies(absl::string_view point, const crypto::Digest& digest,
              absl::string_view signature) {
  const absl::StatusOr<crypto::P256PublicKey> key =
      crypto::P256PublicKey::FromPoint(point);
  return key.ok() && key->Verify(digest, signature).ok();
}

}  // namespace

absl::Status CheckSizes(const ApprovalList& approvals) {
  if (!approvals.empty() && approvals.size() <= kMaxApprovals &&
      std::all_of(approvals.begin(), approvals.end(), SizesOk)) {
    return absl::OkStatus();
  }
  return Error(reason::kProofSize, "the approvals are not within their bounds");
}

absl::StatusOr<Approvals> Approvals::Parse(const ApprovalList& approvals) {
  std::vector<ParsedApproval> list;
  for (const v1::Approval& approval : approvals) {
    ASSIGN_OR_RETURN(ParsedApproval parsed, ParseApproval(approval));
    list.push_back(std::move(parsed));
  }
  return Approvals(std::move(list));
}

uint64_t Approvals::touched_at_ms() const {
  uint64_t latest = 0;
  for (const ParsedApproval& approval : list_) {
    latest = std::max<uint64_t>(latest, approval.raw.touched_at_ms());
  }
  return latest;
}

absl::Status Approvals::CheckAgreement() const {
  std::set<absl::string_view> tokens, accounts;
  for (const ParsedApproval& approval : list_) {
    if (!Agree(approval.statement, common())) {
      return Error(reason::kApprovalsDisagree,
                   "the approvals are for different things");
    }
    tokens.insert(approval.raw.token_id());
    accounts.insert(approval.statement.account());
  }
  const size_t people =
      common().purpose() == v1::PURPOSE_ENROL ? 1 : list_.size();
  if (tokens.size() == list_.size() && accounts.size() == people) {
    return absl::OkStatus();
  }
  return Error(reason::kApprovalsNotDistinct,
               "two approvals are by one token or one account");
}

absl::Status Approvals::CheckSignature(size_t i, absl::string_view point) {
  if (token_points_[i] == point) return absl::OkStatus();
  const v1::Approval& raw = list_[i].raw;
  const crypto::Digest digest =
      crypto::Sha256(SignedBytes(raw.authenticator_data(), raw.client_data()));
  ++signature_checks_;
  if (!Verifies(point, digest, raw.signature())) {
    return Error(reason::kSignatureInvalid,
                 "the token's signature does not verify");
  }
  token_points_[i] = std::string(point);
  return absl::OkStatus();
}

absl::Status Approvals::CheckRelay(size_t i, absl::string_view point) {
  if (gateway_points_[i] == point) return absl::OkStatus();
  const v1::Approval& raw = list_[i].raw;
  const crypto::Digest digest =
      RelayDigest(list_[i].challenge, raw.authenticator_data(), raw.signature(),
                  raw.touched_at_ms());
  ++signature_checks_;
  if (!Verifies(point, digest, raw.relay_signature())) {
    return Error(reason::kRelayInvalid,
                 "the gateway did not sign that it took this touch");
  }
  gateway_points_[i] = std::string(point);
  return absl::OkStatus();
}

}  // namespace u2fi::proof
