#include "services/common/proof/command_text.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"

namespace u2fi::proof {
namespace {

template <typename T>
absl::StatusOr<T> ArgumentsOf(const v1::Command& command) {
  return Parse<T>(command.arguments(), kMaxArguments, reason::kArgumentsFormat);
}

// Whose the device is afterwards, and what it then does without a touch.
absl::StatusOr<std::string> PinsText(const v1::Command& command) {
  ASSIGN_OR_RETURN(const PinSet pins, PinSet::Parse(command.arguments()));
  std::string text = absl::StrCat(" owner ", pins.fields().account(), " keys ",
                                  pins.fields().keys_size());
  bool first = true;
  for (const v1::OperationRule& entry : pins.fields().rules()) {
    if (entry.rule().kind() != v1::RULE_KIND_FREE) continue;
    absl::StrAppend(&text, first ? " free " : " ", entry.operation());
    first = false;
  }
  return text;
}

absl::StatusOr<std::string> TokenText(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ArgumentsOf<v1::TokenArguments>(command));
  return absl::StrCat(" key ", arguments.token_id());
}

absl::StatusOr<std::string> GatewaysText(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ArgumentsOf<v1::AccountGatewaysArguments>(command));
  std::string text = " own gateways";
  for (const v1::AccountGateway& gateway : arguments.gateways()) {
    absl::StrAppend(&text, " ", gateway.id());
  }
  return text;
}

absl::StatusOr<std::string> PolicyText(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ArgumentsOf<v1::AccountPolicyArguments>(command));
  std::string text = arguments.rules().empty() ? " no rules" : " rules";
  for (const v1::OperationRule& rule : arguments.rules()) {
    absl::StrAppend(&text, " ", rule.operation(), "=", RuleName(rule.rule()));
  }
  return text;
}

absl::StatusOr<std::string> GatewayKeyText(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ArgumentsOf<v1::GatewayKeyArguments>(command));
  ASSIGN_OR_RETURN(const auto key,
                   crypto::P256PublicKey::FromPoint(arguments.new_point()));
  return absl::StrCat(" gateway ", arguments.gateway(), " new key ",
                      crypto::Hex(crypto::View(key.SpkiHash())).substr(0, 16));
}

absl::StatusOr<std::string> PolicyChangeText(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ArgumentsOf<v1::PolicyChangeArguments>(command));
  std::string text = absl::StrCat(" ", arguments.resource(), " looser");
  for (const std::string& looser : arguments.looser()) {
    absl::StrAppend(&text, " ", looser);
  }
  return text;
}

struct Describer {
  absl::string_view arguments;  // As operations.proto names them.
  absl::StatusOr<std::string> (*describe)(const v1::Command&);
};
constexpr Describer kDescribers[] = {
    {"u2fi.proof.v1.PinSet", PinsText},
    {"u2fi.proof.v1.TokenArguments", TokenText},
    {"u2fi.proof.v1.AccountGatewaysArguments", GatewaysText},
    {"u2fi.proof.v1.AccountPolicyArguments", PolicyText},
    {"u2fi.proof.v1.GatewayKeyArguments", GatewayKeyText},
    {"u2fi.proof.v1.PolicyChangeArguments", PolicyChangeText}};

std::string ArgumentsText(const v1::Command& command) {
  if (command.arguments().empty()) return "";
  if (!IsReserved(command.operation())) {
    return absl::StrCat(" ", command.arguments());
  }
  const v1::OperationInfo* const row = FindReserved(command.operation());
  for (const Describer& describer : kDescribers) {
    if (row == nullptr || row->arguments() != describer.arguments) continue;
    const auto text = describer.describe(command);
    return text.ok() ? *text : " (unreadable)";
  }
  // Its name says it all.
  return "";
}

}  // namespace

std::string CommandText(const v1::Command& command) {
  return VisibleText(absl::StrCat(command.operation(), " on ", command.device(),
                                  ArgumentsText(command)));
}

}  // namespace u2fi::proof
