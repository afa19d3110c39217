#include "services/common/proof/c/fake_kit.h"

extern "C" {
#include "services/common/proof/c/u2fi_internal.h"
}

namespace u2fi::proof {

namespace {

uint8_t Bit(bool value) { return value ? 1 : 0; }

u2fi_rule KitRule(const v1::Rule& rule) {
  return {static_cast<uint8_t>(rule.kind()),
          static_cast<uint8_t>(rule.approvals()),
          Bit(rule.distinct_gateways()),
          Bit(rule.distinct_sites()),
          Bit(rule.uv()),
          static_cast<uint8_t>(rule.level()),
          static_cast<uint8_t>(rule.roles()),
          Bit(rule.browser_ok()),
          Bit(rule.lessee())};
}

}  // namespace

bool KitParsesCommand(const std::string& bytes) {
  const u2fi_bytes view = KitBytes(bytes);
  u2fi_slot slots[U2FI_SLOTS(U2FI_COMMAND)];
  return u2fi_parse(&view, U2FI_COMMAND, slots) &&
         u2fi_check_command(slots) == U2FI_OK;
}

bool KitParsesStatement(const std::string& bytes) {
  const u2fi_bytes view = KitBytes(bytes);
  u2fi_slot slots[U2FI_SLOTS(U2FI_STATEMENT)];
  u2fi_slot required[U2FI_SLOTS(U2FI_REQUIRED)];
  return bytes.size() <= 2048 && u2fi_parse(&view, U2FI_STATEMENT, slots) &&
         u2fi_statement_ok(slots, required);
}

bool KitIsAtLeastAsStrict(const v1::Rule& a, const v1::Rule& b) {
  const u2fi_rule first = KitRule(a), second = KitRule(b);
  return u2fi_at_least_as_strict(&first, &second) != 0;
}

bool KitParsesPins(const std::string& bytes) {
  const u2fi_bytes view = KitBytes(bytes);
  u2fi_slot slots[U2FI_SLOTS(U2FI_PINS)];
  return u2fi_parse_pins(&view, slots) != 0;
}

}  // namespace u2fi::proof
