#include "services/command-gate/json_web_keys.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/json_value.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using nlohmann::json;

constexpr fido::JsonLimits kLimits{kMaxJsonWebKeys, 6, 64};
constexpr size_t kMaxKid = 256;
// Members that only a private or symmetric key has (RFC 7518, 6).
constexpr const char* kSecrets[] = {"d", "p", "q", "dp", "dq", "qi", "k"};

// A kind of key that is known, and the one algorithm that it is for.
struct Kind {
  const char* kty;
  const char* crv;
  const char* alg;
};
constexpr Kind kKinds[] = {{"EC", "P-256", "ES256"},
                           {"RSA", "", "RS256"},
                           {"OKP", "Ed25519", "EdDSA"}};

absl::Status BadSet(absl::string_view problem) {
  return FieldError("jwks", problem);
}

// A member that is text, or "".
std::string Text(const json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

absl::StatusOr<std::string> Bytes(const json& jwk, const char* member) {
  return crypto::FromBase64Url(Text(jwk, member));
}

const Kind* KindOf(const json& jwk) {
  for (const Kind& kind : kKinds) {
    if (Text(jwk, "kty") != kind.kty) continue;
    if (*kind.crv == '\0' || Text(jwk, "crv") == kind.crv) return &kind;
  }
  return nullptr;
}

// Whether a key is kept from signing by `use` or `key_ops` (RFC 7517, 4.2 and
// 4.3).
bool IsForOtherUse(const json& jwk) {
  const auto use = jwk.find("use");
  if (use != jwk.end() && *use != "sig") return true;
  const auto operations = jwk.find("key_ops");
  return operations != jwk.end() &&
         (!operations->is_array() ||
          std::count(operations->begin(), operations->end(), "verify") == 0);
}

absl::StatusOr<crypto::PublicKey> KeyOf(const json& jwk, const Kind& kind) {
  const std::string alg = kind.alg;
  if (alg == "RS256") {
    ASSIGN_OR_RETURN(const std::string n, Bytes(jwk, "n"));
    ASSIGN_OR_RETURN(const std::string e, Bytes(jwk, "e"));
    return crypto::PublicKey::FromRsa(n, e);
  }
  ASSIGN_OR_RETURN(const std::string x, Bytes(jwk, "x"));
  if (alg == "EdDSA") return crypto::PublicKey::FromEd25519(x);
  ASSIGN_OR_RETURN(const std::string y, Bytes(jwk, "y"));
  return crypto::PublicKey::FromCoordinates(crypto::KeyType::kP256, x, y);
}

// Nothing if the key is not for signatures that are known here.
absl::StatusOr<absl::optional<JsonWebKey>> ParseKey(const json& jwk) {
  if (!jwk.is_object()) return BadSet("has a key that is no object");
  for (const char* secret : kSecrets) {
    if (jwk.contains(secret)) return BadSet("has a key that is secret");
  }
  const Kind* const kind = KindOf(jwk);
  if (kind == nullptr || IsForOtherUse(jwk))
    return absl::optional<JsonWebKey>();
  if (jwk.contains("alg") && jwk["alg"] != kind->alg) {
    return BadSet("has a key for another algorithm than ES256, RS256, EdDSA");
  }
  const std::string kid = Text(jwk, "kid");
  if (kid.size() > kMaxKid || (kid.empty() && jwk.contains("kid"))) {
    return BadSet("has a kid that is not 1 to 256 characters");
  }
  auto key = KeyOf(jwk, *kind);
  if (!key.ok()) return BadSet("has a key that is malformed or weak");
  return absl::optional<JsonWebKey>(
      JsonWebKey{kid, kind->alg, *std::move(key)});
}

bool HasKid(const std::vector<JsonWebKey>& keys, const std::string& kid) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const JsonWebKey& key) { return key.kid == kid; });
}

}  // namespace

absl::StatusOr<std::vector<JsonWebKey>> ParseJsonWebKeys(
    absl::string_view text) {
  const auto set = fido::ParseJsonValue(text, kLimits);
  if (!set.ok()) return BadSet("is not one strict JSON object within bounds");
  const auto list = set->find("keys");
  if (list == set->end() || !list->is_array() ||
      list->size() > kMaxJsonWebKeyCount) {
    return BadSet("has no array keys of at most 32");
  }
  std::vector<JsonWebKey> keys;
  for (size_t i = 0; i < list->size(); ++i) {
    auto key = ParseKey((*list)[i]);
    if (!key.ok()) {
      return WithMetadata(key.status(), "index", absl::StrCat(i));
    }
    if (!key->has_value()) continue;
    if (HasKid(keys, (*key)->kid)) return BadSet("has a kid twice");
    keys.push_back(**std::move(key));
  }
  if (keys.empty()) return BadSet("has no key for ES256, RS256 or EdDSA");
  return keys;
}

}  // namespace u2fi::command_gate
