#ifndef U2FI_SERVICES_ATTESTATION_TENANT_POLICY_H_
#define U2FI_SERVICES_ATTESTATION_TENANT_POLICY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/attestation/metadata_keeper.h"
#include "services/attestation/token_store.h"
#include "services/attestation/token_writer.h"
#include "services/common/fido/registration.h"
#include "services/common/rpc/caller.h"
#include "services/common/time/clock.h"
#include "u2fi/attestation/v1/admin.pb.h"

namespace u2fi::attestation {

// What a tenant lets in, as the verifiers take it.
struct EnrolmentRules {
  fido::RegistrationPolicy registration;
  // What registration.trust.metadata points into; may be null.
  Metadata metadata;
  size_t tokens_per_account = kDefaultTokensPerAccount;
  absl::Duration recovery_wait = absl::Hours(24);
};

// Keeps the enrolment policy of each tenant. Without a record it is the
// default: tokens of any origin, and the deployment's anchors. A change is for
// tokens to come; those that are enrolled stay. Thread-safe.
class TenantPolicy {
 public:
  // The references must outlive this object. `deployment` is what holds for
  // every tenant: its anchors, and the rest of the defaults.
  TenantPolicy(const Clock& clock, TokenStore& tokens, TokenWriter& writer,
               MetadataKeeper& metadata, fido::RegistrationPolicy deployment)
      : clock_(clock),
        tokens_(tokens),
        writer_(writer),
        metadata_(metadata),
        deployment_(std::move(deployment)) {}

  absl::StatusOr<v1::GetEnrolmentPolicyResponse> Get(
      const rpc::Caller& caller, const v1::GetEnrolmentPolicyRequest& request);

  // ETAG_MISMATCH unless `policy.etag` is the present one.
  absl::StatusOr<v1::UpdateEnrolmentPolicyResponse> Update(
      const rpc::Caller& caller,
      const v1::UpdateEnrolmentPolicyRequest& request);

  // As of now.
  absl::StatusOr<EnrolmentRules> RulesOf(absl::string_view tenant);

 private:
  const Clock& clock_;
  TokenStore& tokens_;
  TokenWriter& writer_;
  MetadataKeeper& metadata_;
  const fido::RegistrationPolicy deployment_;
};

// INVALID_FIELD naming the first field that breaks its bounds (token.proto).
absl::Status CheckEnrolmentPolicy(const v1::EnrolmentPolicy& policy);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TENANT_POLICY_H_
