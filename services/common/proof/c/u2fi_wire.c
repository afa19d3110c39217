/* The strict protobuf profile, ids, and the rules of single messages. */
#include "u2fi_internal.h"

/* ---- bytes ---- */

int u2fi_same(const uint8_t *a, const uint8_t *b, size_t size) {
  while (size > 0) {
    --size;
    if (a[size] != b[size]) return 0;
  }
  return 1;
}

int u2fi_equal(const u2fi_bytes *a, const u2fi_bytes *b) {
  return a->size == b->size && u2fi_same(a->data, b->data, a->size);
}

static void view_text(const char *text, u2fi_bytes *view) {
  view->data = (const uint8_t *)text;
  view->size = 0;
  while (text[view->size] != '\0') ++view->size;
}

int u2fi_is(const u2fi_bytes *a, const char *text) {
  u2fi_bytes view;
  view_text(text, &view);
  return u2fi_equal(a, &view);
}

int u2fi_skip(u2fi_bytes *in, const uint8_t *bytes, size_t size) {
  if (in->size < size || !u2fi_same(in->data, bytes, size)) return 0;
  in->data += size;
  in->size -= size;
  return 1;
}

int u2fi_skip_text(u2fi_bytes *in, const char *text) {
  u2fi_bytes view;
  view_text(text, &view);
  return u2fi_skip(in, view.data, view.size);
}

void u2fi_hash(const u2fi_crypto *crypto, const char *text,
               const u2fi_bytes *bytes, uint8_t *digest) {
  u2fi_bytes view;
  view_text(text, &view);
  crypto->sha256(crypto->context, &view, bytes, digest);
}

/* ---- wire ---- */

static const u2fi_bytes kNothing = {NULL, 0};

static int take_varint(u2fi_bytes *in, uint64_t *value) {
  unsigned shift;
  *value = 0;
  for (shift = 0; shift < 70 && in->size > 0; shift += 7) {
    const uint8_t byte = *in->data++;
    --in->size;
    /* The tenth byte holds one bit; a last byte of zero is not minimal. */
    if (shift == 63 && byte > 1) return 0;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return byte != 0 || shift == 0;
  }
  return 0;
}

static int take_content(u2fi_bytes *in, u2fi_bytes *content) {
  uint64_t size;
  if (!take_varint(in, &size) || size == 0 || size > in->size) return 0;
  content->data = in->data;
  content->size = (size_t)size;
  in->data += content->size;
  in->size -= content->size;
  return 1;
}

int u2fi_take(u2fi_bytes *occurrences, u2fi_bytes *content) {
  uint64_t tag;
  return occurrences->size > 0 && take_varint(occurrences, &tag) &&
         take_content(occurrences, content);
}

/* ---- ids ---- */

enum { LOWER = 1, DIGIT = 2, HYPHEN = 4, DOT = 8, HEX = 16, BASE32 = 32 };

static int class_of(uint8_t c) {
  if (c >= 'a' && c <= 'f') return LOWER | HEX | BASE32;
  if (c >= 'g' && c <= 'z') return LOWER | BASE32;
  if (c >= '2' && c <= '7') return DIGIT | HEX | BASE32;
  if (c >= '0' && c <= '9') return DIGIT | HEX;
  if (c == '-') return HYPHEN;
  return c == '.' || c == '_' ? DOT : 0;
}

/* 1 to 64 characters of the classes. */
static int is_of(const u2fi_bytes *text, int classes) {
  size_t i;
  for (i = 0; i < text->size; ++i) {
    if ((class_of(text->data[i]) & classes) == 0) return 0;
  }
  return i - 1 < 64;
}

int u2fi_is_id(const u2fi_bytes *text) {
  return is_of(text, LOWER | DIGIT | HYPHEN) && text->data[0] != '-' &&
         text->data[text->size - 1] != '-';
}

int u2fi_is_reserved(const u2fi_bytes *operation) {
  u2fi_bytes rest = *operation;
  return u2fi_skip_text(&rest, "u2fi.");
}

/* ---- messages by their schemas ---- */

static int number_ok(uint64_t number, char kind) {
  if (kind == 'f' || kind == 'v') return number == 1;
  if (kind == 'u' && number > 0xffffffffu) return 0;
  return number != 0 && (kind == 'u' || kind == 'l');
}

static int content_ok(const u2fi_bytes *content, char kind) {
  switch (kind) {
    case 'i':
      return u2fi_is_id(content);
    case 'o':
      return is_of(content, LOWER | DIGIT | HYPHEN | DOT);
    case 'h':
      return content->size == 32;
    case 'p':
      return content->size == 65 && content->data[0] == 4;
    default:
      return kind == 'b' || kind == 'r';
  }
}

int u2fi_parse(const u2fi_bytes *bytes, const char *schema, u2fi_slot *slots) {
  u2fi_bytes in = *bytes, content;
  uint64_t tag;
  uint32_t number, last = 0, i;
  uint32_t fields = 0;
  while (schema[fields] != '\0') ++fields;
  /* The view covers the number: see the assertion in u2fi_internal.h. */
  for (i = 0; i <= fields; ++i) slots[i].bytes = kNothing;
  while (in.size > 0) {
    const uint8_t *const start = in.data;
    u2fi_slot *slot;
    char kind;
    if (!take_varint(&in, &tag) || tag > 8 * fields + 7) return 0;
    number = (uint32_t)tag >> 3;
    if (number == 0) return 0;
    slot = &slots[number];
    /* In lower case. */
    kind = (char)(schema[number - 1] | 0x20);
    if (number < last || (number == last && kind != 'r')) return 0;
    if ((tag & 7) == 0) {
      if (!take_varint(&in, &slot->number) || !number_ok(slot->number, kind)) {
        return 0;
      }
    } else if ((tag & 7) != 2 || !take_content(&in, &content) ||
               !content_ok(&content, kind)) {
      return 0;
    } else if (kind != 'r') {
      slot->bytes = content;
    } else {
      if (number != last) slot->bytes.data = start;
      slot->bytes.size = (size_t)(in.data - slot->bytes.data);
    }
    last = number;
  }
  for (i = 1; i <= fields; ++i) {
    if (schema[i - 1] < 'a' && slots[i].number == 0) return 0;
  }
  return 1;
}

/* ---- rules beyond the schemas ---- */

static int is_command_id(const u2fi_bytes *text) {
  /* 26 characters hold 130 bits; the last two must be zero. */
  const uint8_t last = text->size == 26 ? text->data[25] : 0;
  return is_of(text, BASE32) &&
         (last == '4' || (last >= 'a' && (last - 'a') % 4 == 0));
}

static int is_requester(const u2fi_bytes *text) {
  u2fi_bytes rest = *text;
  while (rest.size > 0 && *rest.data > 0x20 && *rest.data < 0x7f) {
    ++rest.data;
    --rest.size;
  }
  return text->size <= 512 && rest.size < text->size &&
         u2fi_skip_text(&rest, " ") && u2fi_is_id(&rest);
}

u2fi_reason u2fi_check_command(const u2fi_slot *command) {
  const u2fi_bytes *const operation = &command[CMD_OPERATION].bytes;
  if (!is_command_id(&command[CMD_ID].bytes) ||
      command[CMD_INDEX].number >= 1000 ||
      command[CMD_ARGUMENTS].bytes.size > 2048) {
    return U2FI_COMMAND_FORMAT;
  }
  return !u2fi_is_reserved(operation) || u2fi_is(operation, "u2fi.pins") ||
                 u2fi_is(operation, "u2fi.grant") ||
                 u2fi_is(operation, "u2fi.unbind")
             ? U2FI_OK
             : U2FI_OPERATION_UNKNOWN;
}

int u2fi_statement_ok(const u2fi_slot *s, u2fi_slot *required) {
  const uint64_t purpose = s[ST_PURPOSE].number;
  const int on_account = purpose <= FOR_TOKEN;
  /* A statement in a proof is always for a batch: never for PRESENCE. */
  return purpose <= FOR_BREAK_GLASS && purpose != FOR_PRESENCE &&
         s[ST_SIZE].number <= 1000 &&
         on_account == (s[ST_SITE].bytes.size == 0) &&
         (!on_account || s[ST_PINS_REVISION].number == 0) &&
         is_of(&s[ST_EPOCH].bytes, LOWER | DIGIT) &&
         is_requester(&s[ST_REQUESTER].bytes) &&
         s[ST_REQUEST_ID].bytes.size == 32 &&
         is_of(&s[ST_REQUEST_ID].bytes, HEX) &&
         u2fi_parse(&s[ST_REQUIRED].bytes, U2FI_REQUIRED, required) &&
         required[REQUIRED_LEVEL].number <= 2;
}
