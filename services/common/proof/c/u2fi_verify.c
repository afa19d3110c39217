/* The steps over a whole proof, in the order of u2fi_step. */
#include "u2fi_internal.h"

/* ---- sizes and format ---- */

/* Runs `visit` on every approval until one is not U2FI_OK. Before the format
 * step no statement is read; in it, the format of one that does not parse is
 * zero. */
typedef u2fi_reason (*visitor)(u2fi_context *c, size_t i,
                               const u2fi_slot *approval,
                               const u2fi_slot *statement);

static u2fi_reason each(u2fi_context *c, visitor visit) {
  u2fi_slot approval[U2FI_SLOTS(U2FI_APPROVAL)];
  u2fi_slot parsed[U2FI_SLOTS(U2FI_STATEMENT)];
  u2fi_bytes rest = c->proof[PROOF_APPROVALS].bytes, content;
  u2fi_reason reason = U2FI_OK;
  size_t i;
  for (i = 0; reason == U2FI_OK && u2fi_take(&rest, &content); ++i) {
    /* The first statement is kept. */
    u2fi_slot *const statement = i == 0 ? c->common : parsed;
    if (!u2fi_parse(&content, U2FI_APPROVAL, approval)) return U2FI_PROOF_FORMAT;
    if (c->reads_statements && (i > 0 || c->purpose == 0) &&
        !u2fi_parse(&approval[AP_STATEMENT].bytes, U2FI_STATEMENT,
                    statement)) {
      statement[ST_FORMAT].number = 0;
    }
    reason = visit(c, i, approval, statement);
  }
  return reason;
}

static u2fi_reason count(u2fi_context *c, size_t i, const u2fi_slot *approval,
                         const u2fi_slot *statement) {
  (void)approval;
  (void)statement;
  c->count = (uint8_t)(i < 255 ? i + 1 : 255);
  return U2FI_OK;
}

static u2fi_reason read_proof(u2fi_context *c) {
  return u2fi_parse(&c->in->proof, U2FI_PROOF, c->proof) ? each(c, count)
                                                         : U2FI_PROOF_FORMAT;
}

static u2fi_reason check_sizes(u2fi_context *c, size_t i,
                               const u2fi_slot *approval,
                               const u2fi_slot *statement) {
  /* Of statement, client data, authenticator data, signature, - , relay. */
  static const uint16_t kMost[] = {2048, 2048, 512, 512, 0xffff, 0xffff, 72};
  (void)c;
  (void)statement;
  for (i = AP_STATEMENT; i <= AP_RELAY; ++i) {
    if (i == AP_TOUCHED_AT) continue;
    if (approval[i].bytes.size > kMost[i - 1] ||
        (i <= AP_SIGNATURE && approval[i].bytes.size == 0)) {
      return U2FI_PROOF_SIZE;
    }
  }
  return U2FI_OK;
}

static u2fi_reason sizes_step(u2fi_context *c) {
  u2fi_bytes rest = c->proof[PROOF_PATH].bytes, content;
  size_t path = 0;
  while (u2fi_take(&rest, &content)) ++path;
  if (c->in->command.size > 4096 || path > 10 || c->count < 1 ||
      c->count > U2FI_MAX_APPROVALS) {
    return U2FI_PROOF_SIZE;
  }
  return each(c, check_sizes);
}

/* Strict bytes of UnbindArguments (one hash) or GrantArguments (two). */
static int are_hashes(u2fi_bytes arguments, uint8_t count) {
  static const uint8_t kFields[][2] = {{0x08, 1}, {0x12, 32}, {0x1a, 32}};
  uint8_t i;
  for (i = 0; i <= count; ++i) {
    if (!u2fi_skip(&arguments, kFields[i], 2)) return 0;
    if (i == 0) continue;
    if (arguments.size < 32) return 0;
    arguments.data += 32;
    arguments.size -= 32;
  }
  return arguments.size == 0;
}

static u2fi_reason read_command(u2fi_context *c) {
  const u2fi_bytes *const arguments = &c->command[CMD_ARGUMENTS].bytes;
  const u2fi_bytes *const operation = &c->command[CMD_OPERATION].bytes;
  u2fi_reason reason;
  if (!u2fi_parse(&c->in->command, U2FI_COMMAND, c->command)) {
    return U2FI_COMMAND_FORMAT;
  }
  reason = u2fi_check_command(c->command);
  if (reason != U2FI_OK || !u2fi_is_reserved(operation)) return reason;
  switch (operation->data[5]) {
    case 'p':
      c->kind = OF_PINS;
      return u2fi_parse_pins(arguments, c->next) ? U2FI_OK
                                                 : U2FI_PIN_SET_FORMAT;
    case 'u':
      c->kind = OF_UNBIND;
      break;
    default:
      c->kind = OF_GRANT;
      break;
  }
  return are_hashes(*arguments, c->kind == OF_GRANT ? 2 : 1)
             ? U2FI_OK
             : U2FI_ARGUMENTS_FORMAT;
}

static u2fi_reason check_format(u2fi_context *c, size_t i,
                                const u2fi_slot *approval,
                                const u2fi_slot *statement) {
  u2fi_approval *const known = &c->approvals[i];
  u2fi_slot required[U2FI_SLOTS(U2FI_REQUIRED)];
  known->token = approval[AP_TOKEN].bytes;
  known->account = statement[ST_ACCOUNT].bytes;
  if (!u2fi_is_id(&known->token)) return U2FI_PROOF_FORMAT;
  if (statement[ST_FORMAT].number == 0 ||
      !u2fi_statement_ok(statement, required)) {
    return U2FI_STATEMENT_FORMAT;
  }
  known->required_uv = (uint8_t)required[REQUIRED_UV].number;
  known->required_level = (uint8_t)required[REQUIRED_LEVEL].number;
  if (i == 0) c->purpose = (uint8_t)statement[ST_PURPOSE].number;
  return U2FI_OK;
}

static u2fi_reason format_step(u2fi_context *c) {
  const u2fi_reason reason = read_command(c);
  c->reads_statements = 1;
  return reason == U2FI_OK ? each(c, check_format) : reason;
}

/* ---- agreement, purpose, target, deadlines, path ---- */

static u2fi_reason agree(u2fi_context *c, size_t i, const u2fi_slot *approval,
                         const u2fi_slot *statement) {
  static const uint8_t kSame[] = {ST_ROOT, ST_TENANT, ST_SITE};
  const u2fi_slot *const common = c->common;
  (void)approval;
  for (i = 0; i < sizeof(kSame); ++i) {
    if (!u2fi_equal(&statement[kSame[i]].bytes, &common[kSame[i]].bytes)) {
      return U2FI_APPROVALS_DISAGREE;
    }
  }
  return statement[ST_SIZE].number == common[ST_SIZE].number &&
                 statement[ST_PURPOSE].number == c->purpose &&
                 statement[ST_EXECUTE_BY].number ==
                     common[ST_EXECUTE_BY].number
             ? U2FI_OK
             : U2FI_APPROVALS_DISAGREE;
}

static u2fi_reason agreement_step(u2fi_context *c) {
  const int one_account = c->purpose == FOR_ENROL;
  const u2fi_approval *const all = c->approvals;
  size_t i, j;
  if (each(c, agree) != U2FI_OK) return U2FI_APPROVALS_DISAGREE;
  for (i = 1; i < c->count; ++i) {
    for (j = 0; j < i; ++j) {
      if (u2fi_equal(&all[i].token, &all[j].token) ||
          u2fi_equal(&all[i].account, &all[j].account) != one_account) {
        return U2FI_APPROVALS_NOT_DISTINCT;
      }
    }
  }
  return U2FI_OK;
}

static u2fi_reason purpose_step(u2fi_context *c) {
  /* By kind of command, the purposes as bits. */
  static const uint16_t kAllowed[] = {
      1 << FOR_COMMAND | 1 << FOR_BREAK_GLASS,
      1 << FOR_PINS | 1 << FOR_LEASE | 1 << FOR_MOVE | 1 << FOR_TRANSFER |
          1 << FOR_PROVISION,
      1 << FOR_UNBIND, 1 << FOR_PROVISION};
  const int first = c->purpose == FOR_PROVISION;
  /* The first set comes to a blank device; everything else under PROVISION
   * goes with the first set; nothing else comes to a blank device. */
  if ((kAllowed[c->kind] >> c->purpose & 1) == 0 ||
      (c->kind == OF_PINS && first) != c->blank ||
      (first && !c->blank && c->present[PS_REVISION].number != 1)) {
    return U2FI_PURPOSE_NOT_ALLOWED;
  }
  if (c->blank) c->believed = c->next;
  return U2FI_OK;
}

/* Device and executing gateway; for commands without proof, too. */
static u2fi_reason check_own_target(const u2fi_context *c) {
  const u2fi_input *const in = c->in;
  const u2fi_bytes *const device = &c->command[CMD_DEVICE].bytes;
  const u2fi_bytes *const id = &c->command[CMD_GATEWAY].bytes;
  u2fi_slot gateway[U2FI_SLOTS(U2FI_GATEWAY)];
  if (!u2fi_equal(device, &c->believed[PS_DEVICE].bytes) ||
      (in->device.size != 0 && !u2fi_equal(device, &in->device))) {
    return U2FI_DEVICE_MISMATCH;
  }
  if (in->gateway.size != 0 && !u2fi_equal(id, &in->gateway)) {
    return U2FI_GATEWAY_MISMATCH;
  }
  return (u2fi_find(c->believed, PS_GATEWAYS, id, gateway) ||
          (c->purpose == FOR_MOVE &&
           u2fi_find(c->next, PS_GATEWAYS, id, gateway))) &&
                 gateway[GW_MAY_EXECUTE].number
             ? U2FI_OK
             : U2FI_GATEWAY_NOT_PINNED;
}

static u2fi_reason target_step(u2fi_context *c) {
  const u2fi_slot *const believed = c->believed;
  u2fi_reason reason;
  if (!u2fi_equal(&c->common[ST_TENANT].bytes, &believed[PS_TENANT].bytes)) {
    return U2FI_TENANT_MISMATCH;
  }
  if (!u2fi_equal(&c->common[ST_SITE].bytes, &believed[PS_SITE].bytes)) {
    return U2FI_SITE_MISMATCH;
  }
  reason = check_own_target(c);
  u2fi_effective_rule(believed, &c->command[CMD_OPERATION].bytes, &c->rule);
  return reason == U2FI_OK ? each(c, u2fi_check_place) : reason;
}

static u2fi_reason check_deadlines(u2fi_context *c, size_t i,
                                   const u2fi_slot *approval,
                                   const u2fi_slot *statement) {
  /* Minutes from approve_by to execute_by, by purpose. */
  static const uint16_t kMost[] = {0,         0,          0,  15,
                                   30,        30 * 1440,  7 * 1440,
                                   7 * 1440,  7 * 1440,   30 * 1440,
                                   0,         15};
  const uint64_t execute_by = statement[ST_EXECUTE_BY].number;
  const uint64_t approve_by = statement[ST_APPROVE_BY].number;
  const uint64_t touched_at = approval[AP_TOUCHED_AT].number;
  if (execute_by < approve_by ||
      execute_by - approve_by > (uint64_t)kMost[c->purpose] * 60000) {
    return U2FI_DEADLINE_BOUNDS;
  }
  if (touched_at > approve_by) return U2FI_APPROVE_BY_PASSED;
  if (i == 0 || touched_at < c->first_touch) c->first_touch = touched_at;
  if (touched_at > c->last_touch) c->last_touch = touched_at;
  return U2FI_OK;
}

static u2fi_reason deadlines_step(u2fi_context *c) {
  const uint64_t execute_by = c->common[ST_EXECUTE_BY].number;
  const u2fi_reason reason = each(c, check_deadlines);
  if (reason == U2FI_OK && c->in->now_ms > execute_by &&
      c->in->now_ms - execute_by > c->in->skew_ms) {
    return U2FI_EXECUTE_BY_PASSED;
  }
  return reason;
}

static u2fi_reason path_step(u2fi_context *c) {
  static const uint8_t kLeaf[] = "\0u2fi/cmd/v1";
  static const u2fi_bytes kLeafPrefix = {kLeaf, sizeof(kLeaf) - 1};
  uint32_t index = (uint32_t)c->proof[PROOF_INDEX].number;
  uint32_t size = (uint32_t)c->common[ST_SIZE].number;
  u2fi_bytes rest = c->proof[PROOF_PATH].bytes, sibling;
  uint8_t hash[32], nodes[64];
  u2fi_bytes view = {NULL, sizeof(nodes)};
  size_t i;
  view.data = nodes;
  if (c->command[CMD_INDEX].number != index || index >= size) {
    return U2FI_PATH_INVALID;
  }
  c->crypto->sha256(c->crypto->context, &kLeafPrefix, &c->in->command, hash);
  for (; size > 1; index /= 2, size = (size + 1) / 2) {
    const size_t right = index % 2 * 32;
    /* An odd last node moves up unchanged. */
    if (right == 0 && index + 1 == size) continue;
    if (!u2fi_take(&rest, &sibling) || sibling.size != 32) {
      return U2FI_PATH_INVALID;
    }
    for (i = 0; i < 32; ++i) {
      nodes[i + right] = hash[i];
      nodes[i + (right ^ 32)] = sibling.data[i];
    }
    u2fi_hash(c->crypto, "\1", &view, hash);
  }
  if (rest.size != 0) return U2FI_PATH_INVALID;
  return u2fi_same(hash, c->common[ST_ROOT].bytes.data, 32)
             ? U2FI_OK
             : U2FI_COMMAND_MISMATCH;
}

/* ---- approvals, rule, pins ---- */

/* A hash over all approvals and the points under which their signatures are
 * good; 0 if a point is not there, or the new pin set may have it. */
static int cache_key(const u2fi_context *c, uint8_t *key) {
  const u2fi_crypto *const crypto = c->crypto;
  u2fi_slot pinned[U2FI_SLOTS(U2FI_KEY)];
  u2fi_bytes view = {NULL, 32};
  size_t i;
  view.data = key;
  if (c->in->cache == NULL || c->kind == OF_PINS) return 0;
  u2fi_hash(crypto, "", &c->proof[PROOF_APPROVALS].bytes, key);
  for (i = 0; i < c->count; ++i) {
    const u2fi_approval *const known = &c->approvals[i];
    if (!u2fi_find(c->believed, PS_KEYS, &known->token, pinned)) return 0;
    crypto->sha256(crypto->context, &view, &pinned[KEY_POINT].bytes, key);
    if (u2fi_find(c->believed, PS_GATEWAYS, &known->gateway, pinned)) {
      crypto->sha256(crypto->context, &view, &pinned[GW_POINT].bytes, key);
    }
  }
  return 1;
}

static u2fi_reason each_approval(u2fi_context *c) {
  u2fi_cache *const cache = c->in->cache;
  uint8_t key[32];
  const int cacheable = cache_key(c, key);
  u2fi_reason reason;
  size_t i;
  c->known = cacheable && cache->valid && u2fi_same(cache->key, key, 32);
  reason = each(c, u2fi_check_approval);
  if (reason != U2FI_OK || !cacheable) return reason;
  for (i = 0; i < 32; ++i) cache->key[i] = key[i];
  cache->valid = 1;
  return U2FI_OK;
}

static u2fi_reason rule_step(u2fi_context *c) {
  if (c->purpose == FOR_LEASE || c->blank) return U2FI_OK;
  if (c->purpose == FOR_BREAK_GLASS) {
    if (c->rule.kind == KIND_FORBIDDEN) return U2FI_OPERATION_FORBIDDEN;
    return c->count >= 2 ? U2FI_OK : U2FI_RULE_NOT_SATISFIED;
  }
  return u2fi_check_rule(c, &c->rule, c->lease_runs);
}

static u2fi_reason pins_step(u2fi_context *c) {
  uint8_t hash[32];
  if (c->kind == OF_PINS) return u2fi_check_change(c);
  if (c->kind != OF_UNBIND) return U2FI_OK;
  u2fi_pins_hash(c->crypto, &c->in->pins, hash);
  return u2fi_same(hash, c->command[CMD_ARGUMENTS].bytes.data + 4, 32)
             ? U2FI_OK
             : U2FI_PINS_PREVIOUS;
}

/* ---- entry points ---- */

static u2fi_reason start(u2fi_context *c, const u2fi_input *in) {
  u2fi_slot lease[U2FI_SLOTS(U2FI_LEASE)];
  uint8_t *const bytes = (uint8_t *)c;
  size_t i;
  for (i = 0; i < sizeof(*c); ++i) bytes[i] = 0;
  c->in = in;
  c->crypto = in->crypto;
  c->believed = c->present;
  c->blank = in->pins.size == 0;
  if (!u2fi_parse(&in->pins, U2FI_PINS, c->present) && !c->blank) {
    return U2FI_PIN_SET_FORMAT;
  }
  (void)u2fi_parse(&c->present[PS_LEASE].bytes, U2FI_LEASE, lease);
  c->lease_runs = !in->lease_ended && in->now_ms < lease[LEASE_UNTIL].number;
  return U2FI_OK;
}

static u2fi_reason finish(const u2fi_context *c, u2fi_verified *verified) {
  verified->command_id = c->command[CMD_ID].bytes;
  verified->operation = c->command[CMD_OPERATION].bytes;
  verified->arguments = c->command[CMD_ARGUMENTS].bytes;
  verified->sequence = c->command[CMD_SEQUENCE].number;
  verified->execute_by_ms = c->common[ST_EXECUTE_BY].number;
  verified->touched_at_ms = c->last_touch;
  verified->next_pins = verified->arguments;
  if (c->kind != OF_PINS) verified->next_pins.size = 0;
  verified->reservation = c->reservation;
  verified->unbind = c->kind == OF_UNBIND;
  return U2FI_OK;
}

/* A command without proof. */
static u2fi_reason free_target_step(u2fi_context *c) {
  return c->blank ? U2FI_OPERATION_NOT_FREE : check_own_target(c);
}

static u2fi_reason free_rule_step(u2fi_context *c) {
  u2fi_effective_rule(c->present, &c->command[CMD_OPERATION].bytes, &c->rule);
  return c->rule.kind == KIND_FREE ? U2FI_OK : U2FI_OPERATION_NOT_FREE;
}

/* Runs the steps from `first` on; kSteps ends both lists with NULL. */
static u2fi_reason run(const u2fi_input *in, u2fi_verified *verified,
                       size_t first) {
  /* each_approval() runs the steps CHALLENGE to RELAY. */
  static u2fi_reason (*const kSteps[])(u2fi_context *) = {
      read_proof,     sizes_step, format_step,      agreement_step,
      purpose_step,   target_step, deadlines_step,  path_step,
      each_approval,  rule_step,  pins_step,        NULL,
      read_command,   free_target_step, free_rule_step, NULL};
  static const uint8_t kNames[] = {
      U2FI_STEP_FORMAT,    U2FI_STEP_SIZES,     U2FI_STEP_FORMAT,
      U2FI_STEP_AGREEMENT, U2FI_STEP_PURPOSE,   U2FI_STEP_TARGET,
      U2FI_STEP_DEADLINES, U2FI_STEP_PATH,      U2FI_STEP_CHALLENGE,
      U2FI_STEP_RULE,      U2FI_STEP_PINS,      0,
      U2FI_STEP_FORMAT,    U2FI_STEP_TARGET,    U2FI_STEP_RULE};
  u2fi_context c;
  u2fi_reason reason;
  verified->step = U2FI_STEP_FORMAT;
  reason = start(&c, in);
  for (; reason == U2FI_OK && kSteps[first] != NULL; ++first) {
    c.step = (u2fi_step)kNames[first];
    reason = kSteps[first](&c);
    verified->step = c.step;
  }
  return reason == U2FI_OK ? finish(&c, verified) : reason;
}

u2fi_reason u2fi_verify(const u2fi_input *in, u2fi_verified *verified) {
  verified->step = U2FI_STEP_SIZES;
  return in->proof.size > 16 * 1024 ? U2FI_PROOF_SIZE : run(in, verified, 0);
}

u2fi_reason u2fi_verify_free(const u2fi_input *in, u2fi_verified *verified) {
  verified->step = U2FI_STEP_SIZES;
  return in->command.size > 4096 ? U2FI_PROOF_SIZE : run(in, verified, 12);
}
