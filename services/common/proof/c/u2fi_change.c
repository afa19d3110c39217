/* How a new pin set may follow the present one, and leases. */
#include "u2fi_internal.h"

void u2fi_pins_hash(const u2fi_crypto *crypto, const u2fi_bytes *pins,
                    uint8_t *digest) {
  u2fi_hash(crypto, "u2fi/pins/v1", pins, digest);
}

/* ---- what a front desk signs ---- */

/* 1 if a pinned issuer signed the offer or end for this tenant and site. Both
 * have tenant and site in the same fields. */
static int is_signed(const u2fi_crypto *crypto, const u2fi_slot *pins,
                     const char *domain, const u2fi_bytes *bytes,
                     const u2fi_bytes *signature, const u2fi_slot *message,
                     size_t issuer_field, u2fi_slot *issuer) {
  uint8_t digest[32];
  u2fi_hash(crypto, domain, bytes, digest);
  return u2fi_find(pins, PS_ISSUERS, &message[issuer_field].bytes, issuer) &&
         u2fi_equal(&message[OFFER_TENANT].bytes, &pins[PS_TENANT].bytes) &&
         u2fi_equal(&message[OFFER_SITE].bytes, &pins[PS_SITE].bytes) &&
         crypto->p256_verify(crypto->context, issuer[ISSUER_POINT].bytes.data,
                             digest, signature) == 1;
}

u2fi_reason u2fi_verify_lease_end(const u2fi_input *in, const u2fi_bytes *end,
                                  const u2fi_bytes *signature,
                                  u2fi_bytes *reservation, uint64_t *at_ms) {
  u2fi_slot pins[U2FI_SLOTS(U2FI_PINS)], slots[U2FI_SLOTS(U2FI_END)];
  u2fi_slot issuer[U2FI_SLOTS(U2FI_ISSUER)];
  if (!u2fi_parse(&in->pins, U2FI_PINS, pins)) return U2FI_PIN_SET_FORMAT;
  if (end->size > 512 || !u2fi_parse(end, U2FI_END, slots)) {
    return U2FI_LEASE_FORMAT;
  }
  if (!is_signed(in->crypto, pins, "u2fi/lease-end/v1", end, signature, slots,
                 END_ISSUER, issuer)) {
    return U2FI_LEASE_OFFER_INVALID;
  }
  *reservation = slots[END_RESERVATION].bytes;
  *at_ms = slots[END_AT].number;
  return U2FI_OK;
}

static int is_before(const u2fi_bytes *a, const u2fi_bytes *b) {
  size_t i = 0;
  while (i < a->size && i < b->size && a->data[i] == b->data[i]) ++i;
  return i < b->size && (i == a->size || a->data[i] < b->data[i]);
}

/* Ascending ids, 1 to 1,000; sets *has if `device` is one of them. */
static int devices_ok(u2fi_bytes rest, const u2fi_bytes *device, int *has) {
  u2fi_bytes content, last = {NULL, 0};
  unsigned number = 0;
  *has = 0;
  while (u2fi_take(&rest, &content)) {
    if (!u2fi_is_id(&content) || !is_before(&last, &content)) return 0;
    *has |= u2fi_equal(&content, device);
    last = content;
    ++number;
  }
  return number - 1 < 1000;
}

static size_t number_of_lessees(const u2fi_slot *pins) {
  u2fi_bytes rest = pins[PS_KEYS].bytes, key;
  size_t number = 0;
  while (u2fi_take(&rest, &key)) number += (size_t)u2fi_is_lessee(&key);
  return number;
}

/* The offer is good, and it is for the lease of the new set. */
static u2fi_reason check_offer(u2fi_context *c, const u2fi_slot *lease) {
  const u2fi_bytes *const bytes = &c->in->lease_offer;
  u2fi_slot offer[U2FI_SLOTS(U2FI_OFFER)], issuer[U2FI_SLOTS(U2FI_ISSUER)];
  uint64_t from, until;
  int for_me;
  if (bytes->size == 0) return U2FI_LEASE_OFFER_INVALID;
  if (bytes->size > 80 * 1024 || !u2fi_parse(bytes, U2FI_OFFER, offer) ||
      (offer[OFFER_FIRST_KEY].number != 0) ==
          (offer[OFFER_GUEST].bytes.size != 0) ||
      !devices_ok(offer[OFFER_DEVICES].bytes, &c->present[PS_DEVICE].bytes,
                  &for_me)) {
    return U2FI_LEASE_FORMAT;
  }
  from = offer[OFFER_FROM].number;
  until = offer[OFFER_UNTIL].number;
  if (from >= until) return U2FI_LEASE_FORMAT;
  if (!for_me || until != lease[LEASE_UNTIL].number ||
      c->first_touch < from || c->last_touch >= until ||
      !(offer[OFFER_FIRST_KEY].number
            ? number_of_lessees(c->next) == 1
            : u2fi_equal(&offer[OFFER_GUEST].bytes,
                         &lease[LEASE_ACCOUNT].bytes)) ||
      !is_signed(c->crypto, c->present, "u2fi/lease/v1", bytes,
                 &c->in->lease_offer_signature, offer, OFFER_ISSUER, issuer) ||
      until - from > issuer[ISSUER_MAX_LEASE].number * 1000) {
    return U2FI_LEASE_OFFER_INVALID;
  }
  c->reservation = offer[OFFER_RESERVATION].bytes;
  return U2FI_OK;
}

/* ---- what may change ---- */

#define BIT(field) (1u << (field))

/* 1 if the fields whose bits are set in `mask` are the same in both sets. */
static int fields_stay(const u2fi_context *c, unsigned mask) {
  size_t i;
  for (i = 1; i <= PS_LEASE; ++i) {
    if ((mask >> i & 1) != 0 &&
        !u2fi_equal(&c->present[i].bytes, &c->next[i].bytes)) {
      return 0;
    }
  }
  return 1;
}

static int next_key(u2fi_bytes *rest, u2fi_bytes *key) {
  while (u2fi_take(rest, key)) {
    if (!u2fi_is_lessee(key)) return 1;
  }
  key->size = 0;
  return 0;
}

static int other_keys_stay(const u2fi_context *c) {
  u2fi_bytes before = c->present[PS_KEYS].bytes, after = c->next[PS_KEYS].bytes;
  u2fi_bytes a, b;
  while (next_key(&before, &a)) {
    (void)next_key(&after, &b);
    if (!u2fi_equal(&a, &b)) return 0;
  }
  return !next_key(&after, &b);
}

static u2fi_reason check_lease(u2fi_context *c) {
  u2fi_slot before[U2FI_SLOTS(U2FI_LEASE)], after[U2FI_SLOTS(U2FI_LEASE)];
  (void)u2fi_parse(&c->present[PS_LEASE].bytes, U2FI_LEASE, before);
  if (!u2fi_parse(&c->next[PS_LEASE].bytes, U2FI_LEASE, after) ||
      !fields_stay(c, BIT(PS_ACCOUNT) | BIT(PS_SITE) | BIT(PS_GATEWAYS) |
                          BIT(PS_ISSUERS) | BIT(PS_RULES) | BIT(PS_DEFAULT)) ||
      !other_keys_stay(c) ||
      (c->lease_runs && !u2fi_equal(&before[LEASE_ACCOUNT].bytes,
                                    &after[LEASE_ACCOUNT].bytes))) {
    return U2FI_PINS_CHANGE;
  }
  return check_offer(c, after);
}

/* Who loosens a rule satisfies it as it is (FORBIDDEN aside). */
static u2fi_reason check_loosening(u2fi_context *c,
                                   const u2fi_bytes *operation) {
  u2fi_rule before, after;
  u2fi_effective_rule(c->present, operation, &before);
  u2fi_effective_rule(c->next, operation, &after);
  if (before.kind == KIND_FORBIDDEN ||
      u2fi_at_least_as_strict(&after, &before)) {
    return U2FI_OK;
  }
  return u2fi_check_rule(c, &before,
                         c->lease_runs && fields_stay(c, BIT(PS_LEASE)));
}

static u2fi_reason check_pins(u2fi_context *c) {
  /* What no set names: other device operations, and `u2fi.unbind`. */
  static const char kUnbind[] = "u2fi.unbind";
  u2fi_slot entry[U2FI_SLOTS(U2FI_OPERATION_RULE)];
  u2fi_bytes operation = {(const uint8_t *)kUnbind, 0}, rest, content;
  const u2fi_slot *pins = c->present;
  u2fi_reason reason;
  if (!fields_stay(c, BIT(PS_ACCOUNT) | BIT(PS_SITE))) return U2FI_PINS_CHANGE;
  reason = check_loosening(c, &operation);
  operation.size = sizeof(kUnbind) - 1;
  if (reason == U2FI_OK) reason = check_loosening(c, &operation);
  for (; pins != NULL; pins = pins == c->present ? c->next : NULL) {
    rest = pins[PS_RULES].bytes;
    while (reason == U2FI_OK && u2fi_take(&rest, &content)) {
      (void)u2fi_parse(&content, U2FI_OPERATION_RULE, entry);
      reason = check_loosening(c, &entry[ENTRY_OPERATION].bytes);
    }
  }
  return reason;
}

u2fi_reason u2fi_check_change(u2fi_context *c) {
  uint8_t hash[32];
  /* A blank device has revision 0. */
  if (c->next[PS_REVISION].number != c->present[PS_REVISION].number + 1) {
    return U2FI_PINS_REVISION;
  }
  if (c->blank) {
    return c->next[PS_LEASE].bytes.size == 0 ? U2FI_OK : U2FI_PINS_CHANGE;
  }
  u2fi_pins_hash(c->crypto, &c->in->pins, hash);
  if (!u2fi_same(c->next[PS_PREVIOUS].bytes.data, hash, 32)) {
    return U2FI_PINS_PREVIOUS;
  }
  if (!fields_stay(c, BIT(PS_DEVICE) | BIT(PS_TENANT) | BIT(PS_RP_ID_HASH))) {
    return U2FI_PINS_CHANGE;
  }
  switch (c->purpose) {
    case FOR_PINS:
      return check_pins(c);
    case FOR_LEASE:
      return check_lease(c);
    case FOR_TRANSFER:
      if (fields_stay(c, BIT(PS_ACCOUNT))) return U2FI_PINS_CHANGE;
      return c->new_owner_agrees ? U2FI_OK : U2FI_RULE_NOT_SATISFIED;
    default: /* MOVE: the purpose step lets nothing else come here. */
      return fields_stay(c, BIT(PS_ACCOUNT) | BIT(PS_KEYS) | BIT(PS_ISSUERS) |
                                BIT(PS_RULES) | BIT(PS_DEFAULT) |
                                BIT(PS_LEASE))
                 ? U2FI_OK
                 : U2FI_PINS_CHANGE;
  }
}
