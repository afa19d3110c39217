#include "tools/soft-token/ctap2_token.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/fido/cose_key.h"

namespace u2fi::soft_token {
namespace {

namespace cbor = fido::cbor;
namespace flag = fido::flag;

constexpr auto kEs256 = static_cast<int64_t>(fido::CoseAlgorithm::kEs256);

Ctap2Token::Outcome Refuse(Ctap2Status status) {
  return {EncodeCtap2Status(status)};
}
Ctap2Token::Outcome Answer(const std::string& cbor) {
  return {absl::StrCat(EncodeCtap2Status(Ctap2Status::kOk), cbor)};
}
Ctap2Token::Outcome NeedTouch() { return {"", true}; }

// A request that only asks for a touch.
bool IsChoice(const Ctap2Options& options) {
  return options.pin_auth.has_value() && options.pin_auth->empty();
}

// What the authenticator data say of the user.
uint8_t UserFlags(const Ctap2Options& options) {
  return (options.touch ? flag::kUserPresent : 0) |
         (options.pin_auth.has_value() ? flag::kUserVerified : 0);
}

std::string PublicKeyType() { return cbor::Text("public-key"); }

// COSE_Key of P-256 (RFC 9053, 7.1.1) in canonical order.
std::string CoseKey(const crypto::P256PublicKey& key) {
  const std::string& point = key.point();
  return cbor::Map({{cbor::Integer(1), cbor::Integer(2)},
                    {cbor::Integer(3), cbor::Integer(kEs256)},
                    {cbor::Integer(-1), cbor::Integer(1)},
                    {cbor::Integer(-2), cbor::Bytes(point.substr(1, 32))},
                    {cbor::Integer(-3), cbor::Bytes(point.substr(33))}});
}

std::string AuthenticatorData(absl::string_view application, uint8_t flags,
                              uint32_t counter, absl::string_view rest) {
  return absl::StrCat(application, std::string(1, static_cast<char>(flags)),
                      crypto::BigEndian32(counter), rest);
}

// Attested credential data (WebAuthn L3, 6.5.1).
std::string AttestedData(absl::string_view id,
                         const crypto::P256PublicKey& key) {
  const std::string length = {static_cast<char>(id.size() >> 8),
                              static_cast<char>(id.size())};
  return absl::StrCat(Ctap2Token::kAaguid, length, id, CoseKey(key));
}

std::string Sign(const crypto::P256PrivateKey& key, bool foreign,
                 const std::string& data, const std::string& hash) {
  const crypto::P256PrivateKey signer =
      foreign ? crypto::P256PrivateKey::Generate() : key;
  return signer.Sign(crypto::Sha256({data, hash}));
}

}  // namespace

std::string EncodeCtap2Status(Ctap2Status status) {
  return std::string(1, static_cast<char>(status));
}

Ctap2Token::Outcome Ctap2Token::Handle(absl::string_view request) {
  if (request.empty()) return Refuse(Ctap2Status::kInvalidCommand);
  const auto command = static_cast<Ctap2Command>(request[0]);
  request.remove_prefix(1);
  Ctap2Status status = Ctap2Status::kInvalidCommand;
  if (command == Ctap2Command::kGetInfo) return GetInfo();
  if (command == Ctap2Command::kMakeCredential) {
    MakeCredentialRequest parsed;
    status = ReadRequest(request, parsed);
    if (status == Ctap2Status::kOk) return MakeCredential(parsed);
  }
  if (command == Ctap2Command::kGetAssertion) {
    GetAssertionRequest parsed;
    status = ReadRequest(request, parsed);
    if (status == Ctap2Status::kOk) return GetAssertion(parsed);
  }
  if (command == Ctap2Command::kClientPin) {
    ClientPinRequest parsed;
    status = ReadRequest(request, parsed);
    if (status == Ctap2Status::kOk) return AskPin(parsed);
  }
  return Refuse(status);
}

Ctap2Token::Outcome Ctap2Token::GetInfo() const {
  std::vector<std::string> versions = {cbor::Text("FIDO_2_0"),
                                       cbor::Text("FIDO_2_1")};
  if (options_.speaks_u2f) versions.push_back(cbor::Text("U2F_V2"));
  const auto option = [](const char* name, bool value) {
    return std::make_pair(cbor::Text(name), cbor::Boolean(value));
  };
  return Answer(cbor::Map(
      {{cbor::Integer(1), cbor::Array(versions)},
       {cbor::Integer(3), cbor::Bytes(kAaguid)},
       {cbor::Integer(4), cbor::Map({option("rk", false), option("up", true),
                                     option("alwaysUv", options_.always_uv),
                                     option("clientPin", pin_.is_set()),
                                     option("pinUvAuthToken", true)})},
       {cbor::Integer(5), cbor::Integer(kMaxCtap2Message)},
       {cbor::Integer(6), cbor::Array({cbor::Integer(2), cbor::Integer(1)})},
       {cbor::Integer(13), cbor::Integer(ClientPin::kMinCharacters)}}));
}

Ctap2Token::Outcome Ctap2Token::AskPin(const ClientPinRequest& request) {
  const ClientPin::Outcome outcome = pin_.Handle(request);
  if (outcome.status != Ctap2Status::kOk) return Refuse(outcome.status);
  return Answer(outcome.cbor);
}

Ctap2Token::Outcome Ctap2Token::ChooseByTouch() {
  if (!touch_.Take()) return NeedTouch();
  return Refuse(pin_.is_set() ? Ctap2Status::kPinInvalid
                              : Ctap2Status::kPinNotSet);
}

Ctap2Status Ctap2Token::CheckUser(const Ctap2Options& options,
                                  int64_t permission, const std::string& rp_id,
                                  const std::string& hash) {
  if (options.resident) return Ctap2Status::kUnsupportedOption;
  if (options.pin_auth.has_value()) {
    return pin_.Authorise(options, permission, rp_id, hash);
  }
  if (options.user_verification) return Ctap2Status::kUnsupportedOption;
  const bool needs_pin =
      (permission == permission::kMakeCredential && pin_.is_set()) ||
      (options_.always_uv && options.touch);
  return needs_pin ? Ctap2Status::kPinRequired : Ctap2Status::kOk;
}

Ctap2Token::Outcome Ctap2Token::MakeCredential(
    const MakeCredentialRequest& request) {
  if (IsChoice(request.options)) return ChooseByTouch();
  const std::vector<int64_t>& offered = request.algorithms;
  if (std::count(offered.begin(), offered.end(), kEs256) == 0) {
    return Refuse(Ctap2Status::kUnsupportedAlgorithm);
  }
  if (!request.options.touch) return Refuse(Ctap2Status::kInvalidOption);
  const Ctap2Status status =
      CheckUser(request.options, permission::kMakeCredential, request.rp_id,
                request.client_data_hash);
  if (status != Ctap2Status::kOk) return Refuse(status);
  const std::string application =
      crypto::ToString(crypto::Sha256(request.rp_id));
  if (!touch_.Take()) return NeedTouch();
  pin_.Spend();
  if (!OwnAmong(application, request.exclude).empty()) {
    return Refuse(Ctap2Status::kCredentialExcluded);
  }
  const std::string id =
      key_handles_.Make(application, random_.Bytes(KeyHandles::kNonceSize));
  const auto key = key_handles_.Open(application, id);
  const absl::StatusOr<uint32_t> counter = counter_.Next();
  if (!key.ok() || !counter.ok()) return Refuse(Ctap2Status::kOther);
  const std::string data = AuthenticatorData(
      application, UserFlags(request.options) | flag::kAttestedData, *counter,
      AttestedData(id, key->public_key()));
  const std::string signature =
      Sign(*key, foreign_, data, request.client_data_hash);
  return Answer(
      cbor::Map({{cbor::Integer(1), cbor::Text("packed")},
                 {cbor::Integer(2), cbor::Bytes(data)},
                 {cbor::Integer(3),
                  cbor::Map({{cbor::Text("alg"), cbor::Integer(kEs256)},
                             {cbor::Text("sig"), cbor::Bytes(signature)}})}}));
}

Ctap2Token::Outcome Ctap2Token::GetAssertion(
    const GetAssertionRequest& request) {
  if (IsChoice(request.options)) return ChooseByTouch();
  const Ctap2Status status =
      CheckUser(request.options, permission::kGetAssertion, request.rp_id,
                request.client_data_hash);
  if (status != Ctap2Status::kOk) return Refuse(status);
  const std::string application =
      crypto::ToString(crypto::Sha256(request.rp_id));
  const std::string id = OwnAmong(application, request.allow);
  const auto key = key_handles_.Open(application, id);
  if (!key.ok()) return Refuse(Ctap2Status::kNoCredentials);
  if (request.options.touch && !touch_.Take()) return NeedTouch();
  if (request.options.touch) pin_.Spend();
  const absl::StatusOr<uint32_t> counter = counter_.Next();
  if (!counter.ok()) return Refuse(Ctap2Status::kOther);
  const std::string data =
      AuthenticatorData(application, UserFlags(request.options), *counter, "");
  const std::string signature =
      Sign(*key, foreign_, data, request.client_data_hash);
  return Answer(cbor::Map(
      {{cbor::Integer(1), cbor::Map({{cbor::Text("id"), cbor::Bytes(id)},
                                     {cbor::Text("type"), PublicKeyType()}})},
       {cbor::Integer(2), cbor::Bytes(data)},
       {cbor::Integer(3), cbor::Bytes(signature)}}));
}

std::string Ctap2Token::OwnAmong(
    absl::string_view application,
    const std::vector<std::string>& credentials) const {
  for (const std::string& id : credentials) {
    if (key_handles_.Open(application, id).ok()) return id;
  }
  return "";
}

}  // namespace u2fi::soft_token
