#include "services/device-registry/device_tokens.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/der.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using ::nlohmann::json;

constexpr size_t kCoordinateSize = 32;
constexpr size_t kJtiSize = 16;

std::string X(const crypto::P256PublicKey& key) {
  return crypto::Base64Url(key.point().substr(1, kCoordinateSize));
}

std::string Y(const crypto::P256PublicKey& key) {
  return crypto::Base64Url(key.point().substr(1 + kCoordinateSize));
}

json Jwk(const crypto::P256PublicKey& key) {
  return {{"kty", "EC"},           {"crv", "P-256"}, {"x", X(key)},
          {"y", Y(key)},           {"use", "sig"},   {"alg", "ES256"},
          {"kid", Thumbprint(key)}};
}

// An integer of DER as 32 bytes.
std::string Coordinate(absl::string_view integer) {
  while (integer.size() > kCoordinateSize) integer.remove_prefix(1);
  return absl::StrCat(std::string(kCoordinateSize - integer.size(), '\0'),
                      integer);
}

// r ‖ s, as JWS wants it (RFC 7518, 3.4), from a signature in DER.
absl::StatusOr<std::string> RawSignature(absl::string_view der) {
  ASSIGN_OR_RETURN(const absl::string_view sequence,
                   crypto::der::ReadWhole(crypto::der::kSequence, der));
  crypto::der::Reader numbers(sequence);
  ASSIGN_OR_RETURN(const absl::string_view r,
                   numbers.Read(crypto::der::kInteger));
  ASSIGN_OR_RETURN(const absl::string_view s,
                   numbers.Read(crypto::der::kInteger));
  return absl::StrCat(Coordinate(r), Coordinate(s));
}

json Claims(const DeviceTokens::Options& options, absl::string_view tenant,
            const records::v1::DeviceRow& row, const std::string& thumbprint) {
  const v1::Device& device = row.device();
  const uint64_t issued = row.token().issue_ms() / 1000;
  return {{"iss", options.issuer},
          {"aud", options.audience},
          {"sub", PlainId(device.name())},
          {"iat", issued},
          {"nbf", issued},
          {"exp", row.token().expire_ms() / 1000},
          {"jti", row.token().jti()},
          {"tenant", std::string(tenant)},
          {"owner", device.account()},
          {"site", device.site()},
          {"binding", "permanent"},
          {"cnf", {{"jkt", thumbprint}}}};
}

std::string MakeJwks(const DeviceTokens::Options& options) {
  json keys = json::array();
  for (const crypto::P256PrivateKey& key : options.keys) {
    keys.push_back(Jwk(key.public_key()));
  }
  for (const crypto::P256PublicKey& key : options.other_keys) {
    keys.push_back(Jwk(key));
  }
  return json({{"keys", keys}}).dump();
}

}  // namespace

std::string Thumbprint(const crypto::P256PublicKey& key) {
  return crypto::Base64Url(
      crypto::View(crypto::Sha256({R"({"crv":"P-256","kty":"EC","x":")", X(key),
                                   R"(","y":")", Y(key), R"("})"})));
}

DeviceTokens::DeviceTokens(Options options, const Clock& clock,
                           RandomSource& random)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      kid_(Thumbprint(options_.keys.front().public_key())),
      jwks_(MakeJwks(options_)) {}

records::v1::DeviceTokenRow DeviceTokens::Make() const {
  const absl::Time now = clock_.Now();
  records::v1::DeviceTokenRow row;
  row.set_jti(crypto::Base32(random_.Bytes(kJtiSize)));
  row.set_issue_ms(static_cast<uint64_t>(absl::ToUnixMillis(now)));
  row.set_expire_ms(
      static_cast<uint64_t>(absl::ToUnixMillis(now + options_.lifetime)));
  return row;
}

absl::StatusOr<gateway::v1::AccessToken> DeviceTokens::Sign(
    absl::string_view tenant, const records::v1::DeviceRow& row) const {
  ASSIGN_OR_RETURN(
      const crypto::P256PublicKey device_key,
      crypto::P256PublicKey::FromPoint(row.device().factory_key()));
  const json header = {{"alg", "ES256"}, {"typ", "JWT"}, {"kid", kid_}};
  const json claims = Claims(options_, tenant, row, Thumbprint(device_key));
  const std::string input = absl::StrCat(crypto::Base64Url(header.dump()), ".",
                                         crypto::Base64Url(claims.dump()));
  ASSIGN_OR_RETURN(
      const std::string signature,
      RawSignature(options_.keys.front().Sign(crypto::Sha256(input))));
  gateway::v1::AccessToken token;
  token.set_device(PlainId(row.device().name()));
  token.set_jwt(absl::StrCat(input, ".", crypto::Base64Url(signature)));
  token.set_expire_ms(row.token().expire_ms());
  return token;
}

}  // namespace u2fi::device_registry
