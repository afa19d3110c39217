/* Names for logs. A device that logs numbers can leave this file out. */
#include "u2fi_proof.h"

const char *u2fi_reason_name(u2fi_reason reason) {
  static const char *const kNames[U2FI_REASON_COUNT] = {
      "OK",
      "PROOF_SIZE",
      "PROOF_FORMAT",
      "COMMAND_FORMAT",
      "OPERATION_UNKNOWN",
      "ARGUMENTS_FORMAT",
      "PIN_SET_FORMAT",
      "STATEMENT_FORMAT",
      "APPROVALS_DISAGREE",
      "APPROVALS_NOT_DISTINCT",
      "PURPOSE_NOT_ALLOWED",
      "TENANT_MISMATCH",
      "SITE_MISMATCH",
      "DEVICE_MISMATCH",
      "GATEWAY_MISMATCH",
      "GATEWAY_NOT_PINNED",
      "BROWSER_NOT_ALLOWED",
      "CHANNEL_KEY_MISMATCH",
      "DEADLINE_BOUNDS",
      "APPROVE_BY_PASSED",
      "EXECUTE_BY_PASSED",
      "PATH_INVALID",
      "COMMAND_MISMATCH",
      "CLIENT_DATA_TYPE",
      "CLIENT_DATA_FORMAT",
      "CHALLENGE_MISMATCH",
      "ORIGIN_MISMATCH",
      "RP_ID_HASH_MISMATCH",
      "AUTHDATA_MALFORMED",
      "USER_PRESENCE",
      "USER_VERIFICATION",
      "BACKUP_NOT_ALLOWED",
      "TOKEN_NOT_PINNED",
      "TOKEN_ROLE",
      "TOKEN_LEVEL",
      "SIGNATURE_INVALID",
      "RELAY_INVALID",
      "OPERATION_FORBIDDEN",
      "OPERATION_NOT_FREE",
      "RULE_NOT_SATISFIED",
      "PINS_REVISION",
      "PINS_PREVIOUS",
      "PINS_CHANGE",
      "LEASE_FORMAT",
      "LEASE_OFFER_INVALID"};
  return (unsigned)reason < U2FI_REASON_COUNT ? kNames[reason] : "";
}

const char *u2fi_step_name(u2fi_step step) {
  static const char *const kNames[U2FI_STEP_COUNT] = {
      "sizes",
      "format",
      "agreement",
      "purpose",
      "target",
      "deadlines",
      "path",
      "challenge",
      "client_data",
      "rp_id_hash",
      "flags",
      "token",
      "signature",
      "relay",
      "rule",
      "pins"};
  return (unsigned)step < U2FI_STEP_COUNT ? kNames[step] : "";
}
