#ifndef U2FI_SERVICES_COMMAND_GATE_FAKE_ISSUER_H_
#define U2FI_SERVICES_COMMAND_GATE_FAKE_ISSUER_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/key_test_util.h"

namespace u2fi::command_gate {

// An OIDC issuer with one real key for each algorithm; their kids are the
// algorithms' names. Simplification: it signs whatever it is given.
class FakeIssuer {
 public:
  static constexpr char kIssuer[] = "https://login.example";
  static constexpr char kAudience[] = "u2fi";

  // Right in every respect, for ann, good for an hour from `now` on.
  static nlohmann::json Claims(absl::Time now) {
    const int64_t seconds = absl::ToUnixSeconds(now);
    return {{"iss", kIssuer},  {"aud", kAudience}, {"sub", "ann"},
            {"iat", seconds},  {"nbf", seconds},   {"exp", seconds + 3600},
            {"name", "Ann A."}};
  }
  static nlohmann::json Header(const std::string& alg) {
    return {{"alg", alg}, {"kid", alg}, {"typ", "JWT"}};
  }

  nlohmann::json Jwk(const std::string& alg) const {
    const crypto::TestKey::Numbers numbers = KeyOf(alg).numbers();
    const std::string first = crypto::Base64Url(numbers.first);
    const std::string second = crypto::Base64Url(numbers.second);
    nlohmann::json jwk = {{"kid", alg}, {"alg", alg}, {"use", "sig"}};
    if (alg == "RS256") {
      jwk.update({{"kty", "RSA"}, {"n", first}, {"e", second}});
    } else if (alg == "ES256") {
      jwk.update(
          {{"kty", "EC"}, {"crv", "P-256"}, {"x", first}, {"y", second}});
    } else {
      jwk.update({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", first}});
    }
    return jwk;
  }
  nlohmann::json Set() const {
    return {{"keys", {Jwk("ES256"), Jwk("RS256"), Jwk("EdDSA")}}};
  }

  // A token with these texts, signed as `alg` says.
  std::string Sign(const std::string& header, const std::string& claims,
                   const std::string& alg = "ES256") const {
    const std::string input =
        absl::StrCat(crypto::Base64Url(header), ".", crypto::Base64Url(claims));
    return absl::StrCat(input, ".", crypto::Base64Url(SignatureOf(input, alg)));
  }
  std::string Token(const nlohmann::json& claims,
                    const std::string& alg = "ES256") const {
    return Sign(Header(alg).dump(), claims.dump(), alg);
  }
  std::string Token(absl::Time now) const { return Token(Claims(now)); }

 private:
  const crypto::TestKey& KeyOf(const std::string& alg) const {
    if (alg == "RS256") return rsa_;
    return alg == "EdDSA" ? ed25519_ : p256_;
  }
  std::string SignatureOf(const std::string& input,
                          const std::string& alg) const {
    using crypto::SignatureAlgorithm;
    if (alg == "RS256") {
      return rsa_.Sign(SignatureAlgorithm::kRsaPkcs1Sha256, input);
    }
    if (alg == "EdDSA")
      return ed25519_.Sign(SignatureAlgorithm::kEd25519, input);
    return crypto::RawSignature(
        p256_.Sign(SignatureAlgorithm::kEcdsaSha256, input));
  }

  const crypto::TestKey p256_ =
      crypto::TestKey::Generate(crypto::KeyType::kP256);
  const crypto::TestKey rsa_ = crypto::TestKey::Generate(crypto::KeyType::kRsa);
  const crypto::TestKey ed25519_ =
      crypto::TestKey::Generate(crypto::KeyType::kEd25519);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_FAKE_ISSUER_H_
