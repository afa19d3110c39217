#ifndef U2FI_SERVICES_COMMON_PROOF_C_U2FI_PROOF_H_
#define U2FI_SERVICES_COMMON_PROOF_C_U2FI_PROOF_H_

/* The U2Fi device kit: checks by itself that people approved a command by
 * touching their keys, before the device acts. C99; no allocation, no I/O, no
 * state of its own, nothing from the C library. The device brings SHA-256 and
 * ECDSA P-256. Everything is read in place; results point into the inputs.
 * README.md has the steps, an example and what the device must keep. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Some bytes that somebody else owns. */
typedef struct {
  const uint8_t *data;
  size_t size;
} u2fi_bytes;

/* What the device brings. Both are called with valid pointers only. */
typedef struct {
  /* Given to both functions as it is. */
  void *context;
  /* SHA-256 of `a` followed by `b`, either of which may be empty, into 32
   * bytes. `digest` may be part of `a` or `b`. */
  void (*sha256)(void *context, const u2fi_bytes *a, const u2fi_bytes *b,
                 uint8_t *digest);
  /* 1 if `signature` is a DER ECDSA signature, without trailing bytes, over
   * the 32-byte `digest` under the uncompressed P-256 `point` of 65 bytes, and
   * that point is on the curve. Both s and n - s are good. Any other value
   * means that it is not. */
  int (*p256_verify)(void *context, const uint8_t *point,
                     const uint8_t *digest, const u2fi_bytes *signature);
} u2fi_crypto;

/* Why a command was refused. The names are those of the U2Fi API. */
typedef enum {
  U2FI_OK = 0,
  U2FI_PROOF_SIZE,
  U2FI_PROOF_FORMAT,
  U2FI_COMMAND_FORMAT,
  U2FI_OPERATION_UNKNOWN,
  U2FI_ARGUMENTS_FORMAT,
  U2FI_PIN_SET_FORMAT,
  U2FI_STATEMENT_FORMAT,
  U2FI_APPROVALS_DISAGREE,
  U2FI_APPROVALS_NOT_DISTINCT,
  U2FI_PURPOSE_NOT_ALLOWED,
  U2FI_TENANT_MISMATCH,
  U2FI_SITE_MISMATCH,
  U2FI_DEVICE_MISMATCH,
  U2FI_GATEWAY_MISMATCH,
  U2FI_GATEWAY_NOT_PINNED,
  U2FI_BROWSER_NOT_ALLOWED,
  U2FI_CHANNEL_KEY_MISMATCH,
  U2FI_DEADLINE_BOUNDS,
  U2FI_APPROVE_BY_PASSED,
  U2FI_EXECUTE_BY_PASSED,
  U2FI_PATH_INVALID,
  U2FI_COMMAND_MISMATCH,
  U2FI_CLIENT_DATA_TYPE,
  U2FI_CLIENT_DATA_FORMAT,
  U2FI_CHALLENGE_MISMATCH,
  U2FI_ORIGIN_MISMATCH,
  U2FI_RP_ID_HASH_MISMATCH,
  U2FI_AUTHDATA_MALFORMED,
  U2FI_USER_PRESENCE,
  U2FI_USER_VERIFICATION,
  U2FI_BACKUP_NOT_ALLOWED,
  U2FI_TOKEN_NOT_PINNED,
  U2FI_TOKEN_ROLE,
  U2FI_TOKEN_LEVEL,
  U2FI_SIGNATURE_INVALID,
  U2FI_RELAY_INVALID,
  U2FI_OPERATION_FORBIDDEN,
  U2FI_OPERATION_NOT_FREE,
  U2FI_RULE_NOT_SATISFIED,
  U2FI_PINS_REVISION,
  U2FI_PINS_PREVIOUS,
  U2FI_PINS_CHANGE,
  U2FI_LEASE_FORMAT,
  U2FI_LEASE_OFFER_INVALID,
  U2FI_REASON_COUNT
} u2fi_reason;

/* The steps, in the order in which they run. The first that fails gives the
 * reason. CHALLENGE to RELAY run for each approval. */
typedef enum {
  U2FI_STEP_SIZES = 0,
  U2FI_STEP_FORMAT,
  U2FI_STEP_AGREEMENT,
  U2FI_STEP_PURPOSE,
  U2FI_STEP_TARGET,
  U2FI_STEP_DEADLINES,
  U2FI_STEP_PATH,
  U2FI_STEP_CHALLENGE,
  U2FI_STEP_CLIENT_DATA,
  U2FI_STEP_RP_ID_HASH,
  U2FI_STEP_FLAGS,
  U2FI_STEP_TOKEN,
  U2FI_STEP_SIGNATURE,
  U2FI_STEP_RELAY,
  U2FI_STEP_RULE,
  U2FI_STEP_PINS,
  U2FI_STEP_COUNT
} u2fi_step;

/* Remembers the last approvals whose signatures were good, so that the further
 * items of a batch cost none. Zero at the start. It is bound to the keys under
 * which they were good, so a new pin set does it no harm. */
typedef struct {
  uint8_t key[32];
  uint8_t valid;
} u2fi_cache;

/* What is to be checked, and what the device believes. */
typedef struct {
  const u2fi_crypto *crypto;
  /* Exact bytes of the Command, and of the Proof (not read by
   * u2fi_verify_free). */
  u2fi_bytes command;
  u2fi_bytes proof;
  /* The installed pin set, as u2fi_verify() once gave it out. Size 0: the
   * device is blank. */
  u2fi_bytes pins;
  /* The device's own id, and the id of the gateway that it takes commands
   * from. Size 0: any that the pin set names. */
  u2fi_bytes device;
  u2fi_bytes gateway;
  /* Milliseconds since 1970. Without a clock: the highest `touched_at_ms` and
   * token `iat` accepted so far, plus the uptime since. */
  uint64_t now_ms;
  /* Tolerated: 30,000 for a device. */
  uint64_t skew_ms;
  /* Under LEASE: bytes and signature of the front desk's LeaseOffer. */
  u2fi_bytes lease_offer;
  u2fi_bytes lease_offer_signature;
  /* The lease in `pins` ended early: u2fi_verify_lease_end() said so. Kept with
   * the pin set, over restarts. */
  int lease_ended;
  /* May be NULL. */
  u2fi_cache *cache;
} u2fi_input;

/* A command that may run now. All views point into the inputs. */
typedef struct {
  u2fi_bytes command_id;
  u2fi_bytes operation;
  u2fi_bytes arguments;
  uint64_t sequence;
  /* Milliseconds since 1970; execution begins no later (plus skew). 0 without
   * proof. */
  uint64_t execute_by_ms;
  /* The latest touch: a new lower bound of the time. 0 without proof. */
  uint64_t touched_at_ms;
  /* Not empty for `u2fi.pins`: the pin set to install instead of the present
   * one. */
  u2fi_bytes next_pins;
  /* Under LEASE: which lease `next_pins` begins. Empty otherwise. */
  u2fi_bytes reservation;
  /* 1 for `u2fi.unbind`: forget the pin set. */
  int unbind;
  /* The step that refused, if the result is not U2FI_OK. */
  u2fi_step step;
} u2fi_verified;

/* Checks a command with its proof. U2FI_OK: fill the rest of *verified and the
 * command may run, once the replay window has taken its sequence. Any other
 * result: nothing in *verified but `step` means anything; do nothing. */
u2fi_reason u2fi_verify(const u2fi_input *in, u2fi_verified *verified);

/* Checks a command that came without a proof: U2FI_OK only if the pin set
 * calls exactly this operation FREE. */
u2fi_reason u2fi_verify_free(const u2fi_input *in, u2fi_verified *verified);

/* Checks the signed end of a lease against `in->pins`: U2FI_OK if a pinned
 * issuer signed it for this tenant and site. *reservation and *at_ms say which
 * lease ended when. */
u2fi_reason u2fi_verify_lease_end(const u2fi_input *in, const u2fi_bytes *end,
                                  const u2fi_bytes *signature,
                                  u2fi_bytes *reservation, uint64_t *at_ms);

/* SHA-256("u2fi/pins/v1" | pin set): what the device reports as its own. */
void u2fi_pins_hash(const u2fi_crypto *crypto, const u2fi_bytes *pins,
                    uint8_t *digest);

/* The device's memory against replays: 16 bytes, kept over restarts, and
 * written before acting. Zero at the start; a new pin set keeps it. */
typedef struct {
  /* The highest sequence taken. */
  uint64_t high;
  /* Bit i: high - i was taken. */
  uint64_t taken;
} u2fi_window;

/* A sequence is at most so far above the highest. Otherwise one command that
 * needs no touch could use all numbers up, and the device would be deaf. */
#define U2FI_WINDOW_MAX_STEP ((uint64_t)1 << 32)

/* Takes `sequence`: 1 if it was not taken before, is not too old (64 or more
 * below the highest) and not too far ahead; 0 otherwise: then answer
 * SEQUENCE_STALE with `high`. */
int u2fi_window_take(u2fi_window *window, uint64_t sequence);

/* Names of reasons ("TOKEN_ROLE") and steps ("token"), for logs. In a file of
 * their own, so that a device can do without. */
const char *u2fi_reason_name(u2fi_reason reason);
const char *u2fi_step_name(u2fi_step step);

#ifdef __cplusplus
}
#endif

#endif /* U2FI_SERVICES_COMMON_PROOF_C_U2FI_PROOF_H_ */
