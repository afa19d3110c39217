#include "services/device-registry/policy_pending.h"

#include <algorithm>
#include <utility>

#include "absl/types/optional.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::PolicyRow;

constexpr int kMaxPending = 8;
constexpr size_t kMaxLooser = 16;

std::string NameOf(const v1::PolicyChange& change) {
  const std::string next = change.has_policy()
                               ? change.policy().SerializeAsString()
                               : change.model().SerializeAsString();
  return crypto::ToString(crypto::Sha256(
      {proof::domain::kPolicyChange, crypto::LengthPrefixed(change.resource()),
       crypto::LengthPrefixed(next)}));
}

absl::Status OverLimit(const std::string& what, const std::string& resource) {
  return Error(reason::kPolicyChangeLimit, what, {{"resource", resource}});
}

}  // namespace

v1::Policy DefaultPolicy() {
  v1::Policy policy;
  policy.set_name(std::string(kPolicyName));
  policy.set_etag("0");
  return policy;
}

absl::StatusOr<v1::Policy> ReadPolicy(Change& change) {
  ASSIGN_OR_RETURN(absl::optional<PolicyRow> row,
                   change.Read<PolicyRow>(key::Policy()));
  return row.has_value() ? std::move(*row->mutable_policy()) : DefaultPolicy();
}

void PutPolicy(Change& change, v1::Policy policy) {
  change.Announce(v1::EVENT_KIND_POLICY, kPolicyName);
  PolicyRow row;
  *row.mutable_policy() = std::move(policy);
  change.Put(key::Policy(), std::move(row));
}

const v1::PolicyChange* FindPending(const v1::Policy& policy,
                                    absl::string_view resource) {
  for (const v1::PolicyChange& change : policy.pending()) {
    if (change.resource() == resource) return &change;
  }
  return nullptr;
}

void DropPending(v1::Policy& policy, absl::string_view resource) {
  auto& pending = *policy.mutable_pending();
  pending.erase(std::remove_if(pending.begin(), pending.end(),
                               [resource](const v1::PolicyChange& change) {
                                 return change.resource() == resource;
                               }),
                pending.end());
}

absl::Status AddPending(const Loosening& loosening, v1::PolicyChange next,
                        v1::Policy& policy) {
  DropPending(policy, next.resource());
  if (loosening.looser.size() > kMaxLooser) {
    return OverLimit("more than 16 things become looser at once",
                     next.resource());
  }
  if (policy.pending_size() >= kMaxPending) {
    return OverLimit("8 changes wait already", next.resource());
  }
  *next.mutable_looser() = {loosening.looser.begin(), loosening.looser.end()};
  next.set_change(NameOf(next));
  *policy.add_pending() = std::move(next);
  return absl::OkStatus();
}

}  // namespace u2fi::device_registry
