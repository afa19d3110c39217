#ifndef U2FI_SERVICES_COMMON_PROOF_C_U2FI_INTERNAL_H_
#define U2FI_SERVICES_COMMON_PROOF_C_U2FI_INTERNAL_H_

/* Shared by the files of the kit; not for devices. */

#include "u2fi_proof.h"

/* The value of a field: a number, or a view of its content. Absent: zero. Of a
 * repeated field: the view of all its occurrences with their tags. */
typedef union {
  uint64_t number;
  u2fi_bytes bytes;
} u2fi_slot;
typedef char u2fi_view_covers_number[sizeof(u2fi_bytes) >= sizeof(uint64_t)
                                         ? 1
                                         : -1];

/* Schemas: one character per field number from 1; what is in capitals must be
 * there. Numbers: F: exactly 1. v: bool. u: uint32. l: uint64. Content: b: any,
 * looked at later. i: an id. o: an operation. h: 32 bytes. p: a point. r: a
 * repeated field with lengths.
 * A parsed message has one slot more than its schema; slot n is field n. */
#define U2FI_COMMAND "FbuIILOb"
#define U2FI_STATEMENT "FUIIiHibHHUlbbLLb"
#define U2FI_REQUIRED "vu"
#define U2FI_PROOF "rur"
#define U2FI_APPROVAL "bbbbilb"
#define U2FI_PINS "FIIIILhHrrrrbb"
#define U2FI_KEY "IIPUu"
#define U2FI_GATEWAY "IIPvv"
#define U2FI_ISSUER "IPU"
#define U2FI_OPERATION_RULE "Ob"
#define U2FI_RULE "uuvvvuuvv"
#define U2FI_LEASE "IL"
#define U2FI_OFFER "FIIIrllivI"
#define U2FI_END "FIIILI"
#define U2FI_SLOTS(schema) (sizeof(schema))

/* Field numbers. */
enum { CMD_FORMAT = 1, CMD_ID, CMD_INDEX, CMD_DEVICE, CMD_GATEWAY,
       CMD_SEQUENCE, CMD_OPERATION, CMD_ARGUMENTS };
enum { ST_FORMAT = 1, ST_PURPOSE, ST_TENANT, ST_ACCOUNT, ST_GATEWAY,
       ST_CHANNEL_KEY, ST_SITE, ST_EPOCH, ST_NONCE, ST_ROOT, ST_SIZE,
       ST_PINS_REVISION, ST_REQUESTER, ST_REQUEST_ID, ST_APPROVE_BY,
       ST_EXECUTE_BY, ST_REQUIRED };
enum { REQUIRED_UV = 1, REQUIRED_LEVEL };
enum { PROOF_APPROVALS = 1, PROOF_INDEX, PROOF_PATH };
enum { AP_STATEMENT = 1, AP_CLIENT_DATA, AP_AUTH_DATA, AP_SIGNATURE, AP_TOKEN,
       AP_TOUCHED_AT, AP_RELAY };
enum { PS_FORMAT = 1, PS_DEVICE, PS_TENANT, PS_ACCOUNT, PS_SITE, PS_REVISION,
       PS_PREVIOUS, PS_RP_ID_HASH, PS_KEYS, PS_GATEWAYS, PS_ISSUERS, PS_RULES,
       PS_DEFAULT, PS_LEASE };
enum { KEY_TOKEN = 1, KEY_ACCOUNT, KEY_POINT, KEY_ROLES, KEY_LEVEL };
enum { GW_ID = 1, GW_SITE, GW_POINT, GW_MAY_APPROVE, GW_MAY_EXECUTE };
enum { ISSUER_ID = 1, ISSUER_POINT, ISSUER_MAX_LEASE };
enum { ENTRY_OPERATION = 1, ENTRY_RULE };
enum { LEASE_ACCOUNT = 1, LEASE_UNTIL };
enum { OFFER_FORMAT = 1, OFFER_TENANT, OFFER_SITE, OFFER_RESERVATION,
       OFFER_DEVICES, OFFER_FROM, OFFER_UNTIL, OFFER_GUEST, OFFER_FIRST_KEY,
       OFFER_ISSUER };
enum { END_FORMAT = 1, END_TENANT, END_SITE, END_RESERVATION, END_AT,
       END_ISSUER };

/* Purposes and roles, as in the protos. */
enum { FOR_ENROL = 1, FOR_TOKEN, FOR_COMMAND, FOR_PROVISION, FOR_PINS,
       FOR_LEASE, FOR_MOVE, FOR_TRANSFER, FOR_UNBIND, FOR_PRESENCE,
       FOR_BREAK_GLASS };
enum { ROLE_OWNER = 1, ROLE_MEMBER = 2, ROLE_LESSEE = 4, ROLE_APPROVER = 8,
       ROLE_BREAK_GLASS = 16, ROLE_RECOVERY = 32 };
#define ROLES_OF_PEOPLE (ROLE_OWNER | ROLE_MEMBER | ROLE_APPROVER)

/* What a command is. */
enum { OF_DEVICE, OF_PINS, OF_UNBIND, OF_GRANT };

/* A rule, taken apart: fields 1 to 9 of Rule. */
enum { KIND_FREE = 1, KIND_FORBIDDEN, KIND_APPROVALS };
typedef struct {
  uint8_t kind;
  uint8_t approvals;
  uint8_t distinct_gateways;
  uint8_t distinct_sites;
  uint8_t uv;
  uint8_t level;
  uint8_t roles;
  uint8_t browser_ok;
  uint8_t lessee;
} u2fi_rule;

/* What is known of an approval. Empty gateway: a browser. */
typedef struct {
  u2fi_bytes token;
  u2fi_bytes account;
  u2fi_bytes gateway;
  u2fi_bytes site;
  uint8_t required_uv;
  uint8_t required_level;
  uint8_t roles;
  uint8_t level;
  uint8_t user_verified;
  uint8_t counted;
} u2fi_approval;

#define U2FI_MAX_APPROVALS 8

/* What the steps of one check know. */
typedef struct {
  const u2fi_input *in;
  const u2fi_crypto *crypto;
  /* The set under which the approvals count: present, or the first. */
  const u2fi_slot *believed;
  /* The step of an approval that ran last. */
  u2fi_step step;
  uint8_t count;
  uint8_t purpose;
  uint8_t kind; /* OF_… */
  uint8_t blank;
  uint8_t lease_runs;
  uint8_t new_owner_agrees;
  /* From the format step on. */
  uint8_t reads_statements;
  /* The cache knows that the signatures are good. */
  uint8_t known;
  u2fi_rule rule;
  uint64_t first_touch;
  uint64_t last_touch;
  u2fi_bytes reservation;
  u2fi_slot command[U2FI_SLOTS(U2FI_COMMAND)];
  u2fi_slot proof[U2FI_SLOTS(U2FI_PROOF)];
  u2fi_slot present[U2FI_SLOTS(U2FI_PINS)];
  /* OF_PINS: the new set. */
  u2fi_slot next[U2FI_SLOTS(U2FI_PINS)];
  /* The first statement: what all agree in. */
  u2fi_slot common[U2FI_SLOTS(U2FI_STATEMENT)];
  u2fi_approval approvals[U2FI_MAX_APPROVALS];
} u2fi_context;

/* u2fi_wire.c */

/* 1 if `in` is the strict encoding of a message of the schema. The slots are
 * set in any case: those of an empty message are zero. */
int u2fi_parse(const u2fi_bytes *in, const char *schema, u2fi_slot *slots);
/* Takes the next occurrence off the view of a repeated field. */
int u2fi_take(u2fi_bytes *occurrences, u2fi_bytes *content);
int u2fi_same(const uint8_t *a, const uint8_t *b, size_t size);
int u2fi_equal(const u2fi_bytes *a, const u2fi_bytes *b);
int u2fi_is(const u2fi_bytes *a, const char *text);
/* Takes `size` bytes, or a text, off the front if they are there. */
int u2fi_skip(u2fi_bytes *in, const uint8_t *bytes, size_t size);
int u2fi_skip_text(u2fi_bytes *in, const char *text);
int u2fi_is_id(const u2fi_bytes *text);
int u2fi_is_reserved(const u2fi_bytes *operation);
/* SHA-256 of `text` without its end, then `bytes`. */
void u2fi_hash(const u2fi_crypto *crypto, const char *text,
               const u2fi_bytes *bytes, uint8_t *digest);
/* The rules of a Command and of an AuthorizationStatement beyond their
 * schemas; `required` is parsed. */
u2fi_reason u2fi_check_command(const u2fi_slot *command);
int u2fi_statement_ok(const u2fi_slot *statement, u2fi_slot *required);

/* u2fi_pins.c */

/* 1 if the pin set keeps all rules. */
int u2fi_parse_pins(const u2fi_bytes *bytes, u2fi_slot *pins);
/* Finds the element of a list (PS_KEYS to PS_RULES) whose first field is `id`.
 */
int u2fi_find(const u2fi_slot *pins, size_t list, const u2fi_bytes *id,
              u2fi_slot *found);
int u2fi_is_lessee(const u2fi_bytes *key_bytes);
void u2fi_effective_rule(const u2fi_slot *pins, const u2fi_bytes *operation,
                         u2fi_rule *rule);
int u2fi_at_least_as_strict(const u2fi_rule *a, const u2fi_rule *b);
u2fi_reason u2fi_check_rule(u2fi_context *c, const u2fi_rule *rule,
                            int lease_running);

/* u2fi_change.c: the pins step of `u2fi.pins`. */
u2fi_reason u2fi_check_change(u2fi_context *c);

/* u2fi_approval.c: what the target step asks of approval `i`, and the steps
 * of that approval. */
u2fi_reason u2fi_check_place(u2fi_context *c, size_t i,
                             const u2fi_slot *approval,
                             const u2fi_slot *statement);
u2fi_reason u2fi_check_approval(u2fi_context *c, size_t i,
                                const u2fi_slot *approval,
                                const u2fi_slot *statement);

#endif /* U2FI_SERVICES_COMMON_PROOF_C_U2FI_INTERNAL_H_ */
