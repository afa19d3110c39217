#include "services/attestation/tenant_policy.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/attestation/requests.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/cose_key.h"
#include "services/common/fido/formats.h"
#include "services/common/rpc/tenant.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using fido::ModelRule;
using records::v1::PolicyRow;
using v1::EnrolmentPolicy;
using Names = google::protobuf::RepeatedPtrField<std::string>;

constexpr char kName[] = "enrolmentPolicy";
constexpr int kMaxModels = 1000;
constexpr int kMaxAnchors = 100;
constexpr int kMaxAlgorithms = 16;
constexpr size_t kAaguidDigits = 32;
constexpr size_t kKeyIdDigits = 40;
// A record of the store has 256 KiB.
constexpr size_t kMaxPolicySize = 200 << 10;
constexpr uint32_t kMinRecoveryWait = 3600;
constexpr uint32_t kMaxRecoveryWait = 30 * 24 * 3600;
constexpr uint32_t kDefaultRecoveryWait = 24 * 3600;

absl::Status CheckModels(absl::string_view field, const Names& names,
                         size_t digits) {
  if (names.size() > kMaxModels) return FieldError(field, "has over 1,000");
  for (const std::string& name : names) {
    const auto bytes = crypto::FromHex(name);
    if (name.size() != digits || !bytes.ok() || crypto::Hex(*bytes) != name) {
      return FieldError(
          field, absl::StrCat("wants ", digits, " lower-case hex digits each"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAnchors(const EnrolmentPolicy& policy) {
  if (policy.anchors_size() > kMaxAnchors) {
    return FieldError("policy.anchors", "has over 100");
  }
  for (const v1::TrustAnchor& anchor : policy.anchors()) {
    if (!crypto::Certificate::FromDer(anchor.certificate()).ok()) {
      return FieldError("policy.anchors.certificate", "cannot be parsed");
    }
    for (const std::string& format : anchor.formats()) {
      if (!fido::IsSupportedFormat(format)) {
        return FieldError("policy.anchors.formats", "has an unknown format");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAlgorithms(const EnrolmentPolicy& policy) {
  if (policy.algorithms_size() > kMaxAlgorithms) {
    return FieldError("policy.algorithms", "has too many");
  }
  for (const int32_t algorithm : policy.algorithms()) {
    if (!fido::SupportedAlgorithm(algorithm).ok()) {
      return FieldError("policy.algorithms", "has one that is not supported");
    }
  }
  return absl::OkStatus();
}

fido::TrustLevel LevelOf(v1::TrustLevel level) {
  switch (level) {
    case v1::TRUST_LEVEL_SELF:
      return fido::TrustLevel::kSelf;
    case v1::TRUST_LEVEL_ATTESTED:
      return fido::TrustLevel::kAttested;
    case v1::TRUST_LEVEL_MODEL:
      return fido::TrustLevel::kModel;
    default:
      return fido::TrustLevel::kNone;
  }
}

void AddModels(const Names& aaguids, const Names& key_ids,
               std::vector<ModelRule>& rules) {
  for (const std::string& aaguid : aaguids) {
    rules.push_back({ModelRule::Kind::kAaguid, *crypto::FromHex(aaguid)});
  }
  for (const std::string& key_id : key_ids) {
    rules.push_back({ModelRule::Kind::kKeyId, key_id});
  }
}

absl::Status AddAnchors(const EnrolmentPolicy& policy,
                        std::vector<fido::TrustAnchor>& anchors) {
  for (const v1::TrustAnchor& anchor : policy.anchors()) {
    absl::StatusOr<crypto::Certificate> certificate =
        crypto::Certificate::FromDer(anchor.certificate());
    if (!certificate.ok()) {
      return Error(reason::kStoreCorrupt, "an anchor cannot be parsed");
    }
    anchors.push_back({*std::move(certificate),
                       {anchor.formats().begin(), anchor.formats().end()}});
  }
  return absl::OkStatus();
}

EnrolmentPolicy ViewOf(const Stored<PolicyRow>& stored) {
  EnrolmentPolicy policy = stored.row.policy();
  policy.set_name(kName);
  if (!stored.exists()) policy.set_etag("0");
  return policy;
}

std::string NextEtag(const std::string& etag) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(etag, &number)) number = 0;
  return absl::StrCat(number + 1);
}

}  // namespace

absl::Status CheckEnrolmentPolicy(const EnrolmentPolicy& policy) {
  if (!v1::TrustLevel_IsValid(policy.least_trust())) {
    return FieldError("policy.least_trust", "is unknown");
  }
  RETURN_IF_ERROR(CheckModels("policy.allowed_aaguids",
                              policy.allowed_aaguids(), kAaguidDigits));
  RETURN_IF_ERROR(CheckModels("policy.denied_aaguids", policy.denied_aaguids(),
                              kAaguidDigits));
  RETURN_IF_ERROR(CheckModels("policy.allowed_key_ids",
                              policy.allowed_key_ids(), kKeyIdDigits));
  RETURN_IF_ERROR(CheckModels("policy.denied_key_ids", policy.denied_key_ids(),
                              kKeyIdDigits));
  RETURN_IF_ERROR(CheckAlgorithms(policy));
  RETURN_IF_ERROR(CheckAnchors(policy));
  if (policy.tokens_per_account() > kMaxTokensPerAccount) {
    return FieldError("policy.tokens_per_account", "is over 16");
  }
  const uint32_t wait = policy.recovery_wait_s();
  if (wait != 0 && (wait < kMinRecoveryWait || wait > kMaxRecoveryWait)) {
    return FieldError("policy.recovery_wait_s", "is not in 3,600 to 2,592,000");
  }
  if (policy.ByteSizeLong() > kMaxPolicySize) {
    return FieldError("policy", "has over 200 KiB in all");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::GetEnrolmentPolicyResponse> TenantPolicy::Get(
    const rpc::Caller& caller, const v1::GetEnrolmentPolicyRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const auto found,
                   tokens_.ReadRow<PolicyRow>(tenant, PolicyKey()));
  v1::GetEnrolmentPolicyResponse response;
  *response.mutable_policy() = ViewOf(found.second);
  return response;
}

absl::StatusOr<v1::UpdateEnrolmentPolicyResponse> TenantPolicy::Update(
    const rpc::Caller& caller,
    const v1::UpdateEnrolmentPolicyRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckEnrolmentPolicy(request.policy()));
  ASSIGN_OR_RETURN(const auto found,
                   tokens_.ReadRow<PolicyRow>(tenant, PolicyKey()));
  const EnrolmentPolicy present = ViewOf(found.second);
  if (request.policy().etag() != present.etag()) {
    return Error(reason::kEtagMismatch, "the policy changed since it was read");
  }
  v1::UpdateEnrolmentPolicyResponse response;
  EnrolmentPolicy& next = *response.mutable_policy();
  next = request.policy();
  next.set_name(kName);
  next.set_etag(NextEtag(present.etag()));
  if (request.validate_only()) return response;
  PolicyRow row;
  row.set_schema(1);
  *row.mutable_policy() = next;
  Change change;
  change.transition.epoch = found.first;
  change.Put(PolicyKey(), found.second, row);
  audit::RowContent content = RowAbout(audit::v1::ROW_KIND_ADMIN, caller.uri(),
                                       {absl::StrCat("tenants/", tenant)});
  AddDetail(content, "etag", next.etag());
  AddDetail(content, "least_trust", v1::TrustLevel_Name(next.least_trust()));
  AddDetail(content, "what", kName);
  change.rows.push_back(std::move(content));
  const absl::Status written = writer_.Write(tenant, std::move(change));
  if (IsReason(written, reason::kStoreAborted)) {
    return Error(reason::kEtagMismatch, "the policy changed meanwhile");
  }
  RETURN_IF_ERROR(written);
  return response;
}

absl::StatusOr<EnrolmentRules> TenantPolicy::RulesOf(absl::string_view tenant) {
  ASSIGN_OR_RETURN(const auto found,
                   tokens_.ReadRow<PolicyRow>(tenant, PolicyKey()));
  const EnrolmentPolicy& policy = found.second.row.policy();
  EnrolmentRules rules;
  fido::RegistrationPolicy& registration = rules.registration;
  registration = deployment_;
  ASSIGN_OR_RETURN(rules.metadata, metadata_.Current());
  if (rules.metadata != nullptr) {
    registration.trust.metadata = &rules.metadata->table;
  }
  registration.trust.now = clock_.Now();
  registration.trust.check_leaf_dates = !policy.allow_expired_certificates();
  // What an untrusted origin is worth, `least` says.
  registration.trust.least = LevelOf(policy.least_trust());
  RETURN_IF_ERROR(AddAnchors(policy, registration.trust.anchors));
  AddModels(policy.allowed_aaguids(), policy.allowed_key_ids(),
            registration.models.allowed);
  AddModels(policy.denied_aaguids(), policy.denied_key_ids(),
            registration.models.denied);
  if (!policy.algorithms().empty()) {
    registration.algorithms.assign(policy.algorithms().begin(),
                                   policy.algorithms().end());
  }
  if (policy.tokens_per_account() != 0) {
    rules.tokens_per_account = policy.tokens_per_account();
  }
  const uint32_t wait = policy.recovery_wait_s() == 0
                            ? kDefaultRecoveryWait
                            : policy.recovery_wait_s();
  rules.recovery_wait = absl::Seconds(wait);
  return rules;
}

}  // namespace u2fi::attestation
