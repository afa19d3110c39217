#include "services/common/fido/tpm_structures.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/byte_reader.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

// TPM_ALG_ID, 6.3.
constexpr uint16_t kAlgRsa = 0x0001;
constexpr uint16_t kAlgSha1 = 0x0004;
constexpr uint16_t kAlgSha256 = 0x000b;
constexpr uint16_t kAlgSha384 = 0x000c;
constexpr uint16_t kAlgSha512 = 0x000d;
constexpr uint16_t kAlgNull = 0x0010;
constexpr uint16_t kAlgEcdaa = 0x001a;
constexpr uint16_t kAlgEcc = 0x0023;
// TPM_ECC_CURVE, 6.4.
constexpr uint16_t kCurveP256 = 0x0003;
constexpr uint16_t kCurveP384 = 0x0004;
constexpr uint32_t kDefaultExponent = 65537;
// TPMS_CLOCK_INFO, 10.11.1, and the firmware version after it.
constexpr size_t kClockAndFirmwareSize = 17 + 8;

absl::Status Malformed() {
  return absl::InvalidArgumentError("malformed TPM structure");
}

std::string WithoutLeadingZeros(absl::string_view bytes) {
  while (!bytes.empty() && bytes[0] == 0) bytes.remove_prefix(1);
  return std::string(bytes);
}

// TPMT_SYM_DEF_OBJECT, 11.1.7: with an algorithm go key bits and mode.
bool SkipSymmetric(ByteReader& reader) {
  uint16_t algorithm = 0;
  absl::string_view details;
  return reader.ReadU16(algorithm) &&
         (algorithm == kAlgNull || reader.Read(4, details));
}

// TPMT_RSA_SCHEME, TPMT_ECC_SCHEME, TPMT_KDF_SCHEME: with an algorithm goes a
// hash, with ECDAA a counter too.
bool SkipScheme(ByteReader& reader) {
  uint16_t algorithm = 0;
  absl::string_view details;
  return reader.ReadU16(algorithm) &&
         (algorithm == kAlgNull ||
          reader.Read(algorithm == kAlgEcdaa ? 4 : 2, details));
}

absl::StatusOr<crypto::PublicKey> ReadRsa(ByteReader& reader) {
  uint16_t bits = 0;
  uint32_t exponent = 0;
  absl::string_view modulus;
  if (!SkipSymmetric(reader) || !SkipScheme(reader) || !reader.ReadU16(bits) ||
      !reader.ReadU32(exponent) || !reader.ReadSized16(modulus) ||
      modulus.size() * 8 != bits) {
    return Malformed();
  }
  if (exponent == 0) exponent = kDefaultExponent;
  return crypto::PublicKey::FromRsa(
      modulus, WithoutLeadingZeros(crypto::BigEndian32(exponent)));
}

// Coordinates may come without leading zeros.
std::string Pad(absl::string_view number, size_t size) {
  if (number.size() >= size) return std::string(number);
  return absl::StrCat(std::string(size - number.size(), '\0'), number);
}

absl::StatusOr<crypto::PublicKey> ReadEcc(ByteReader& reader) {
  uint16_t curve = 0;
  absl::string_view x, y;
  if (!SkipSymmetric(reader) || !SkipScheme(reader) || !reader.ReadU16(curve) ||
      !SkipScheme(reader) || !reader.ReadSized16(x) || !reader.ReadSized16(y) ||
      (curve != kCurveP256 && curve != kCurveP384)) {
    return Malformed();
  }
  const bool is_p256 = curve == kCurveP256;
  const size_t size = is_p256 ? 32 : 48;
  return crypto::PublicKey::FromCoordinates(
      is_p256 ? crypto::KeyType::kP256 : crypto::KeyType::kP384, Pad(x, size),
      Pad(y, size));
}

absl::StatusOr<crypto::PublicKey> ReadKey(uint16_t type, ByteReader& reader) {
  if (type == kAlgRsa) return ReadRsa(reader);
  if (type == kAlgEcc) return ReadEcc(reader);
  return Malformed();
}

}  // namespace

absl::StatusOr<TpmPublic> ParseTpmPublic(absl::string_view bytes) {
  ByteReader reader(bytes);
  uint16_t type = 0, name_algorithm = 0;
  uint32_t attributes = 0;
  absl::string_view policy;
  if (!reader.ReadU16(type) || !reader.ReadU16(name_algorithm) ||
      !reader.ReadU32(attributes) || !reader.ReadSized16(policy)) {
    return Malformed();
  }
  ASSIGN_OR_RETURN(crypto::PublicKey key, ReadKey(type, reader));
  if (!reader.empty()) return Malformed();
  return TpmPublic{name_algorithm, std::move(key)};
}

absl::StatusOr<TpmAttest> ParseTpmAttest(absl::string_view bytes) {
  TpmAttest attest;
  ByteReader reader(bytes);
  absl::string_view signer, clock, qualified_name;
  if (!reader.ReadU32(attest.magic) || !reader.ReadU16(attest.type) ||
      !reader.ReadSized16(signer) || !reader.ReadSized16(attest.extra_data) ||
      !reader.Read(kClockAndFirmwareSize, clock) ||
      !reader.ReadSized16(attest.name) || !reader.ReadSized16(qualified_name) ||
      !reader.empty()) {
    return Malformed();
  }
  return attest;
}

absl::optional<crypto::HashAlgorithm> TpmHash(uint16_t id) {
  switch (id) {
    case kAlgSha1:
      return crypto::HashAlgorithm::kSha1;
    case kAlgSha256:
      return crypto::HashAlgorithm::kSha256;
    case kAlgSha384:
      return crypto::HashAlgorithm::kSha384;
    case kAlgSha512:
      return crypto::HashAlgorithm::kSha512;
    default:
      return absl::nullopt;
  }
}

std::string TpmName(uint16_t name_algorithm, absl::string_view public_area) {
  const auto hash = TpmHash(name_algorithm);
  if (!hash.has_value()) return "";
  const char id[] = {static_cast<char>(name_algorithm >> 8),
                     static_cast<char>(name_algorithm)};
  return absl::StrCat(absl::string_view(id, 2),
                      crypto::Hash(*hash, public_area));
}

}  // namespace u2fi::fido
