#include "tools/soft-token/client_pin.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/status/error.h"

namespace u2fi::soft_token {
namespace {

namespace cbor = fido::cbor;

constexpr size_t kPaddedPin = 64;
constexpr size_t kHashSize = 16;
constexpr int64_t kBoth =
    permission::kMakeCredential | permission::kGetAssertion;

std::string HashOf(absl::string_view pin) {
  return crypto::ToString(crypto::Sha256(pin)).substr(0, kHashSize);
}

// At least kMinCharacters code points (all but UTF-8's continuation bytes
// begin one), at most kMaxBytes bytes.
bool IsLongEnough(absl::string_view pin) {
  const auto begins = [](char c) { return (c & 0xc0) != 0x80; };
  return pin.size() <= ClientPin::kMaxBytes &&
         std::count_if(pin.begin(), pin.end(), begins) >=
             static_cast<ptrdiff_t>(ClientPin::kMinCharacters);
}

ClientPin::Outcome Answer(
    const std::vector<std::pair<std::string, std::string>>& pairs) {
  return {Ctap2Status::kOk, cbor::Map(pairs)};
}

// COSE_Key of ECDH-ES on P-256 in canonical order (CTAP 2.1, 6.5.6).
std::string CoseKey(const crypto::P256PublicKey& key) {
  const std::string& point = key.point();
  return cbor::Map({{cbor::Integer(1), cbor::Integer(2)},
                    {cbor::Integer(3), cbor::Integer(-25)},
                    {cbor::Integer(-1), cbor::Integer(1)},
                    {cbor::Integer(-2), cbor::Bytes(point.substr(1, 32))},
                    {cbor::Integer(-3), cbor::Bytes(point.substr(33))}});
}

Ctap2Status CheckProtocol(const absl::optional<int64_t>& protocol) {
  if (!protocol.has_value()) return Ctap2Status::kMissingParameter;
  return PinProtocol::IsKnown(*protocol) ? Ctap2Status::kOk
                                         : Ctap2Status::kInvalidParameter;
}

}  // namespace

ClientPin::Outcome ClientPin::Handle(const ClientPinRequest& request) {
  switch (request.command) {
    case PinCommand::kGetRetries:
      return GetRetries();
    case PinCommand::kGetKeyAgreement:
      return GetKeyAgreement(request);
    case PinCommand::kSetPin:
      return {SetPin(request), ""};
    case PinCommand::kChangePin:
      return {ChangePin(request), ""};
    case PinCommand::kGetToken:
      return GetToken(request);
    case PinCommand::kGetTokenWithPermissions:
      return GetTokenWithPermissions(request);
  }
  return {Ctap2Status::kInvalidSubcommand, ""};
}

ClientPin::Outcome ClientPin::GetRetries() const {
  return Answer(
      {{cbor::Integer(3), cbor::Integer(retries())},
       {cbor::Integer(4), cbor::Boolean(mismatches_ >= kMaxPinMismatches)}});
}

ClientPin::Outcome ClientPin::GetKeyAgreement(const ClientPinRequest& request) {
  const Ctap2Status status = CheckProtocol(request.protocol);
  if (status != Ctap2Status::kOk) return {status, ""};
  return Answer({{cbor::Integer(1), CoseKey(ProtocolOf(request).PublicKey())}});
}

Ctap2Status ClientPin::SetPin(const ClientPinRequest& request) {
  if (!request.new_pin.has_value() || !request.proof.has_value()) {
    return Ctap2Status::kMissingParameter;
  }
  std::string secret;
  const Ctap2Status status = Agree(request, secret);
  if (status != Ctap2Status::kOk) return status;
  PinProtocol& protocol = ProtocolOf(request);
  if (is_set() || !protocol.Verify(secret, *request.new_pin, *request.proof)) {
    return Ctap2Status::kPinAuthInvalid;
  }
  return Store(protocol, secret, *request.new_pin);
}

Ctap2Status ClientPin::ChangePin(const ClientPinRequest& request) {
  if (!request.new_pin.has_value() || !request.proof.has_value() ||
      !request.pin_hash.has_value()) {
    return Ctap2Status::kMissingParameter;
  }
  std::string secret;
  Ctap2Status status = Agree(request, secret);
  if (status != Ctap2Status::kOk) return status;
  status = MayTry();
  if (status != Ctap2Status::kOk) return status;
  PinProtocol& protocol = ProtocolOf(request);
  if (!protocol.Verify(secret,
                       absl::StrCat(*request.new_pin, *request.pin_hash),
                       *request.proof)) {
    return Ctap2Status::kPinAuthInvalid;
  }
  status = Try(protocol, secret, *request.pin_hash);
  if (status != Ctap2Status::kOk) return status;
  status = Store(protocol, secret, *request.new_pin);
  if (status == Ctap2Status::kOk) Spend();
  return status;
}

ClientPin::Outcome ClientPin::GetToken(const ClientPinRequest& request) {
  if (request.permissions.has_value() || request.rp_id.has_value()) {
    return {Ctap2Status::kInvalidParameter, ""};
  }
  return IssueToken(request, kBoth);
}

ClientPin::Outcome ClientPin::GetTokenWithPermissions(
    const ClientPinRequest& request) {
  if (!request.permissions.has_value() || !request.rp_id.has_value()) {
    return {Ctap2Status::kMissingParameter, ""};
  }
  if (*request.permissions == 0) return {Ctap2Status::kInvalidParameter, ""};
  if ((*request.permissions & ~kBoth) != 0) {
    return {Ctap2Status::kUnauthorizedPermission, ""};
  }
  return IssueToken(request, *request.permissions);
}

ClientPin::Outcome ClientPin::IssueToken(const ClientPinRequest& request,
                                         int64_t permissions) {
  if (!request.pin_hash.has_value()) {
    return {Ctap2Status::kMissingParameter, ""};
  }
  std::string secret;
  Ctap2Status status = Agree(request, secret);
  if (status == Ctap2Status::kOk) status = MayTry();
  if (status != Ctap2Status::kOk) return {status, ""};
  PinProtocol& protocol = ProtocolOf(request);
  status = Try(protocol, secret, *request.pin_hash);
  if (status != Ctap2Status::kOk) return {status, ""};
  token_ = {protocol.MakeToken(), protocol.version(), permissions,
            request.rp_id.value_or(""), clock_.Uptime() + kTokenLife};
  return Answer({{cbor::Integer(2),
                  cbor::Bytes(protocol.Encrypt(secret, token_.secret))}});
}

Ctap2Status ClientPin::Authorise(const Ctap2Options& options,
                                 int64_t permission, const std::string& rp_id,
                                 const std::string& hash) {
  const Ctap2Status status = CheckProtocol(options.pin_protocol);
  if (status != Ctap2Status::kOk) return status;
  const PinProtocol& protocol = options.pin_protocol == 1 ? one_ : two_;
  const bool is_good =
      (token_.permissions & permission) != 0 &&
      token_.protocol == protocol.version() && clock_.Uptime() < token_.until &&
      (token_.rp_id.empty() || token_.rp_id == rp_id) &&
      protocol.Verify(token_.secret, hash, options.pin_auth.value_or(""));
  if (!is_good) return Ctap2Status::kPinAuthInvalid;
  token_.rp_id = rp_id;
  return Ctap2Status::kOk;
}

void ClientPin::PowerCycle() {
  Spend();
  one_.Regenerate();
  two_.Regenerate();
  mismatches_ = 0;
}

absl::Status ClientPin::SetFirst(absl::string_view pin) {
  if (!IsLongEnough(pin) || pin.find('\0') != absl::string_view::npos) {
    return FieldError("pin", "must have 4 characters to 63 bytes");
  }
  return store_.Save({HashOf(pin), kMaxPinRetries});
}

Ctap2Status ClientPin::Agree(const ClientPinRequest& request,
                             std::string& secret) {
  const Ctap2Status status = CheckProtocol(request.protocol);
  if (status != Ctap2Status::kOk) return status;
  if (!request.peer.has_value()) return Ctap2Status::kMissingParameter;
  absl::optional<std::string> agreed = ProtocolOf(request).Agree(*request.peer);
  if (!agreed.has_value()) return Ctap2Status::kInvalidParameter;
  secret = *std::move(agreed);
  return Ctap2Status::kOk;
}

Ctap2Status ClientPin::MayTry() const {
  if (!is_set()) return Ctap2Status::kPinNotSet;
  if (retries() == 0) return Ctap2Status::kPinBlocked;
  return mismatches_ >= kMaxPinMismatches ? Ctap2Status::kPinAuthBlocked
                                          : Ctap2Status::kOk;
}

Ctap2Status ClientPin::Try(PinProtocol& protocol, const std::string& secret,
                           const std::string& encrypted) {
  PinRecord record = store_.record();
  --record.retries;
  if (!store_.Save(record).ok()) return Ctap2Status::kOther;
  const absl::optional<std::string> hash = protocol.Decrypt(secret, encrypted);
  if (hash.has_value() && crypto::ConstantTimeEquals(*hash, record.hash)) {
    mismatches_ = 0;
    record.retries = kMaxPinRetries;
    return store_.Save(record).ok() ? Ctap2Status::kOk : Ctap2Status::kOther;
  }
  protocol.Regenerate();
  ++mismatches_;
  if (record.retries == 0) return Ctap2Status::kPinBlocked;
  return mismatches_ >= kMaxPinMismatches ? Ctap2Status::kPinAuthBlocked
                                          : Ctap2Status::kPinInvalid;
}

Ctap2Status ClientPin::Store(PinProtocol& protocol, const std::string& secret,
                             const std::string& new_pin) {
  const absl::optional<std::string> padded = protocol.Decrypt(secret, new_pin);
  if (!padded.has_value()) return Ctap2Status::kPinAuthInvalid;
  if (padded->size() != kPaddedPin) return Ctap2Status::kInvalidParameter;
  const std::string pin = padded->substr(0, padded->find_last_not_of('\0') + 1);
  if (!IsLongEnough(pin)) return Ctap2Status::kPinPolicyViolation;
  return store_.Save({HashOf(pin), kMaxPinRetries}).ok() ? Ctap2Status::kOk
                                                         : Ctap2Status::kOther;
}

}  // namespace u2fi::soft_token
