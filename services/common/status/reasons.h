#ifndef U2FI_SERVICES_COMMON_STATUS_REASONS_H_
#define U2FI_SERVICES_COMMON_STATUS_REASONS_H_

#include "absl/status/status.h"

namespace u2fi {

// Why something was refused: a name that is part of the API, never reused, and
// the canonical code that always comes with it. protos/README.md has the same
// table with the meanings; a test compares the two.
struct Reason {
  const char* name;
  absl::StatusCode code;
};

namespace reason {

// Malformed requests.
inline constexpr Reason kInvalidField{"INVALID_FIELD",
                                      absl::StatusCode::kInvalidArgument};
inline constexpr Reason kFieldImmutable{"FIELD_IMMUTABLE",
                                        absl::StatusCode::kInvalidArgument};
inline constexpr Reason kPageTokenInvalid{"PAGE_TOKEN_INVALID",
                                          absl::StatusCode::kInvalidArgument};
inline constexpr Reason kMessageSize{"MESSAGE_SIZE",
                                     absl::StatusCode::kResourceExhausted};
inline constexpr Reason kMessageFormat{"MESSAGE_FORMAT",
                                       absl::StatusCode::kInvalidArgument};
inline constexpr Reason kMessageUnexpected{"MESSAGE_UNEXPECTED",
                                           absl::StatusCode::kInvalidArgument};
inline constexpr Reason kBatchSize{"BATCH_SIZE",
                                   absl::StatusCode::kInvalidArgument};
inline constexpr Reason kBatchSite{"BATCH_SITE",
                                   absl::StatusCode::kInvalidArgument};
inline constexpr Reason kRuleInvalid{"RULE_INVALID",
                                     absl::StatusCode::kInvalidArgument};
inline constexpr Reason kRequestIdReused{"REQUEST_ID_REUSED",
                                         absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kEtagMismatch{"ETAG_MISMATCH",
                                      absl::StatusCode::kAborted};
inline constexpr Reason kResourceUnknown{"RESOURCE_UNKNOWN",
                                         absl::StatusCode::kNotFound};
inline constexpr Reason kResourceExists{"RESOURCE_EXISTS",
                                        absl::StatusCode::kAlreadyExists};
// Callers.
inline constexpr Reason kCallerUnknown{"CALLER_UNKNOWN",
                                       absl::StatusCode::kUnauthenticated};
inline constexpr Reason kCallerNotAllowed{"CALLER_NOT_ALLOWED",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kNotAMember{"NOT_A_MEMBER",
                                    absl::StatusCode::kPermissionDenied};
inline constexpr Reason kIdTokenInvalid{"ID_TOKEN_INVALID",
                                        absl::StatusCode::kPermissionDenied};
inline constexpr Reason kSelfApproval{"SELF_APPROVAL",
                                      absl::StatusCode::kPermissionDenied};
// Challenges.
inline constexpr Reason kChallengeUnknown{
    "CHALLENGE_UNKNOWN", absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kChallengeExpired{
    "CHALLENGE_EXPIRED", absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kChallengeReused{"CHALLENGE_REUSED",
                                         absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kChallengeScope{"CHALLENGE_SCOPE",
                                        absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kTooManyCandidates{"TOO_MANY_CANDIDATES",
                                           absl::StatusCode::kInvalidArgument};
// The store.
inline constexpr Reason kStoreUnavailable{"STORE_UNAVAILABLE",
                                          absl::StatusCode::kUnavailable};
inline constexpr Reason kStoreOutcomeUnknown{"STORE_OUTCOME_UNKNOWN",
                                             absl::StatusCode::kUnavailable};
inline constexpr Reason kStoreAborted{"STORE_ABORTED",
                                      absl::StatusCode::kAborted};
inline constexpr Reason kClockSkew{"CLOCK_SKEW",
                                   absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kStoreEpochChanged{"STORE_EPOCH_CHANGED",
                                           absl::StatusCode::kAborted};
inline constexpr Reason kStoreLimit{"STORE_LIMIT",
                                    absl::StatusCode::kResourceExhausted};
inline constexpr Reason kStoreKeyInvalid{"STORE_KEY_INVALID",
                                         absl::StatusCode::kInvalidArgument};
inline constexpr Reason kStorePartitionInvalid{
    "STORE_PARTITION_INVALID", absl::StatusCode::kInvalidArgument};
inline constexpr Reason kStorePartitionMixed{
    "STORE_PARTITION_MIXED", absl::StatusCode::kInvalidArgument};
inline constexpr Reason kStoreCorrupt{"STORE_CORRUPT",
                                      absl::StatusCode::kInternal};
inline constexpr Reason kStoreMisconfigured{
    "STORE_MISCONFIGURED", absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kStoreInUse{"STORE_IN_USE",
                                    absl::StatusCode::kFailedPrecondition};
// Keys and signatures.
inline constexpr Reason kPublicKeyInvalid{"PUBLIC_KEY_INVALID",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kSignatureInvalid{"SIGNATURE_INVALID",
                                          absl::StatusCode::kPermissionDenied};
// Assertions: what a token signed (services/common/fido, proof).
inline constexpr Reason kClientDataFormat{"CLIENT_DATA_FORMAT",
                                          absl::StatusCode::kInvalidArgument};
inline constexpr Reason kClientDataType{"CLIENT_DATA_TYPE",
                                        absl::StatusCode::kPermissionDenied};
inline constexpr Reason kChallengeMismatch{"CHALLENGE_MISMATCH",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kOriginMismatch{"ORIGIN_MISMATCH",
                                        absl::StatusCode::kPermissionDenied};
inline constexpr Reason kRpIdHashMismatch{"RP_ID_HASH_MISMATCH",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kUserPresence{"USER_PRESENCE",
                                      absl::StatusCode::kPermissionDenied};
inline constexpr Reason kUserVerification{"USER_VERIFICATION",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kBackupNotAllowed{"BACKUP_NOT_ALLOWED",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAuthdataMalformed{"AUTHDATA_MALFORMED",
                                           absl::StatusCode::kInvalidArgument};
// Signed messages that break the strict profile or a bound.
inline constexpr Reason kCommandFormat{"COMMAND_FORMAT",
                                       absl::StatusCode::kInvalidArgument};
inline constexpr Reason kStatementFormat{"STATEMENT_FORMAT",
                                         absl::StatusCode::kInvalidArgument};
inline constexpr Reason kPinSetFormat{"PIN_SET_FORMAT",
                                      absl::StatusCode::kInvalidArgument};
inline constexpr Reason kProofFormat{"PROOF_FORMAT",
                                     absl::StatusCode::kInvalidArgument};
inline constexpr Reason kLeaseFormat{"LEASE_FORMAT",
                                     absl::StatusCode::kInvalidArgument};
inline constexpr Reason kArgumentsFormat{"ARGUMENTS_FORMAT",
                                         absl::StatusCode::kInvalidArgument};
inline constexpr Reason kProofSize{"PROOF_SIZE",
                                   absl::StatusCode::kInvalidArgument};
// Proofs: one or two for each step of VerifyProof().
inline constexpr Reason kApprovalsDisagree{"APPROVALS_DISAGREE",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kApprovalsNotDistinct{
    "APPROVALS_NOT_DISTINCT", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kOperationUnknown{"OPERATION_UNKNOWN",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kPurposeNotAllowed{"PURPOSE_NOT_ALLOWED",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kPlaceNotAllowed{"PLACE_NOT_ALLOWED",
                                         absl::StatusCode::kPermissionDenied};
inline constexpr Reason kTenantMismatch{"TENANT_MISMATCH",
                                        absl::StatusCode::kPermissionDenied};
inline constexpr Reason kSiteMismatch{"SITE_MISMATCH",
                                      absl::StatusCode::kPermissionDenied};
inline constexpr Reason kDeviceMismatch{"DEVICE_MISMATCH",
                                        absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAccountMismatch{"ACCOUNT_MISMATCH",
                                         absl::StatusCode::kPermissionDenied};
inline constexpr Reason kGatewayMismatch{"GATEWAY_MISMATCH",
                                         absl::StatusCode::kPermissionDenied};
inline constexpr Reason kGatewayNotPinned{"GATEWAY_NOT_PINNED",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kGatewayRevoked{"GATEWAY_REVOKED",
                                        absl::StatusCode::kPermissionDenied};
inline constexpr Reason kBrowserNotAllowed{"BROWSER_NOT_ALLOWED",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kChannelKeyMismatch{
    "CHANNEL_KEY_MISMATCH", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kDeadlineBounds{"DEADLINE_BOUNDS",
                                        absl::StatusCode::kPermissionDenied};
inline constexpr Reason kApproveByPassed{"APPROVE_BY_PASSED",
                                         absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kExecuteByPassed{"EXECUTE_BY_PASSED",
                                         absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kPathInvalid{"PATH_INVALID",
                                     absl::StatusCode::kPermissionDenied};
inline constexpr Reason kCommandMismatch{"COMMAND_MISMATCH",
                                         absl::StatusCode::kPermissionDenied};
inline constexpr Reason kTokenNotPinned{"TOKEN_NOT_PINNED",
                                        absl::StatusCode::kPermissionDenied};
inline constexpr Reason kTokenRole{"TOKEN_ROLE",
                                   absl::StatusCode::kPermissionDenied};
inline constexpr Reason kTokenRevoked{"TOKEN_REVOKED",
                                      absl::StatusCode::kPermissionDenied};
inline constexpr Reason kTokenLevel{"TOKEN_LEVEL",
                                    absl::StatusCode::kPermissionDenied};
inline constexpr Reason kRelayInvalid{"RELAY_INVALID",
                                      absl::StatusCode::kPermissionDenied};
inline constexpr Reason kOperationForbidden{
    "OPERATION_FORBIDDEN", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kOperationNotFree{"OPERATION_NOT_FREE",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kRuleNotSatisfied{"RULE_NOT_SATISFIED",
                                          absl::StatusCode::kPermissionDenied};
// Pin sets: how a new one may follow the present one.
inline constexpr Reason kPinsRevision{"PINS_REVISION",
                                      absl::StatusCode::kPermissionDenied};
inline constexpr Reason kPinsPrevious{"PINS_PREVIOUS",
                                      absl::StatusCode::kPermissionDenied};
inline constexpr Reason kPinsChange{"PINS_CHANGE",
                                    absl::StatusCode::kPermissionDenied};
inline constexpr Reason kGatewaysPrevious{
    "GATEWAYS_PREVIOUS", absl::StatusCode::kFailedPrecondition};
// Changes of policy and models that wait for touches.
inline constexpr Reason kPolicyChangeUnknown{
    "POLICY_CHANGE_UNKNOWN", absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kPolicyChangeLimit{
    "POLICY_CHANGE_LIMIT", absl::StatusCode::kResourceExhausted};
inline constexpr Reason kNotAGuardian{"NOT_A_GUARDIAN",
                                      absl::StatusCode::kPermissionDenied};
inline constexpr Reason kLeaseOfferInvalid{"LEASE_OFFER_INVALID",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kEnrolmentMissing{"ENROLMENT_MISSING",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kEnrolmentInvalid{"ENROLMENT_INVALID",
                                          absl::StatusCode::kPermissionDenied};
// Calls between processes, where gRPC itself and no handler gave the answer.
inline constexpr Reason kPeerUnavailable{"PEER_UNAVAILABLE",
                                         absl::StatusCode::kUnavailable};
inline constexpr Reason kPeerLimit{"PEER_LIMIT",
                                   absl::StatusCode::kResourceExhausted};
inline constexpr Reason kDeadlineExceeded{"DEADLINE_EXCEEDED",
                                          absl::StatusCode::kDeadlineExceeded};
inline constexpr Reason kCancelled{"CANCELLED", absl::StatusCode::kCancelled};
// The token and the wire to it.
inline constexpr Reason kTokenRemoved{"TOKEN_REMOVED",
                                      absl::StatusCode::kUnavailable};
inline constexpr Reason kTokenTimeout{"TOKEN_TIMEOUT",
                                      absl::StatusCode::kUnavailable};
inline constexpr Reason kTokenBusy{"TOKEN_BUSY",
                                   absl::StatusCode::kUnavailable};
inline constexpr Reason kTokenCancelled{"TOKEN_CANCELLED",
                                        absl::StatusCode::kCancelled};
inline constexpr Reason kTokenFrame{"TOKEN_FRAME",
                                    absl::StatusCode::kInvalidArgument};
inline constexpr Reason kTokenError{"TOKEN_ERROR",
                                    absl::StatusCode::kUnavailable};
inline constexpr Reason kTouchTimeout{"TOUCH_TIMEOUT",
                                      absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kDeviceStatus{"DEVICE_STATUS",
                                      absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kTokenAbsent{"TOKEN_ABSENT",
                                     absl::StatusCode::kFailedPrecondition};
// The PIN of a token, at a gateway.
inline constexpr Reason kPinRequired{"PIN_REQUIRED",
                                     absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kPinInvalid{"PIN_INVALID",
                                    absl::StatusCode::kPermissionDenied};
inline constexpr Reason kPinNotSet{"PIN_NOT_SET",
                                   absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kPinAuthBlocked{"PIN_AUTH_BLOCKED",
                                        absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kPinBlocked{"PIN_BLOCKED",
                                    absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kPinTimeout{"PIN_TIMEOUT",
                                    absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kPinLastTry{"PIN_LAST_TRY",
                                    absl::StatusCode::kFailedPrecondition};
// Registrations and assertions.
inline constexpr Reason kCrossOriginNotAllowed{
    "CROSS_ORIGIN_NOT_ALLOWED", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kTopOriginMismatch{"TOP_ORIGIN_MISMATCH",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kChannelIdMismatch{"CHANNEL_ID_MISMATCH",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kFormat{"FORMAT", absl::StatusCode::kInvalidArgument};
inline constexpr Reason kResponseFormat{"RESPONSE_FORMAT",
                                        absl::StatusCode::kInvalidArgument};
inline constexpr Reason kCborInvalid{"CBOR_INVALID",
                                     absl::StatusCode::kInvalidArgument};
inline constexpr Reason kNoAttestedCredentialData{
    "NO_ATTESTED_CREDENTIAL_DATA", absl::StatusCode::kInvalidArgument};
inline constexpr Reason kBackupFlagsInvalid{
    "BACKUP_FLAGS_INVALID", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAlgNotAllowed{"ALG_NOT_ALLOWED",
                                       absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAlgMismatch{"ALG_MISMATCH",
                                     absl::StatusCode::kPermissionDenied};
inline constexpr Reason kInsecureAlgorithm{"INSECURE_ALGORITHM",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kFormatUnsupported{"FORMAT_UNSUPPORTED",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAttestationStatementInvalid{
    "ATTESTATION_STATEMENT_INVALID", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAttestationCertInvalid{
    "ATTESTATION_CERT_INVALID", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAttestationAaguidMismatch{
    "ATTESTATION_AAGUID_MISMATCH", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAttestationUntrusted{
    "ATTESTATION_UNTRUSTED", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAttestationRevoked{
    "ATTESTATION_REVOKED", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kMetadataMismatch{"METADATA_MISMATCH",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kModelNotAllowed{"MODEL_NOT_ALLOWED",
                                         absl::StatusCode::kPermissionDenied};
inline constexpr Reason kExtensionUnexpected{
    "EXTENSION_UNEXPECTED", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kCredentialIdTooLong{
    "CREDENTIAL_ID_TOO_LONG", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kCredentialExists{"CREDENTIAL_EXISTS",
                                          absl::StatusCode::kAlreadyExists};
inline constexpr Reason kCredentialLimit{"CREDENTIAL_LIMIT",
                                         absl::StatusCode::kResourceExhausted};
inline constexpr Reason kCredentialUnknown{"CREDENTIAL_UNKNOWN",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kCredentialRevoked{"CREDENTIAL_REVOKED",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kCredentialNotOffered{
    "CREDENTIAL_NOT_OFFERED", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kNoCredentials{"NO_CREDENTIALS",
                                       absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kUserMismatch{"USER_MISMATCH",
                                      absl::StatusCode::kPermissionDenied};
inline constexpr Reason kCounterRegression{"COUNTER_REGRESSION",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kCounterOutOfOrder{"COUNTER_OUT_OF_ORDER",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kCounterGap{"COUNTER_GAP",
                                    absl::StatusCode::kPermissionDenied};
inline constexpr Reason kRegistrationUnknown{
    "REGISTRATION_UNKNOWN", absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kMetadataFormat{"METADATA_FORMAT",
                                        absl::StatusCode::kInvalidArgument};
inline constexpr Reason kMetadataSignature{"METADATA_SIGNATURE",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kMetadataRollback{
    "METADATA_ROLLBACK", absl::StatusCode::kFailedPrecondition};
// Tokens and recovery.
inline constexpr Reason kTokenState{"TOKEN_STATE",
                                    absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kLastToken{"LAST_TOKEN",
                                   absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kRecoveryExists{"RECOVERY_EXISTS",
                                        absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kRecoveryState{"RECOVERY_STATE",
                                       absl::StatusCode::kFailedPrecondition};
// Signed messages and proofs.
inline constexpr Reason kEvidenceFormat{"EVIDENCE_FORMAT",
                                        absl::StatusCode::kInvalidArgument};
inline constexpr Reason kFormatRange{"FORMAT_RANGE",
                                     absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kSequenceStale{"SEQUENCE_STALE",
                                       absl::StatusCode::kFailedPrecondition};
// Commands and approvals.
inline constexpr Reason kPolicyChanged{"POLICY_CHANGED",
                                       absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kAlreadyDecided{"ALREADY_DECIDED",
                                        absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kDeclined{"DECLINED",
                                  absl::StatusCode::kPermissionDenied};
inline constexpr Reason kPlainSecret{"PLAIN_SECRET",
                                     absl::StatusCode::kInvalidArgument};
inline constexpr Reason kBreakGlassDisabled{
    "BREAK_GLASS_DISABLED", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kAccountLimit{"ACCOUNT_LIMIT",
                                      absl::StatusCode::kResourceExhausted};
inline constexpr Reason kGatewayLimit{"GATEWAY_LIMIT",
                                      absl::StatusCode::kResourceExhausted};
inline constexpr Reason kQuotaExceeded{"QUOTA_EXCEEDED",
                                       absl::StatusCode::kResourceExhausted};
inline constexpr Reason kRequesterCooldown{
    "REQUESTER_COOLDOWN", absl::StatusCode::kResourceExhausted};
inline constexpr Reason kJournalGap{"JOURNAL_GAP",
                                    absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kOutcomeUnknown{"OUTCOME_UNKNOWN",
                                        absl::StatusCode::kFailedPrecondition};
// Gateways and streams.
inline constexpr Reason kGatewayOffline{"GATEWAY_OFFLINE",
                                        absl::StatusCode::kUnavailable};
inline constexpr Reason kGatewayNotActive{
    "GATEWAY_NOT_ACTIVE", absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kGatewayKeyMismatch{
    "GATEWAY_KEY_MISMATCH", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kGatewayState{"GATEWAY_STATE",
                                      absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kStreamReplaced{"STREAM_REPLACED",
                                        absl::StatusCode::kAborted};
inline constexpr Reason kStreamStale{"STREAM_STALE",
                                     absl::StatusCode::kAborted};
inline constexpr Reason kStreamLimit{"STREAM_LIMIT",
                                     absl::StatusCode::kResourceExhausted};
inline constexpr Reason kDraining{"DRAINING", absl::StatusCode::kUnavailable};
inline constexpr Reason kLinkDown{"LINK_DOWN", absl::StatusCode::kUnavailable};
inline constexpr Reason kNoBlankDevice{"NO_BLANK_DEVICE",
                                       absl::StatusCode::kFailedPrecondition};
// Devices, bindings and leases.
inline constexpr Reason kDeviceState{"DEVICE_STATE",
                                     absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kDeviceProofInvalid{
    "DEVICE_PROOF_INVALID", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kDeviceTokenRevoked{
    "DEVICE_TOKEN_REVOKED", absl::StatusCode::kPermissionDenied};
inline constexpr Reason kTransactionState{
    "TRANSACTION_STATE", absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kStageUnknown{"STAGE_UNKNOWN",
                                      absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kAccountInUse{"ACCOUNT_IN_USE",
                                      absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kClaimLimit{"CLAIM_LIMIT",
                                    absl::StatusCode::kResourceExhausted};
inline constexpr Reason kLeaseState{"LEASE_STATE",
                                    absl::StatusCode::kFailedPrecondition};
// The reverse firewall (True2F).
inline constexpr Reason kFirewallNonce{"FIREWALL_NONCE",
                                       absl::StatusCode::kPermissionDenied};
inline constexpr Reason kFirewallSignature{"FIREWALL_SIGNATURE",
                                           absl::StatusCode::kPermissionDenied};
inline constexpr Reason kFirewallFamily{"FIREWALL_FAMILY",
                                        absl::StatusCode::kPermissionDenied};
inline constexpr Reason kFirewallAbort{"FIREWALL_ABORT",
                                       absl::StatusCode::kPermissionDenied};
// Peers and machine.
inline constexpr Reason kFileNotFound{"FILE_NOT_FOUND",
                                      absl::StatusCode::kNotFound};
inline constexpr Reason kFileUnavailable{"FILE_UNAVAILABLE",
                                         absl::StatusCode::kUnavailable};
inline constexpr Reason kBrokerUnavailable{"BROKER_UNAVAILABLE",
                                           absl::StatusCode::kUnavailable};
inline constexpr Reason kBrokerRefused{"BROKER_REFUSED",
                                       absl::StatusCode::kPermissionDenied};
inline constexpr Reason kBrokerQueueFull{"BROKER_QUEUE_FULL",
                                         absl::StatusCode::kResourceExhausted};
// The audit.
inline constexpr Reason kAuditFormat{"AUDIT_FORMAT",
                                     absl::StatusCode::kInvalidArgument};
inline constexpr Reason kAuditChain{"AUDIT_CHAIN",
                                    absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kAuditUnavailable{"AUDIT_UNAVAILABLE",
                                          absl::StatusCode::kUnavailable};
// What is not built yet, and what must not happen.
inline constexpr Reason kUnimplemented{"UNIMPLEMENTED",
                                       absl::StatusCode::kUnimplemented};
inline constexpr Reason kInternal{"INTERNAL", absl::StatusCode::kInternal};

}  // namespace reason
}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_STATUS_REASONS_H_
