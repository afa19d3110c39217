#include "tools/device-emulator/fake_agent.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"

namespace u2fi::device {
namespace {

void AddRule(proof::v1::PinSet& pins, const char* operation,
             proof::v1::Rule rule) {
  proof::v1::OperationRule& row = *pins.add_rules();
  row.set_operation(operation);
  *row.mutable_rule() = std::move(rule);
}

proof::PinSet Genesis(const proof::FakeSite& site) {
  proof::v1::PinSet pins = site.FirstPins();
  pins.mutable_keys()->DeleteSubrange(1, pins.keys_size() - 1);
  pins.mutable_gateways()->DeleteSubrange(1, pins.gateways_size() - 1);
  pins.clear_lease_issuers();
  pins.clear_rules();
  AddRule(pins, "device.identify", proof::FreeRule());
  AddRule(pins, "lock.lock", proof::ForbiddenRule());
  AddRule(pins, "settings.set", proof::TouchUvRule());
  return proof::PinSet::Encode(pins).value();
}

}  // namespace

FakeAgent::FakeAgent() : genesis_(Genesis(site)) {}

std::string FakeAgent::CommandBytes(absl::string_view operation,
                                    uint64_t sequence,
                                    absl::string_view arguments) const {
  proof::v1::Command command = site.Command(operation, arguments);
  // Another command of its own for each sequence number.
  command.set_command_id(crypto::Base32(
      crypto::View(crypto::Sha256(absl::StrCat(sequence))).substr(0, 16)));
  command.set_sequence(sequence);
  return proof::EncodeCommand(command).value();
}

std::string FakeAgent::ProofBytes(const std::string& command,
                                  proof::v1::Purpose purpose) {
  proof::FakeRequest request;
  request.purpose = purpose;
  request.commands = {command};
  request.touches = {{&site.alice, &site.gw1}};
  return proof::Encode(site.Prove(request));
}

std::string FakeAgent::Command(const std::string& command,
                               const std::string& proof) {
  v1::ToDevice message;
  message.mutable_command()->set_command(command);
  message.mutable_command()->set_proof(proof);
  return message.SerializeAsString();
}

std::string FakeAgent::Touched(absl::string_view operation, uint64_t sequence,
                               absl::string_view arguments) {
  const std::string command = CommandBytes(operation, sequence, arguments);
  return Command(command, ProofBytes(command));
}

std::string FakeAgent::GenesisCommand() const {
  return CommandBytes(proof::kOperationPins, 1, genesis_.bytes());
}

std::string FakeAgent::Stage(const std::string& tx,
                             uint32_t fail_safe_ms) const {
  v1::ToDevice message;
  message.mutable_stage()->set_tx(tx);
  message.mutable_stage()->set_command(GenesisCommand());
  message.mutable_stage()->set_fail_safe_ms(fail_safe_ms);
  return message.SerializeAsString();
}

std::string FakeAgent::StageOf(const proof::v1::PinSet& pins) const {
  v1::ToDevice message;
  message.mutable_stage()->set_tx("tx-1");
  message.mutable_stage()->set_command(
      CommandBytes(proof::kOperationPins, 1, proof::Encode(pins)));
  message.mutable_stage()->set_fail_safe_ms(60'000);
  return message.SerializeAsString();
}

std::string FakeAgent::Commit(const std::string& tx, const std::string& jwt) {
  v1::ToDevice message;
  message.mutable_commit()->set_tx(tx);
  message.mutable_commit()->set_proof(
      ProofBytes(GenesisCommand(), proof::v1::PURPOSE_PROVISION));
  if (!jwt.empty())
    message.mutable_commit()->mutable_access_token()->set_jwt(jwt);
  return message.SerializeAsString();
}

std::string FakeAgent::Rollback(const std::string& tx) const {
  v1::ToDevice message;
  message.mutable_rollback()->set_tx(tx);
  return message.SerializeAsString();
}

std::string FakeAgent::Update(const proof::v1::PinSet& next,
                              uint64_t sequence) {
  const std::string command =
      CommandBytes(proof::kOperationPins, sequence, proof::Encode(next));
  v1::ToDevice message;
  message.mutable_pins_update()->set_command(command);
  message.mutable_pins_update()->set_proof(
      ProofBytes(command, proof::v1::PURPOSE_PINS));
  return message.SerializeAsString();
}

std::string FakeAgent::Release(uint64_t sequence) {
  proof::v1::UnbindArguments arguments;
  arguments.set_format(1);
  arguments.set_pins_hash(crypto::ToString(genesis_.hash()));
  const std::string command =
      CommandBytes(proof::kOperationUnbind, sequence, proof::Encode(arguments));
  v1::ToDevice message;
  message.mutable_release()->set_command(command);
  message.mutable_release()->set_proof(
      ProofBytes(command, proof::v1::PURPOSE_UNBIND));
  return message.SerializeAsString();
}

std::string FakeAgent::Status(uint64_t sequence) const {
  v1::ToDevice message;
  message.mutable_status()->set_sequence(sequence);
  return message.SerializeAsString();
}

std::string FakeAgent::Token(const std::string& jwt) const {
  v1::ToDevice message;
  message.mutable_access_token()->set_jwt(jwt);
  return message.SerializeAsString();
}

std::string FakeAgent::Jwt(uint64_t issued_s, uint64_t life_s,
                           const std::string& device) const {
  return absl::StrCat(
      "h.",
      crypto::Base64Url(absl::StrCat(
          R"({"sub":")", device, R"(","tenant":"acme","jti":"j-)", issued_s,
          R"(","iat":)", issued_s, R"(,"exp":)", issued_s + life_s, "}")),
      ".s");
}

}  // namespace u2fi::device
