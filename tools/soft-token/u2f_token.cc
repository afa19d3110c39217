#include "tools/soft-token/u2f_token.h"

#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"

namespace u2fi::soft_token {
namespace {

using u2fhid::AuthenticateRequest;
using u2fhid::AuthenticateResponse;
using u2fhid::CommandApdu;
using u2fhid::Control;
using u2fhid::Instruction;
using u2fhid::RegisterRequest;
using u2fhid::RegisterResponse;
using u2fhid::StatusWord;

U2fToken::Outcome Refuse(StatusWord status) {
  return {u2fhid::EncodeStatus(status)};
}

U2fToken::Outcome NeedTouch() {
  return {u2fhid::EncodeStatus(StatusWord::kTouchNeeded), true};
}

U2fToken::Outcome Answer(std::string data) {
  return {u2fhid::EncodeResponse({std::move(data), StatusWord::kOk})};
}

U2fToken::Outcome Version(const CommandApdu& command) {
  if (!command.data.empty()) return Refuse(StatusWord::kWrongLength);
  return Answer("U2F_V2");
}

// The status word for a request that could not be parsed.
StatusWord StatusFor(const absl::Status& error) {
  return MetadataOf(error)["rule"] == "u2f_control" ? StatusWord::kWrongData
                                                    : StatusWord::kWrongLength;
}

}  // namespace

U2fToken::Outcome U2fToken::Handle(absl::string_view apdu) {
  const absl::StatusOr<CommandApdu> command = u2fhid::ParseCommand(apdu);
  if (!command.ok()) return Refuse(StatusWord::kWrongLength);
  if (command->cla != 0) return Refuse(StatusWord::kBadClass);
  switch (static_cast<Instruction>(command->ins)) {
    case Instruction::kRegister:
      return Register(*command);
    case Instruction::kAuthenticate:
      return Authenticate(*command);
    case Instruction::kVersion:
      return Version(*command);
  }
  return Refuse(StatusWord::kBadInstruction);
}

U2fToken::Outcome U2fToken::Register(const CommandApdu& command) {
  const absl::StatusOr<RegisterRequest> request =
      u2fhid::ToRegisterRequest(command);
  if (!request.ok()) return Refuse(StatusFor(request.status()));
  if (!touch_.Take()) return NeedTouch();
  RegisterResponse response;
  response.key_handle = key_handles_.Make(
      request->application, random_.Bytes(KeyHandles::kNonceSize));
  const absl::StatusOr<crypto::P256PrivateKey> key =
      key_handles_.Open(request->application, response.key_handle);
  if (!key.ok()) return Refuse(StatusWord::kUnspecified);
  response.public_key = key->public_key().point();
  response.certificate = identity_.certificate;
  response.signature = identity_.attestation_key.Sign(
      crypto::Sha256(u2fhid::RegistrationSignedBytes(*request, response)));
  return Answer(u2fhid::EncodeRegisterResponse(response));
}

U2fToken::Outcome U2fToken::Authenticate(const CommandApdu& command) {
  const absl::StatusOr<AuthenticateRequest> request =
      u2fhid::ToAuthenticateRequest(command);
  if (!request.ok()) return Refuse(StatusFor(request.status()));
  const absl::StatusOr<crypto::P256PrivateKey> key =
      key_handles_.Open(request->application, request->key_handle);
  if (!key.ok()) return Refuse(StatusWord::kWrongData);
  if (request->control == Control::kCheckOnly) {
    return Refuse(StatusWord::kTouchNeeded);
  }
  if (request->control == Control::kEnforceTouch && !touch_.Take()) {
    return NeedTouch();
  }
  return Sign(*request, *key);
}

U2fToken::Outcome U2fToken::Sign(const AuthenticateRequest& request,
                                 const crypto::P256PrivateKey& key) {
  const absl::StatusOr<uint32_t> counter = counter_.Next();
  if (!counter.ok()) return Refuse(StatusWord::kUnspecified);
  AuthenticateResponse response;
  response.presence = request.control == Control::kEnforceTouch ? 1 : 0;
  response.counter = *counter;
  const crypto::P256PrivateKey signer =
      foreign_ ? crypto::P256PrivateKey::Generate() : key;
  response.signature = signer.Sign(
      crypto::Sha256(u2fhid::AuthenticationSignedBytes(request, response)));
  return Answer(u2fhid::EncodeAuthenticateResponse(response));
}

}  // namespace u2fi::soft_token
