#include "services/common/fido/attestation_object.h"

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

// A map; the format "compound" has an array of them (WebAuthn L3, 8.9).
bool IsStatement(absl::string_view format, const CborValue& statement) {
  return statement.AsMap() != nullptr ||
         (format == "compound" && statement.AsArray() != nullptr);
}

}  // namespace

absl::StatusOr<AttestationObject> ParseAttestationObject(
    absl::string_view bytes) {
  ASSIGN_OR_RETURN(CborValue map, ParseCbor(bytes));
  const CborValue* format = map.Find("fmt");
  const CborValue* statement = map.Find("attStmt");
  const CborValue* data = map.Find("authData");
  if (format == nullptr || !format->AsText().has_value() ||
      statement == nullptr || !IsStatement(*format->AsText(), *statement) ||
      data == nullptr || !data->AsBytes().has_value()) {
    return Error(reason::kCborInvalid,
                 "not a map of fmt, attStmt and authData");
  }
  return AttestationObject{std::string(*format->AsText()), *statement,
                           std::string(*data->AsBytes())};
}

}  // namespace u2fi::fido
