#ifndef U2FI_TOOLS_SOFT_TOKEN_PIN_PLATFORM_H_
#define U2FI_TOOLS_SOFT_TOKEN_PIN_PLATFORM_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/cbor.h"
#include "services/common/random/fake_random_source.h"
#include "tools/soft-token/client_pin.h"

namespace u2fi::soft_token {

// The other side of authenticatorClientPIN, for tests: makes right requests
// (CTAP 2.1, 6.5.5), which a test may break, and keeps the token that it got.
class PinPlatform {
 public:
  // `pin` must outlive this object. `protocol` is 1 or 2.
  PinPlatform(ClientPin& pin, int protocol)
      : pin_(pin), protocol_(protocol, random_) {}

  ClientPinRequest Set(const std::string& pin) {
    ClientPinRequest request = Begin(PinCommand::kSetPin);
    request.new_pin = EncryptedPin(pin);
    request.proof = protocol_.Authenticate(secret_, *request.new_pin);
    return request;
  }
  ClientPinRequest Change(const std::string& from, const std::string& to) {
    ClientPinRequest request = Begin(PinCommand::kChangePin);
    request.new_pin = EncryptedPin(to);
    request.pin_hash = EncryptedHash(from);
    request.proof = protocol_.Authenticate(
        secret_, absl::StrCat(*request.new_pin, *request.pin_hash));
    return request;
  }
  // As CTAP 2.0 asks.
  ClientPinRequest Token(const std::string& pin) {
    ClientPinRequest request = Begin(PinCommand::kGetToken);
    request.pin_hash = EncryptedHash(pin);
    return request;
  }
  ClientPinRequest Token(const std::string& pin, int64_t permissions,
                         const std::string& rp_id) {
    ClientPinRequest request = Token(pin);
    request.command = PinCommand::kGetTokenWithPermissions;
    request.permissions = permissions;
    request.rp_id = rp_id;
    return request;
  }

  // Asks for a token and keeps it if it comes.
  Ctap2Status Ask(const ClientPinRequest& request) {
    const ClientPin::Outcome outcome = pin_.Handle(request);
    if (outcome.status != Ctap2Status::kOk) return outcome.status;
    const fido::CborValue answer = *fido::ParseCbor(outcome.cbor);
    token_ = *protocol_.Decrypt(secret_, *answer.Find(2)->AsBytes());
    return outcome.status;
  }
  Ctap2Status GetToken(const std::string& pin, int64_t permissions,
                       const std::string& rp_id) {
    return Ask(Token(pin, permissions, rp_id));
  }

  // pinUvAuthParam over `hash` by the token that it got last.
  std::string Proof(const std::string& hash) const {
    return protocol_.Authenticate(token_, hash);
  }

  // Encrypts 64 bytes, or as many as a test wants.
  std::string EncryptedPin(const std::string& pin, size_t size = 64) {
    std::string padded = pin;
    padded.resize(size, '\0');
    return protocol_.Encrypt(secret_, padded);
  }

 private:
  // With a secret that is agreed on afresh.
  ClientPinRequest Begin(PinCommand command) {
    ClientPinRequest request;
    request.command = PinCommand::kGetKeyAgreement;
    request.protocol = protocol_.version();
    const fido::CborValue answer = *fido::ParseCbor(pin_.Handle(request).cbor);
    const fido::CborValue* key = answer.Find(1);
    secret_ = *protocol_.Agree(absl::StrCat("\x04", *key->Find(-2)->AsBytes(),
                                            *key->Find(-3)->AsBytes()));
    request.command = command;
    request.peer = protocol_.PublicKey().point();
    return request;
  }
  std::string EncryptedHash(const std::string& pin) {
    return protocol_.Encrypt(
        secret_, crypto::ToString(crypto::Sha256(pin)).substr(0, 16));
  }

  FakeRandomSource random_{77};
  ClientPin& pin_;
  PinProtocol protocol_;
  std::string secret_;
  std::string token_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_PIN_PLATFORM_H_
