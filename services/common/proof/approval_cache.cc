#include "services/common/proof/approval_cache.h"

#include <algorithm>
#include <string>

#include "services/common/proof/strict.h"
#include "services/common/status/status_macros.h"

namespace u2fi::proof {
namespace {

crypto::Digest KeyOf(const ApprovalList& approvals) {
  std::string all;
  for (const v1::Approval& approval : approvals) {
    all += crypto::LengthPrefixed(Encode(approval));
  }
  return crypto::Sha256(all);
}

}  // namespace

absl::StatusOr<Approvals*> ApprovalCache::Get(const ApprovalList& approvals) {
  RETURN_IF_ERROR(CheckSizes(approvals));
  const crypto::Digest key = KeyOf(approvals);
  const auto found =
      std::find_if(entries_.begin(), entries_.end(),
                   [&](const auto& entry) { return entry.first == key; });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return &entries_.front().second;
  }
  ASSIGN_OR_RETURN(Approvals parsed, Approvals::Parse(approvals));
  RETURN_IF_ERROR(parsed.CheckAgreement());
  entries_.emplace_front(key, std::move(parsed));
  if (entries_.size() > capacity_) entries_.pop_back();
  return &entries_.front().second;
}

}  // namespace u2fi::proof
