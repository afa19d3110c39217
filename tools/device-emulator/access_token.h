#ifndef U2FI_TOOLS_DEVICE_EMULATOR_ACCESS_TOKEN_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_ACCESS_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::device {

// What a device reads of its access token (wire.md, "Device access token"). It
// cannot check the signature, since it has no key of the registry: the token is
// for the cloud's eyes. It believes `iat` as far as wire.md lets it: a false
// one can make the device refuse, never accept.
struct TokenClaims {
  std::string subject;
  std::string tenant;
  std::string jti;
  // Milliseconds since 1970.
  uint64_t issued_ms = 0;
  uint64_t expires_ms = 0;
};

// Reads the claims of a JWT in compact form. MESSAGE_FORMAT unless it has
// three parts and the claims sub, tenant, jti, iat and exp, with iat before exp
// and both in seconds within the next 10,000 years.
absl::StatusOr<TokenClaims> ReadClaims(absl::string_view jwt);

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_ACCESS_TOKEN_H_
