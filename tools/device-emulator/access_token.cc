#include "tools/device-emulator/access_token.h"

#include <vector>

#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device {
namespace {

using nlohmann::json;

constexpr int64_t kMaxSeconds = int64_t{10'000} * 366 * 86'400;

absl::Status Bad(absl::string_view problem) {
  return Error(reason::kMessageFormat, problem, {{"field", "jwt"}});
}

absl::StatusOr<std::string> Text(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_string()) {
    return Bad("the token lacks a claim");
  }
  return found->get<std::string>();
}

absl::StatusOr<uint64_t> Milliseconds(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number_integer() || *found < 0 ||
      *found > kMaxSeconds) {
    return Bad("the token lacks a time");
  }
  return found->get<uint64_t>() * 1000;
}

}  // namespace

absl::StatusOr<TokenClaims> ReadClaims(absl::string_view jwt) {
  const std::vector<absl::string_view> parts = absl::StrSplit(jwt, '.');
  if (parts.size() != 3) return Bad("a token has three parts");
  const absl::StatusOr<std::string> payload = crypto::FromBase64Url(parts[1]);
  if (!payload.ok()) return Bad("the token is not base64url");
  const json claims =
      json::parse(*payload, nullptr, /*allow_exceptions=*/false);
  if (!claims.is_object()) return Bad("the token is no JSON object");
  TokenClaims result;
  ASSIGN_OR_RETURN(result.subject, Text(claims, "sub"));
  ASSIGN_OR_RETURN(result.tenant, Text(claims, "tenant"));
  ASSIGN_OR_RETURN(result.jti, Text(claims, "jti"));
  ASSIGN_OR_RETURN(result.issued_ms, Milliseconds(claims, "iat"));
  ASSIGN_OR_RETURN(result.expires_ms, Milliseconds(claims, "exp"));
  if (result.issued_ms >= result.expires_ms)
    return Bad("the token never holds");
  return result;
}

}  // namespace u2fi::device
