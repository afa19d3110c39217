#include "services/command-gate/id_token.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/der.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/json_value.h"
#include "services/common/fido/steps.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {

using nlohmann::json;

namespace {

constexpr fido::JsonLimits kHeaderLimits{2048, 4, 16};
constexpr fido::JsonLimits kClaimLimits{kMaxIdToken, 6, 128};
constexpr size_t kRawSignature = 64;
constexpr size_t kMaxSubject = 255;
// Times beyond the year 9999 are no times.
constexpr double kMaxSeconds = 253402300799.0;

absl::Status Refuse(absl::string_view problem) {
  return Error(reason::kIdTokenInvalid, problem);
}

// The header's algorithm, as the one kind of signature that it means.
absl::optional<crypto::SignatureAlgorithm> AlgorithmNamed(
    const std::string& alg) {
  if (alg == "ES256") return crypto::SignatureAlgorithm::kEcdsaSha256;
  if (alg == "RS256") return crypto::SignatureAlgorithm::kRsaPkcs1Sha256;
  if (alg == "EdDSA") return crypto::SignatureAlgorithm::kEd25519;
  return absl::nullopt;
}

// ES256 in a JWS is r and s side by side (RFC 7518, 3.4).
std::string ToDer(absl::string_view raw) {
  return crypto::der::Sequence(
      {crypto::der::Integer(raw.substr(0, kRawSignature / 2)),
       crypto::der::Integer(raw.substr(kRawSignature / 2))});
}

// Seconds since 1970 as a JSON number; false for anything else.
bool ReadTime(const json& value, absl::Time& time) {
  if (!value.is_number()) return false;
  const double seconds = value.get<double>();
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) return false;
  time = absl::FromUnixSeconds(static_cast<int64_t>(seconds));
  return true;
}

std::string Text(const json& object, const std::string& member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

}  // namespace

// The state of one VerifyIdToken().
class IdTokenVerification {
 public:
  IdTokenVerification(absl::string_view token, const IdTokenRules& rules)
      : token_(token), rules_(rules) {}

  absl::Status Size() {
    if (token_.empty()) return Refuse("the tenant requires a JWT");
    return token_.size() <= kMaxIdToken ? absl::OkStatus()
                                        : Refuse("over 8 KiB");
  }
  absl::Status Form();
  absl::Status Header();
  absl::Status Key();
  absl::Status Signature();
  absl::Status Claims();
  absl::Status Issuer() {
    return Text(claims_, "iss") == rules_.issuer
               ? absl::OkStatus()
               : Refuse("made by another issuer");
  }
  absl::Status Audience();
  absl::Status Expiry();
  absl::Status NotBefore();
  absl::Status Subject();
  absl::Status Account() {
    return !rules_.account.empty() &&
                   Text(claims_, rules_.account_claim) == rules_.account
               ? absl::OkStatus()
               : Refuse("for another account");
  }

  VerifiedIdToken Take() { return std::move(result_); }

 private:
  absl::string_view token_;
  const IdTokenRules& rules_;
  absl::string_view signed_;
  std::string header_text_, claims_text_, signature_;
  json header_, claims_;
  std::string alg_;
  const JsonWebKey* key_ = nullptr;
  VerifiedIdToken result_;
};

absl::Status IdTokenVerification::Form() {
  const std::vector<absl::string_view> parts = absl::StrSplit(token_, '.');
  if (parts.size() != 3) return Refuse("not a JWT in compact form");
  std::string* const decoded[] = {&header_text_, &claims_text_, &signature_};
  for (size_t i = 0; i < parts.size(); ++i) {
    auto bytes = crypto::FromBase64Url(parts[i]);
    if (!bytes.ok()) return Refuse("a part is not base64url");
    *decoded[i] = *std::move(bytes);
  }
  signed_ = token_.substr(0, parts[0].size() + 1 + parts[1].size());
  return absl::OkStatus();
}

absl::Status IdTokenVerification::Header() {
  auto header = fido::ParseJsonValue(header_text_, kHeaderLimits);
  if (!header.ok()) return Refuse("the header is not strict JSON");
  header_ = *std::move(header);
  if (header_.contains("crit")) return Refuse("crit is not supported");
  if (header_.contains("typ") &&
      !absl::EqualsIgnoreCase(Text(header_, "typ"), "JWT")) {
    return Refuse("typ is not JWT");
  }
  alg_ = Text(header_, "alg");
  if (AlgorithmNamed(alg_).has_value()) return absl::OkStatus();
  return Refuse("alg is not ES256, RS256 or EdDSA");
}

absl::Status IdTokenVerification::Key() {
  const bool named = header_.contains("kid");
  const std::string kid = Text(header_, "kid");
  for (const JsonWebKey& key : rules_.keys) {
    if (named ? key.kid == kid && !kid.empty() : rules_.keys.size() == 1) {
      key_ = &key;
    }
  }
  if (key_ == nullptr) return Refuse("signed with a key that is not known");
  return key_->alg == alg_ ? absl::OkStatus()
                           : Refuse("the key is for another algorithm");
}

absl::Status IdTokenVerification::Signature() {
  const bool raw = alg_ == "ES256";
  if (raw && signature_.size() != kRawSignature) {
    return Refuse("an ES256 signature has 64 bytes");
  }
  const std::string signature = raw ? ToDer(signature_) : signature_;
  return key_->key.Verify(*AlgorithmNamed(alg_), signed_, signature).ok()
             ? absl::OkStatus()
             : Refuse("the signature does not verify");
}

absl::Status IdTokenVerification::Claims() {
  auto claims = fido::ParseJsonValue(claims_text_, kClaimLimits);
  if (!claims.ok()) return Refuse("the claims are not strict JSON");
  claims_ = *std::move(claims);
  return absl::OkStatus();
}

absl::Status IdTokenVerification::Audience() {
  const json audience = claims_.value("aud", json());
  const bool several = audience.is_array() && audience.size() > 1;
  const bool ours =
      audience.is_array()
          ? std::count(audience.begin(), audience.end(), rules_.audience) > 0
          : audience == rules_.audience;
  if (!ours) return Refuse("for another audience");
  if (!several && !claims_.contains("azp")) return absl::OkStatus();
  return Text(claims_, "azp") == rules_.audience
             ? absl::OkStatus()
             : Refuse("made for another party");
}

absl::Status IdTokenVerification::Expiry() {
  if (!ReadTime(claims_.value("exp", json()), result_.expire_time_)) {
    return Refuse("without an expiry");
  }
  return rules_.now < result_.expire_time_ + kIdTokenSkew ? absl::OkStatus()
                                                          : Refuse("expired");
}

absl::Status IdTokenVerification::NotBefore() {
  for (const char* claim : {"nbf", "iat"}) {
    if (!claims_.contains(claim)) continue;
    absl::Time time;
    if (!ReadTime(claims_[claim], time) || time > rules_.now + kIdTokenSkew) {
      return Refuse("not valid yet");
    }
  }
  return absl::OkStatus();
}

absl::Status IdTokenVerification::Subject() {
  result_.subject_ = Text(claims_, "sub");
  return !result_.subject_.empty() && result_.subject_.size() <= kMaxSubject
             ? absl::OkStatus()
             : Refuse("without a subject of 1 to 255 characters");
}

namespace {

template <absl::Status (IdTokenVerification::*kCheck)()>
absl::Status Run(IdTokenVerification& state) {
  return (state.*kCheck)();
}

constexpr fido::Step<IdTokenVerification> kSteps[] = {
    {"size", Run<&IdTokenVerification::Size>},
    {"form", Run<&IdTokenVerification::Form>},
    {"header", Run<&IdTokenVerification::Header>},
    {"key", Run<&IdTokenVerification::Key>},
    {"signature", Run<&IdTokenVerification::Signature>},
    {"claims", Run<&IdTokenVerification::Claims>},
    {"issuer", Run<&IdTokenVerification::Issuer>},
    {"audience", Run<&IdTokenVerification::Audience>},
    {"expiry", Run<&IdTokenVerification::Expiry>},
    {"not_before", Run<&IdTokenVerification::NotBefore>},
    {"subject", Run<&IdTokenVerification::Subject>},
    {"account", Run<&IdTokenVerification::Account>},
};

}  // namespace

absl::StatusOr<VerifiedIdToken> VerifyIdToken(absl::string_view token,
                                              const IdTokenRules& rules) {
  IdTokenVerification state(token, rules);
  RETURN_IF_ERROR(fido::RunSteps(kSteps, state));
  return state.Take();
}

std::vector<std::string> IdTokenStepNames() { return fido::StepNames(kSteps); }

}  // namespace u2fi::command_gate
