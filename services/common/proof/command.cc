#include "services/common/proof/command.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/strict.h"

namespace u2fi::proof {
namespace {

constexpr size_t kDigest = 32;
constexpr size_t kPoint = 65;

absl::Status FieldProblem(const char* field) {
  return Error(reason::kCommandFormat,
               absl::StrCat("Command.", field, " is not valid"),
               {{"field", field}});
}

absl::Status ArgumentsError() {
  return Error(reason::kArgumentsFormat,
               "the arguments are not those of this operation");
}

// Acts on accounts have neither gateway nor sequence, everything else both.
absl::Status CheckTarget(const v1::Command& command, bool on_account) {
  if (!on_account && !IsId(command.device())) return FieldProblem("device");
  if (on_account ? !command.gateway().empty() : !IsId(command.gateway())) {
    return FieldProblem("gateway");
  }
  if (on_account != (command.sequence() == 0)) return FieldProblem("sequence");
  return absl::OkStatus();
}

absl::Status CheckOperation(const v1::Command& command, bool on_account) {
  const v1::OperationInfo* row = FindReserved(command.operation());
  if (row == nullptr && IsReserved(command.operation())) {
    return Error(reason::kOperationUnknown, "no such reserved operation",
                 {{"operation", command.operation()}});
  }
  const bool for_account = row != nullptr && row->on_account();
  return for_account == on_account ? absl::OkStatus()
                                   : FieldProblem("operation");
}

template <typename T>
absl::StatusOr<T> ParseArguments(const v1::Command& command) {
  return Parse<T>(command.arguments(), kMaxArguments, reason::kArgumentsFormat);
}

absl::Status Expect(bool valid) {
  return valid ? absl::OkStatus() : ArgumentsError();
}

absl::Status CheckEnrol(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ParseArguments<v1::EnrolArguments>(command));
  const bool lease_site_ok =
      arguments.lease_site().empty() || IsId(arguments.lease_site());
  return Expect(arguments.format() == 1 && IsId(arguments.token_id()) &&
                arguments.registration_digest().size() == kDigest &&
                arguments.level() <= 2 && lease_site_ok);
}

absl::Status CheckToken(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ParseArguments<v1::TokenArguments>(command));
  return Expect(arguments.format() == 1 && IsId(arguments.token_id()));
}

absl::Status CheckAccountGateways(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ParseArguments<v1::AccountGatewaysArguments>(command));
  const size_t previous = arguments.previous().size();
  const int count = arguments.gateways_size();
  bool valid = arguments.format() == 1 && count >= 1 && count <= 16 &&
               (previous == 0 || previous == kDigest);
  absl::string_view last;
  for (const v1::AccountGateway& gateway : arguments.gateways()) {
    valid = valid && IsId(gateway.id()) && last < gateway.id() &&
            gateway.channel_key().size() == kDigest;
    last = gateway.id();
  }
  return Expect(valid);
}

absl::Status CheckAccountPolicy(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ParseArguments<v1::AccountPolicyArguments>(command));
  bool valid = arguments.format() == 1 && arguments.rules_size() <= 24;
  absl::string_view last;
  for (const v1::OperationRule& rule : arguments.rules()) {
    valid = valid && IsOperation(rule.operation()) && last < rule.operation() &&
            rule.has_rule();
    last = rule.operation();
  }
  return Expect(valid);
}

absl::Status CheckGatewayKey(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ParseArguments<v1::GatewayKeyArguments>(command));
  return Expect(arguments.format() == 1 && IsId(arguments.gateway()) &&
                arguments.old_channel_key().size() == kDigest &&
                arguments.new_point().size() == kPoint);
}

absl::Status CheckPolicyChange(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ParseArguments<v1::PolicyChangeArguments>(command));
  const int count = arguments.looser_size();
  bool valid = arguments.format() == 1 && !arguments.resource().empty() &&
               arguments.change().size() == kDigest && count >= 1 &&
               count <= 16;
  absl::string_view last;
  for (const std::string& looser : arguments.looser()) {
    valid = valid && last < looser;
    last = looser;
  }
  return Expect(valid);
}

absl::Status CheckGrant(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ParseArguments<v1::GrantArguments>(command));
  return Expect(arguments.format() == 1 &&
                arguments.grant_header_hash().size() == kDigest &&
                arguments.ssid_hash().size() == kDigest);
}

absl::Status CheckUnbind(const v1::Command& command) {
  ASSIGN_OR_RETURN(const auto arguments,
                   ParseArguments<v1::UnbindArguments>(command));
  return Expect(arguments.format() == 1 &&
                arguments.pins_hash().size() == kDigest);
}

struct Checker {
  absl::string_view arguments;  // As operations.proto names them.
  absl::Status (*check)(const v1::Command&);
};
constexpr Checker kCheckers[] = {
    {"u2fi.proof.v1.EnrolArguments", CheckEnrol},
    {"u2fi.proof.v1.TokenArguments", CheckToken},
    {"u2fi.proof.v1.AccountGatewaysArguments", CheckAccountGateways},
    {"u2fi.proof.v1.AccountPolicyArguments", CheckAccountPolicy},
    {"u2fi.proof.v1.GatewayKeyArguments", CheckGatewayKey},
    {"u2fi.proof.v1.PolicyChangeArguments", CheckPolicyChange},
    {"u2fi.proof.v1.GrantArguments", CheckGrant},
    {"u2fi.proof.v1.UnbindArguments", CheckUnbind}};

}  // namespace

absl::Status CheckCommand(const v1::Command& command) {
  if (command.format() != 1) return FieldProblem("format");
  if (!IsCommandId(command.command_id())) return FieldProblem("command_id");
  if (command.index() >= kMaxBatch) return FieldProblem("index");
  if (!IsOperation(command.operation())) return FieldProblem("operation");
  if (command.arguments().size() > kMaxArguments) {
    return FieldProblem("arguments");
  }
  const bool on_account = AccountOfTarget(command.device()).has_value();
  RETURN_IF_ERROR(CheckTarget(command, on_account));
  return CheckOperation(command, on_account);
}

absl::StatusOr<std::string> EncodeCommand(const v1::Command& command) {
  RETURN_IF_ERROR(CheckCommand(command));
  return Encode(command);
}

absl::StatusOr<v1::Command> ParseCommand(absl::string_view bytes) {
  ASSIGN_OR_RETURN(
      v1::Command command,
      Parse<v1::Command>(bytes, kMaxCommand, reason::kCommandFormat));
  RETURN_IF_ERROR(CheckCommand(command));
  return command;
}

absl::Status CheckArguments(const v1::Command& command) {
  const v1::OperationInfo* row = FindReserved(command.operation());
  if (row == nullptr || row->name() == kOperationPins) return absl::OkStatus();
  for (const Checker& checker : kCheckers) {
    if (checker.arguments == row->arguments()) return checker.check(command);
  }
  return ArgumentsError();
}

}  // namespace u2fi::proof
