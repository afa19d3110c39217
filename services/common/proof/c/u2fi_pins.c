/* Pin sets and rules. */
#include "u2fi_internal.h"

/* Schema, most elements and second distinct field of each list. */
typedef struct {
  char schema[6];
  uint8_t most;
  uint8_t distinct;
} list_form;

static const list_form kLists[] = {{U2FI_KEY, 8, KEY_POINT},
                                   {U2FI_GATEWAY, 4, GW_POINT},
                                   {U2FI_ISSUER, 2, ISSUER_ID},
                                   {U2FI_OPERATION_RULE, 24, ENTRY_OPERATION}};

/* Finds the element whose `field` is `value` in what is left of a list. */
static int find(u2fi_bytes rest, const char *schema, size_t field,
                const u2fi_bytes *value, u2fi_slot *found) {
  u2fi_bytes content;
  while (u2fi_take(&rest, &content)) {
    if (u2fi_parse(&content, schema, found) &&
        u2fi_equal(&found[field].bytes, value)) {
      return 1;
    }
  }
  return 0;
}

int u2fi_find(const u2fi_slot *pins, size_t list, const u2fi_bytes *id,
              u2fi_slot *found) {
  u2fi_bytes rest = pins[list].bytes, content, fields, first;
  while (u2fi_take(&rest, &content)) {
    /* The first field is the id: the others are read where it fits. */
    fields = content;
    if (u2fi_take(&fields, &first) && u2fi_equal(&first, id)) {
      return u2fi_parse(&content, kLists[list - PS_KEYS].schema, found);
    }
  }
  return 0;
}

/* Takes a rule apart; 0 if it is none for `operation` (NULL: the default). */
static int read_rule(const u2fi_bytes *bytes, const u2fi_bytes *operation,
                     u2fi_rule *rule) {
  u2fi_slot slots[U2FI_SLOTS(U2FI_RULE)];
  uint8_t *const fields = &rule->kind;
  const int reserved = operation != NULL && u2fi_is_reserved(operation);
  uint64_t rest = 0;
  size_t i;
  if (!u2fi_parse(bytes, U2FI_RULE, slots)) return 0;
  for (i = 1; i < U2FI_SLOTS(U2FI_RULE); ++i) {
    fields[i - 1] = (uint8_t)slots[i].number;
    if (i > 1) rest |= slots[i].number;
  }
  if (rest > 15) return 0;
  switch (slots[1].number) {
    case KIND_FREE:
      return rest == 0 && !reserved && operation != NULL;
    case KIND_FORBIDDEN:
      return rest == 0;
    case KIND_APPROVALS:
      return (unsigned)rule->approvals - 1 < 8 && rule->level <= 2 &&
             rule->roles != 0 &&
             !(reserved && (rule->browser_ok || rule->lessee));
    default:
      return 0;
  }
}

static int key_ok(const u2fi_slot *pins, const u2fi_slot *key) {
  const uint64_t roles = key[KEY_ROLES].number;
  u2fi_slot lease[U2FI_SLOTS(U2FI_LEASE)];
  if (roles > 63 || key[KEY_LEVEL].number > 2) return 0;
  return (roles & ROLE_LESSEE) == 0 ||
         (roles == ROLE_LESSEE &&
          u2fi_parse(&pins[PS_LEASE].bytes, U2FI_LEASE, lease) &&
          u2fi_equal(&key[KEY_ACCOUNT].bytes, &lease[LEASE_ACCOUNT].bytes));
}

static int element_ok(const u2fi_slot *pins, size_t list,
                      const u2fi_slot *element) {
  u2fi_rule rule;
  switch (list) {
    case PS_KEYS:
      return key_ok(pins, element);
    case PS_ISSUERS:
      return element[ISSUER_MAX_LEASE].number <= 31536000;
    case PS_RULES:
      return read_rule(&element[ENTRY_RULE].bytes,
                       &element[ENTRY_OPERATION].bytes, &rule);
    default:
      return 1;
  }
}

/* Every element is good, there are not too many, and no two share the fields
 * that tell them apart. */
static int list_ok(const u2fi_slot *pins, size_t list) {
  const list_form *const form = &kLists[list - PS_KEYS];
  u2fi_slot element[U2FI_SLOTS(U2FI_KEY)], other[U2FI_SLOTS(U2FI_KEY)];
  u2fi_bytes rest = pins[list].bytes, content;
  size_t number = 0;
  while (u2fi_take(&rest, &content)) {
    if (++number > form->most ||
        !u2fi_parse(&content, form->schema, element) ||
        find(rest, form->schema, 1, &element[1].bytes, other) ||
        find(rest, form->schema, form->distinct,
             &element[form->distinct].bytes, other) ||
        !element_ok(pins, list, element)) {
      return 0;
    }
  }
  return 1;
}

/* 1 if the owner's account has an OWNER key, and a lease has a LESSEE. */
static int has_its_keys(const u2fi_slot *pins) {
  u2fi_slot key[U2FI_SLOTS(U2FI_KEY)];
  u2fi_bytes rest = pins[PS_KEYS].bytes, content;
  int owned = 0, leased = pins[PS_LEASE].bytes.size == 0;
  while (u2fi_take(&rest, &content) && u2fi_parse(&content, U2FI_KEY, key)) {
    if ((key[KEY_ROLES].number & ROLE_OWNER) != 0) {
      owned |= u2fi_equal(&key[KEY_ACCOUNT].bytes, &pins[PS_ACCOUNT].bytes);
    }
    leased |= key[KEY_ROLES].number == ROLE_LESSEE;
  }
  return owned && leased;
}

int u2fi_parse_pins(const u2fi_bytes *bytes, u2fi_slot *pins) {
  u2fi_slot lease[U2FI_SLOTS(U2FI_LEASE)];
  u2fi_rule rule;
  size_t list;
  if (bytes->size > 2048 || !u2fi_parse(bytes, U2FI_PINS, pins) ||
      (pins[PS_REVISION].number == 1) !=
          (pins[PS_PREVIOUS].bytes.size == 0) ||
      pins[PS_GATEWAYS].bytes.size == 0) {
    return 0;
  }
  for (list = PS_KEYS; list <= PS_RULES; ++list) {
    if (!list_ok(pins, list)) return 0;
  }
  return has_its_keys(pins) &&
         (pins[PS_LEASE].bytes.size == 0 ||
          u2fi_parse(&pins[PS_LEASE].bytes, U2FI_LEASE, lease)) &&
         (pins[PS_DEFAULT].bytes.size == 0 ||
          read_rule(&pins[PS_DEFAULT].bytes, NULL, &rule));
}

int u2fi_is_lessee(const u2fi_bytes *key_bytes) {
  u2fi_slot key[U2FI_SLOTS(U2FI_KEY)];
  return u2fi_parse(key_bytes, U2FI_KEY, key) &&
         key[KEY_ROLES].number == ROLE_LESSEE;
}

void u2fi_effective_rule(const u2fi_slot *pins, const u2fi_bytes *operation,
                         u2fi_rule *rule) {
  static const u2fi_rule kOwnerTouch = {KIND_APPROVALS, 1, 0, 0, 0, 0,
                                        ROLE_OWNER,     0, 0};
  u2fi_slot entry[U2FI_SLOTS(U2FI_OPERATION_RULE)];
  const int reserved = u2fi_is_reserved(operation);
  if (u2fi_find(pins, PS_RULES, operation, entry) &&
      read_rule(&entry[ENTRY_RULE].bytes, operation, rule)) {
    return;
  }
  if (!read_rule(&pins[PS_DEFAULT].bytes, NULL, rule) ||
      (reserved && rule->kind != KIND_APPROVALS)) {
    *rule = kOwnerTouch;
  }
  if (!reserved) return;
  /* A convenient default hands nobody the pin set. */
  rule->roles &= (uint8_t)(rule->approvals > 1 ? ROLE_APPROVER : 0);
  rule->roles |= ROLE_OWNER;
  rule->browser_ok = 0;
  rule->lessee = 0;
}

int u2fi_at_least_as_strict(const u2fi_rule *a, const u2fi_rule *b) {
  const uint8_t *const more = &a->approvals, *const less = &b->approvals;
  size_t i;
  if (b->kind == KIND_FREE || a->kind == KIND_FORBIDDEN) return 1;
  if (a->kind == KIND_FREE || b->kind == KIND_FORBIDDEN) return 0;
  /* approvals, distinct gateways and sites, uv, level */
  for (i = 0; i < 5; ++i) {
    if (more[i] < less[i]) return 0;
  }
  return (a->roles & ~b->roles) == 0 && a->browser_ok <= b->browser_ok &&
         a->lessee >= b->lessee;
}

/* 1 if the place of approval `i` counts beside those counted before it. */
static int is_new_place(const u2fi_rule *rule, const u2fi_approval *approvals,
                        size_t i) {
  const u2fi_approval *const me = &approvals[i];
  if (!rule->distinct_gateways && !rule->distinct_sites) return 1;
  if (me->gateway.size == 0) return 0;
  while (i-- > 0) {
    if (approvals[i].counted &&
        (rule->distinct_sites
             ? u2fi_equal(&me->site, &approvals[i].site)
             : u2fi_equal(&me->gateway, &approvals[i].gateway))) {
      return 0;
    }
  }
  return 1;
}

u2fi_reason u2fi_check_rule(u2fi_context *c, const u2fi_rule *rule,
                            int lease_running) {
  const uint8_t roles =
      rule->lessee && lease_running ? (uint8_t)ROLE_LESSEE : rule->roles;
  size_t i, counted = 0;
  if (rule->kind == KIND_FREE) return U2FI_OK;
  if (rule->kind == KIND_FORBIDDEN) return U2FI_OPERATION_FORBIDDEN;
  for (i = 0; i < c->count; ++i) {
    u2fi_approval *const a = &c->approvals[i];
    if (a->gateway.size == 0 && !rule->browser_ok) {
      return U2FI_BROWSER_NOT_ALLOWED;
    }
    a->counted = (a->roles & roles) != 0 && a->level >= rule->level &&
                 a->user_verified >= rule->uv &&
                 is_new_place(rule, c->approvals, i);
    counted += a->counted;
  }
  return counted >= rule->approvals ? U2FI_OK : U2FI_RULE_NOT_SATISFIED;
}
