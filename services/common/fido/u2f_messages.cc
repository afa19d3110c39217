#include "services/common/fido/u2f_messages.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/der.h"
#include "services/common/fido/byte_reader.h"
#include "services/common/fido/steps.h"
#include "services/common/status/error.h"

namespace u2fi::fido {
namespace {

namespace der = crypto::der;

constexpr uint16_t kSwNoError = 0x9000;
constexpr uint16_t kSwConditionsNotSatisfied = 0x6985;
constexpr uint16_t kSwWrongData = 0x6a80;
constexpr char kReserved = 0x05;
constexpr size_t kMinSignatureSize = 8;
constexpr size_t kMaxSignatureSize = 72;
constexpr size_t kMaxIntegerSize = 33;

absl::Status Format(absl::string_view problem) {
  return Error(reason::kFormat, problem);
}

absl::string_view Meaning(uint16_t status_word) {
  if (status_word == kSwConditionsNotSatisfied) return "the touch is missing";
  if (status_word == kSwWrongData) return "the token does not know the data";
  return "the token refused";
}

bool TakeInteger(der::Reader& reader) {
  const auto value = reader.Read(der::kInteger);
  if (!value.ok() || value->empty() || value->size() > kMaxIntegerSize) {
    return false;
  }
  const bool is_negative = ((*value)[0] & 0x80) != 0;
  const bool is_padded =
      value->size() > 1 && (*value)[0] == 0 && ((*value)[1] & 0x80) == 0;
  return !is_negative && !is_padded;
}

constexpr Step<U2fRegistration> kLayout[] = {
    {"reserved_byte", ReadReservedByte}, {"public_key", ReadPublicKey},
    {"key_handle", ReadKeyHandle},       {"certificate", ReadCertificate},
    {"signature_format", ReadSignature},
};

}  // namespace

absl::StatusOr<absl::string_view> StripStatusWord(absl::string_view response) {
  uint16_t status_word = 0;
  if (response.size() < 2) {
    return Error(reason::kDeviceStatus, "the status word is missing");
  }
  const absl::string_view data = response.substr(0, response.size() - 2);
  ByteReader(response.substr(data.size())).ReadU16(status_word);
  if (status_word == kSwNoError) return data;
  return Error(reason::kDeviceStatus, Meaning(status_word),
               {{"status_word", absl::StrCat(absl::Hex(status_word))}});
}

absl::Status ReadReservedByte(U2fRegistration& message) {
  if (message.rest.empty() || message.rest[0] != kReserved ||
      message.rest.size() > kMaxU2fRegistrationSize) {
    return Format("the response is empty, too long or of another kind");
  }
  message.rest.remove_prefix(1);
  return absl::OkStatus();
}

absl::Status ReadPublicKey(U2fRegistration& message) {
  ByteReader reader(message.rest);
  if (!reader.Read(kU2fPublicKeySize, message.public_key)) {
    return Format("the public key is cut off");
  }
  if (message.public_key[0] != 0x04) {
    return Error(reason::kPublicKeyInvalid, "the key is not uncompressed");
  }
  message.rest = reader.rest();
  return absl::OkStatus();
}

absl::Status ReadKeyHandle(U2fRegistration& message) {
  ByteReader reader(message.rest);
  uint8_t size = 0;
  if (!reader.ReadU8(size) || size == 0 ||
      !reader.Read(size, message.key_handle)) {
    return Format("the key handle is empty or cut off");
  }
  message.rest = reader.rest();
  return absl::OkStatus();
}

absl::Status ReadCertificate(U2fRegistration& message) {
  der::Reader reader(message.rest);
  const auto element = reader.ReadAny();
  if (!element.ok() || element->tag != der::kSequence) {
    return Format("the certificate is not a DER sequence");
  }
  message.certificate = element->bytes;
  message.rest = reader.rest();
  return absl::OkStatus();
}

absl::Status ReadSignature(U2fRegistration& message) {
  if (!IsEcdsaSignature(message.rest)) {
    return Format("what is left is not one DER signature");
  }
  message.signature = message.rest;
  message.rest = {};
  return absl::OkStatus();
}

absl::StatusOr<U2fRegistration> ParseU2fRegistration(
    absl::string_view response) {
  U2fRegistration message;
  message.rest = response;
  const absl::Status status = RunSteps(kLayout, message);
  if (!status.ok()) return status;
  return message;
}

std::string RegistrationSignedBytes(const crypto::Digest& application,
                                    const crypto::Digest& client_data_hash,
                                    absl::string_view key_handle,
                                    absl::string_view public_key) {
  return absl::StrCat(absl::string_view("\0", 1), crypto::View(application),
                      crypto::View(client_data_hash), key_handle, public_key);
}

std::string U2fAuthentication::AuthenticatorData(
    const crypto::Digest& application) const {
  return absl::StrCat(crypto::View(application),
                      std::string(1, static_cast<char>(presence)),
                      crypto::BigEndian32(counter));
}

absl::StatusOr<U2fAuthentication> ParseU2fAuthentication(
    absl::string_view response) {
  U2fAuthentication message;
  ByteReader reader(response);
  if (!reader.ReadU8(message.presence) || !reader.ReadU32(message.counter)) {
    return Format("the response is cut off");
  }
  message.signature = reader.rest();
  if (!IsEcdsaSignature(message.signature)) {
    return Format("what is left is not one DER signature");
  }
  return message;
}

bool IsEcdsaSignature(absl::string_view bytes) {
  if (bytes.size() < kMinSignatureSize || bytes.size() > kMaxSignatureSize) {
    return false;
  }
  const auto contents = der::ReadWhole(der::kSequence, bytes);
  if (!contents.ok()) return false;
  der::Reader reader(*contents);
  return TakeInteger(reader) && TakeInteger(reader) && reader.empty();
}

}  // namespace u2fi::fido
