#include "services/common/fido/authenticator_data.h"

#include <utility>

#include "services/common/fido/byte_reader.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

constexpr size_t kHashSize = 32;

absl::Status Malformed(absl::string_view problem) {
  return Error(reason::kAuthdataMalformed, problem);
}

// Takes one CBOR map from the front of `rest`.
absl::StatusOr<CborValue> TakeMap(absl::string_view& rest) {
  absl::StatusOr<CborValue> value = ReadCbor(rest);
  if (!value.ok() || value->AsMap() == nullptr) {
    return Malformed("the key or the extensions are not a CBOR map");
  }
  return value;
}

absl::StatusOr<AuthenticatorData::AttestedCredential> TakeCredential(
    absl::string_view& rest) {
  AuthenticatorData::AttestedCredential credential;
  ByteReader reader(rest);
  if (!reader.Read(kAaguidSize, credential.aaguid) ||
      !reader.ReadSized16(credential.id) || credential.id.empty()) {
    return Malformed("the attested credential is cut off");
  }
  rest = reader.rest();
  ASSIGN_OR_RETURN(credential.key, TakeMap(rest));
  credential.key_bytes =
      reader.rest().substr(0, reader.rest().size() - rest.size());
  return credential;
}

}  // namespace

absl::StatusOr<AuthenticatorData> ParseAuthenticatorData(
    absl::string_view bytes) {
  AuthenticatorData data;
  ByteReader reader(bytes);
  if (bytes.size() > kMaxCborSize || !reader.Read(kHashSize, data.rp_id_hash) ||
      !reader.ReadU8(data.flags) || !reader.ReadU32(data.counter)) {
    return Malformed("shorter than 37 bytes or too long");
  }
  absl::string_view rest = reader.rest();
  if (data.Has(flag::kAttestedData)) {
    ASSIGN_OR_RETURN(data.credential, TakeCredential(rest));
  }
  if (data.Has(flag::kExtensionData)) {
    ASSIGN_OR_RETURN(data.extensions, TakeMap(rest));
  }
  if (!rest.empty()) return Malformed("bytes after the last field");
  return data;
}

}  // namespace u2fi::fido
