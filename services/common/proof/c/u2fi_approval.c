/* The steps that look at one approval. */
#include "u2fi_internal.h"

/* ---- client data ---- */

typedef struct {
  u2fi_bytes type;
  u2fi_bytes challenge;
  u2fi_bytes origin;
  u2fi_bytes x;
  u2fi_bytes y;
  int is_u2f;
} client_data;

/* Takes `lead`, then the text up to the next quote. */
static int take_text(u2fi_bytes *in, const char *lead, u2fi_bytes *text) {
  if (!u2fi_skip_text(in, lead)) return 0;
  text->data = in->data;
  while (in->size > 0 && *in->data != '"') {
    /* No control character, no escape: the text is what it looks like. */
    if (*in->data < 0x20 || *in->data > 0x7e || *in->data == '\\') return 0;
    ++in->data;
    --in->size;
  }
  text->size = (size_t)(in->data - text->data);
  return text->size > 0;
}

/* 1 if `text` is base64url, without padding, of the 32 bytes. */
static int encodes(const u2fi_bytes *text, const uint8_t *bytes) {
  static const char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  unsigned buffer = 0, bits = 0, i;
  if (text->size != 43) return 0;
  for (i = 0; i < 43; ++i) {
    if (bits < 6) {
      /* Two zero bits follow the last byte. */
      buffer = buffer << 8;
      if (i != 42) buffer |= *bytes++;
      bits += 8;
    }
    bits -= 6;
    if (text->data[i] != (uint8_t)kLetters[buffer >> bits & 63]) return 0;
  }
  return 1;
}

/* U2F: the exact form. WebAuthn: the limited verification algorithm (L3,
 * 5.8.1.2). */
static u2fi_reason read_client_data(const u2fi_bytes *bytes,
                                    client_data *data) {
  u2fi_bytes in = *bytes;
  data->is_u2f = u2fi_skip_text(&in, "{\"typ\":");
  if (!data->is_u2f && !u2fi_skip_text(&in, "{\"type\":")) {
    return U2FI_CLIENT_DATA_TYPE;
  }
  if (!take_text(&in, "\"", &data->type) ||
      !take_text(&in, "\",\"challenge\":\"", &data->challenge) ||
      data->challenge.size != 43 ||
      !take_text(&in, "\",\"origin\":\"", &data->origin)) {
    return U2FI_CLIENT_DATA_FORMAT;
  }
  if (data->is_u2f) {
    return take_text(&in,
                     "\",\"cid_pubkey\":{\"kty\":\"EC\",\"crv\":\"P-256\","
                     "\"x\":\"",
                     &data->x) &&
                   take_text(&in, "\",\"y\":\"", &data->y) &&
                   u2fi_is(&in, "\"}}")
               ? U2FI_OK
               : U2FI_CLIENT_DATA_FORMAT;
  }
  /* WebKit writes crossOrigin only where it is true. */
  if (u2fi_is(&in, "\"}")) return U2FI_OK;
  return u2fi_skip_text(&in, "\",\"crossOrigin\":false") && in.size > 0 &&
                 in.data[in.size - 1] == '}' &&
                 (in.size == 1 || in.data[0] == ',')
             ? U2FI_OK
             : U2FI_CLIENT_DATA_FORMAT;
}

/* ---- places ---- */

enum { IN_BROWSER, AT_GATEWAY, AT_NEW_OWNERS };

/* Finds the gateway of a touch; IN_BROWSER if it is not believed. */
static int find_place(const u2fi_context *c, const u2fi_bytes *id,
                      u2fi_slot *gateway) {
  if (u2fi_find(c->believed, PS_GATEWAYS, id, gateway) &&
      gateway[GW_MAY_APPROVE].number) {
    return AT_GATEWAY;
  }
  if ((c->purpose == FOR_MOVE || c->purpose == FOR_TRANSFER) &&
      u2fi_find(c->next, PS_GATEWAYS, id, gateway) &&
      gateway[GW_MAY_APPROVE].number) {
    return c->purpose == FOR_TRANSFER ? AT_NEW_OWNERS : AT_GATEWAY;
  }
  return IN_BROWSER;
}

u2fi_reason u2fi_check_place(u2fi_context *c, size_t i,
                             const u2fi_slot *approval,
                             const u2fi_slot *statement) {
  /* SubjectPublicKeyInfo of P-256 up to the point (RFC 5480). */
  static const uint8_t kSpki[26] = {
      0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
  static const u2fi_bytes kPrefix = {kSpki, sizeof(kSpki)};
  u2fi_slot gateway[U2FI_SLOTS(U2FI_GATEWAY)];
  uint8_t key[32];
  (void)approval;
  if (statement[ST_GATEWAY].bytes.size == 0) {
    return c->purpose == FOR_COMMAND && c->rule.browser_ok
               ? U2FI_OK
               : U2FI_BROWSER_NOT_ALLOWED;
  }
  if (find_place(c, &statement[ST_GATEWAY].bytes, gateway) == IN_BROWSER) {
    return U2FI_GATEWAY_NOT_PINNED;
  }
  c->approvals[i].gateway = gateway[GW_ID].bytes;
  c->approvals[i].site = gateway[GW_SITE].bytes;
  c->crypto->sha256(c->crypto->context, &kPrefix, &gateway[GW_POINT].bytes,
                    key);
  return u2fi_same(key, statement[ST_CHANNEL_KEY].bytes.data, 32)
             ? U2FI_OK
             : U2FI_CHANNEL_KEY_MISMATCH;
}

/* ---- steps ---- */

typedef struct {
  u2fi_context *c;
  u2fi_approval *known;
  const u2fi_slot *approval;
  const u2fi_slot *statement;
  int place;
  uint8_t challenge[32];
  client_data client;
  u2fi_slot gateway[U2FI_SLOTS(U2FI_GATEWAY)];
  u2fi_slot key[U2FI_SLOTS(U2FI_KEY)];
} approval_steps;

static u2fi_reason challenge_step(approval_steps *a) {
  u2fi_reason reason;
  u2fi_hash(a->c->crypto, "u2fi/authz/v1", &a->approval[AP_STATEMENT].bytes,
            a->challenge);
  reason = read_client_data(&a->approval[AP_CLIENT_DATA].bytes, &a->client);
  if (reason != U2FI_OK) return reason;
  return encodes(&a->client.challenge, a->challenge) ? U2FI_OK
                                                     : U2FI_CHALLENGE_MISMATCH;
}

static int is_origin_of_gateway(const approval_steps *a) {
  u2fi_bytes rest = a->client.origin;
  const u2fi_bytes *const tenant = &a->statement[ST_TENANT].bytes;
  const u2fi_approval *const known = a->known;
  return u2fi_skip_text(&rest, "u2fi:") &&
         u2fi_skip(&rest, tenant->data, tenant->size) &&
         u2fi_skip_text(&rest, "/") &&
         u2fi_skip(&rest, known->site.data, known->site.size) &&
         u2fi_skip_text(&rest, "/") && u2fi_equal(&rest, &known->gateway);
}

static u2fi_reason client_data_step(approval_steps *a) {
  const client_data *const client = &a->client;
  const uint8_t *const point = a->gateway[GW_POINT].bytes.data;
  uint8_t digest[32];
  if (!u2fi_is(&client->type, client->is_u2f ? "navigator.id.getAssertion"
                                             : "webauthn.get") ||
      (client->is_u2f && a->place == IN_BROWSER)) {
    return U2FI_CLIENT_DATA_TYPE;
  }
  if (a->place == IN_BROWSER) {
    u2fi_hash(a->c->crypto, "", &client->origin, digest);
    return u2fi_same(digest, a->statement[ST_CHANNEL_KEY].bytes.data, 32)
               ? U2FI_OK
               : U2FI_ORIGIN_MISMATCH;
  }
  if (!is_origin_of_gateway(a)) return U2FI_ORIGIN_MISMATCH;
  return client->is_u2f && !(encodes(&client->x, point + 1) &&
                             encodes(&client->y, point + 33))
             ? U2FI_CHANNEL_KEY_MISMATCH
             : U2FI_OK;
}

static u2fi_reason rp_id_hash_step(approval_steps *a) {
  const u2fi_bytes *const data = &a->approval[AP_AUTH_DATA].bytes;
  return data->size >= 32 &&
                 u2fi_same(data->data,
                           a->c->believed[PS_RP_ID_HASH].bytes.data, 32)
             ? U2FI_OK
             : U2FI_RP_ID_HASH_MISMATCH;
}

static u2fi_reason flags_step(approval_steps *a) {
  const size_t size = a->approval[AP_AUTH_DATA].bytes.size;
  uint8_t flags;
  if (size < 37 || (a->client.is_u2f && size != 37)) {
    return U2FI_AUTHDATA_MALFORMED;
  }
  flags = a->approval[AP_AUTH_DATA].bytes.data[32];
  if (a->client.is_u2f) {
    if (flags != 0x01) return U2FI_USER_PRESENCE;
  } else {
    /* No attested credential, no reserved bit; more bytes are extensions. */
    if ((flags & 0x62) != 0 || (size > 37) != (flags >> 7)) {
      return U2FI_AUTHDATA_MALFORMED;
    }
    if ((flags & 0x01) == 0) return U2FI_USER_PRESENCE;
    if ((flags & 0x18) != 0) return U2FI_BACKUP_NOT_ALLOWED;
    a->known->user_verified = flags >> 2 & 1;
  }
  return a->known->user_verified >= a->known->required_uv
             ? U2FI_OK
             : U2FI_USER_VERIFICATION;
}

/* Roles in which a key of the believed set may act under this purpose. */
static unsigned roles_here(const u2fi_context *c, unsigned roles) {
  unsigned mask = ROLES_OF_PEOPLE;
  if (c->purpose == FOR_COMMAND && c->lease_runs) mask |= ROLE_LESSEE;
  if (c->purpose == FOR_BREAK_GLASS) mask = ROLE_BREAK_GLASS;
  if (c->purpose == FOR_PROVISION && c->kind == OF_PINS) mask = ROLE_OWNER;
  /* A recovery key stands for an owner here, and nowhere else. */
  if (c->purpose == FOR_PINS && (roles & ROLE_RECOVERY) != 0) {
    roles |= ROLE_OWNER;
  }
  return roles & mask;
}

/* Roles of which every approving key must have one. */
static unsigned roles_asked_for(const u2fi_context *c) {
  if (c->rule.kind != KIND_APPROVALS || c->purpose == FOR_BREAK_GLASS ||
      c->kind == OF_PINS) {
    return ~0u;
  }
  return c->rule.lessee && c->lease_runs ? (unsigned)ROLE_LESSEE
                                         : c->rule.roles;
}

static int find_key(const approval_steps *a, const u2fi_slot *pins,
                    u2fi_slot *key) {
  return u2fi_find(pins, PS_KEYS, &a->known->token, key) &&
         u2fi_equal(&key[KEY_ACCOUNT].bytes, &a->known->account);
}

/* Under TRANSFER: an OWNER key of the new set, and the one that signed. */
static int is_new_owner(const approval_steps *a) {
  const u2fi_slot *const next = a->c->next;
  u2fi_slot key[U2FI_SLOTS(U2FI_KEY)];
  return a->c->purpose == FOR_TRANSFER && find_key(a, next, key) &&
         u2fi_equal(&a->known->account, &next[PS_ACCOUNT].bytes) &&
         (key[KEY_ROLES].number & ROLE_OWNER) != 0 &&
         u2fi_equal(&key[KEY_POINT].bytes, &a->key[KEY_POINT].bytes);
}

static u2fi_reason token_step(approval_steps *a) {
  u2fi_context *const c = a->c;
  unsigned roles = 0;
  if (c->purpose == FOR_LEASE) {
    if (!find_key(a, c->next, a->key)) return U2FI_TOKEN_NOT_PINNED;
    roles = (unsigned)a->key[KEY_ROLES].number & ROLE_LESSEE;
  } else if (a->place != AT_NEW_OWNERS && find_key(a, c->believed, a->key)) {
    roles = roles_here(c, (unsigned)a->key[KEY_ROLES].number);
  } else if (c->purpose != FOR_TRANSFER || !find_key(a, c->next, a->key)) {
    return U2FI_TOKEN_NOT_PINNED;
  }
  a->known->roles = (uint8_t)roles;
  a->known->level = (uint8_t)a->key[KEY_LEVEL].number;
  if (is_new_owner(a)) {
    c->new_owner_agrees = 1;
  } else if ((roles & roles_asked_for(c)) == 0) {
    return U2FI_TOKEN_ROLE;
  }
  return a->known->level >= a->known->required_level ? U2FI_OK
                                                     : U2FI_TOKEN_LEVEL;
}

static int verify(const approval_steps *a, const u2fi_slot *point,
                  const uint8_t *digest, size_t signature) {
  const u2fi_crypto *const crypto = a->c->crypto;
  return a->c->known ||
         crypto->p256_verify(crypto->context, point->bytes.data, digest,
                             &a->approval[signature].bytes) == 1;
}

static u2fi_reason signature_step(approval_steps *a) {
  const u2fi_crypto *const crypto = a->c->crypto;
  uint8_t digest[32];
  u2fi_bytes view = {NULL, sizeof(digest)};
  view.data = digest;
  u2fi_hash(crypto, "", &a->approval[AP_CLIENT_DATA].bytes, digest);
  crypto->sha256(crypto->context, &a->approval[AP_AUTH_DATA].bytes, &view,
                 digest);
  return verify(a, &a->key[KEY_POINT], digest, AP_SIGNATURE)
             ? U2FI_OK
             : U2FI_SIGNATURE_INVALID;
}

static u2fi_reason relay_step(approval_steps *a) {
  const u2fi_crypto *const crypto = a->c->crypto;
  uint64_t touched_at = a->approval[AP_TOUCHED_AT].number;
  /* challenge, touch, touched_at_ms */
  uint8_t relayed[32 + 32 + 8];
  u2fi_bytes view = {NULL, sizeof(relayed)};
  size_t i;
  if (a->place == IN_BROWSER) {
    return touched_at == 0 && a->approval[AP_RELAY].bytes.size == 0
               ? U2FI_OK
               : U2FI_RELAY_INVALID;
  }
  if (touched_at == 0) return U2FI_RELAY_INVALID;
  for (i = 0; i < 32; ++i) relayed[i] = a->challenge[i];
  crypto->sha256(crypto->context, &a->approval[AP_AUTH_DATA].bytes,
                 &a->approval[AP_SIGNATURE].bytes, relayed + 32);
  for (i = 72; i > 64; touched_at >>= 8) relayed[--i] = (uint8_t)touched_at;
  view.data = relayed;
  u2fi_hash(crypto, "u2fi/relay/v1", &view, relayed);
  return verify(a, &a->gateway[GW_POINT], relayed, AP_RELAY)
             ? U2FI_OK
             : U2FI_RELAY_INVALID;
}

u2fi_reason u2fi_check_approval(u2fi_context *c, size_t i,
                                const u2fi_slot *approval,
                                const u2fi_slot *statement) {
  static u2fi_reason (*const kSteps[])(approval_steps *) = {
      challenge_step, client_data_step, rp_id_hash_step, flags_step,
      token_step,     signature_step,   relay_step};
  approval_steps a;
  u2fi_reason reason = U2FI_OK;
  size_t s;
  a.c = c;
  a.known = &c->approvals[i];
  a.approval = approval;
  a.statement = statement;
  a.place = find_place(c, &statement[ST_GATEWAY].bytes, a.gateway);
  for (s = 0; s < sizeof(kSteps) / sizeof(kSteps[0]) && reason == U2FI_OK;
       ++s) {
    c->step = (u2fi_step)(U2FI_STEP_CHALLENGE + s);
    reason = kSteps[s](&a);
  }
  return reason;
}
