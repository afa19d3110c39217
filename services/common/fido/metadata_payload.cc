#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/json_value.h"
#include "services/common/fido/metadata_blob.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

using nlohmann::json;

constexpr size_t kMaxEntries = 20000;
constexpr size_t kAaguidBytes = 16;
constexpr size_t kKeyIdDigits = 40;
constexpr JsonLimits kLimits{kMaxMetadataBlobSize, 32, 1024};

constexpr const char* kBadStatuses[] = {
    "REVOKED", "ATTESTATION_KEY_COMPROMISE", "USER_VERIFICATION_BYPASS",
    "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE"};

struct AlgorithmName {
  const char* name;
  int64_t number;
};
// FIDO Registry of Predefined Values, 3.6.1. EMSA-PKCS1 is what RSASSA-PKCS1
// signs with.
constexpr AlgorithmName kAlgorithms[] = {
    {"secp256r1_ecdsa_sha256_raw", -7},  {"secp256r1_ecdsa_sha256_der", -7},
    {"ed25519_eddsa_sha512_raw", -8},    {"secp384r1_ecdsa_sha384_raw", -35},
    {"secp521r1_ecdsa_sha512_raw", -36}, {"rsassa_pss_sha256_raw", -37},
    {"rsassa_pss_sha256_der", -37},      {"rsassa_pkcsv15_sha256_raw", -257},
    {"rsa_emsa_pkcs1_sha256_raw", -257}, {"rsa_emsa_pkcs1_sha256_der", -257},
    {"rsassa_pkcsv15_sha384_raw", -258}, {"rsassa_pkcsv15_sha512_raw", -259},
};

absl::Status BadPayload(absl::string_view problem) {
  return Error(reason::kMetadataFormat, problem);
}

// The member of an object; null if there is none or `object` is none.
const json& Member(const json& object, const char* name) {
  static const json& null = *new json();
  if (!object.is_object()) return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

std::string TextAt(const json& object, const char* name) {
  const json& member = Member(object, name);
  return member.is_string() ? member.get<std::string>() : "";
}

// The texts of an array; what is no text is left out.
std::vector<std::string> TextsAt(const json& object, const char* name) {
  std::vector<std::string> texts;
  const json& list = Member(object, name);
  if (!list.is_array()) return texts;
  for (const json& item : list) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

// "01234567-89ab-…" as 16 bytes; empty if it is none.
std::string ReadAaguid(const std::string& text) {
  const auto bytes = crypto::FromHex(absl::StrReplaceAll(text, {{"-", ""}}));
  return bytes.ok() && bytes->size() == kAaguidBytes ? *bytes : "";
}

std::vector<std::string> ReadKeyIds(const json& entry) {
  std::vector<std::string> key_ids;
  for (const std::string& text :
       TextsAt(entry, "attestationCertificateKeyIdentifiers")) {
    const std::string lower = absl::AsciiStrToLower(text);
    if (lower.size() == kKeyIdDigits && crypto::FromHex(lower).ok()) {
      key_ids.push_back(lower);
    }
  }
  return key_ids;
}

void ReadStatuses(const json& entry, MetadataEntry& out) {
  const json& reports = Member(entry, "statusReports");
  if (!reports.is_array()) return;
  for (const json& report : reports) {
    const std::string status = TextAt(report, "status");
    if (std::find(std::begin(kBadStatuses), std::end(kBadStatuses), status) !=
        std::end(kBadStatuses)) {
      out.is_bad = true;
      out.bad_status = status;
    }
  }
}

int64_t AlgorithmNumber(const std::string& name) {
  for (const AlgorithmName& known : kAlgorithms) {
    if (name == known.name) return known.number;
  }
  return 0;
}

// Base64 with perhaps white space in it.
size_t ReadAnchors(const json& statement, MetadataEntry& out) {
  size_t skipped = 0;
  for (const std::string& text :
       TextsAt(statement, "attestationRootCertificates")) {
    std::string der;
    const bool is_base64 = absl::Base64Unescape(text, &der);
    auto certificate = crypto::Certificate::FromDer(der);
    if (is_base64 && certificate.ok()) {
      out.anchors.push_back(*std::move(certificate));
    } else {
      ++skipped;
    }
  }
  return skipped;
}

size_t ReadStatement(const json& statement, MetadataEntry& out) {
  out.description = TextAt(statement, "description");
  for (const std::string& type : TextsAt(statement, "attestationTypes")) {
    out.has_self_attestation |= type == "basic_surrogate";
    out.has_basic_attestation |=
        type == "basic_full" || type == "attca" || type == "anonca";
  }
  for (const std::string& name :
       TextsAt(statement, "authenticationAlgorithms")) {
    out.algorithms.push_back(AlgorithmNumber(name));
  }
  return ReadAnchors(statement, out);
}

void ReadEntry(const json& entry, MetadataBlob& blob) {
  MetadataEntry out;
  out.aaguid = ReadAaguid(TextAt(entry, "aaguid"));
  out.key_ids = ReadKeyIds(entry);
  if (out.aaguid.empty() && out.key_ids.empty()) {
    ++blob.skipped_entries;
    return;
  }
  ReadStatuses(entry, out);
  blob.skipped_certificates +=
      ReadStatement(Member(entry, "metadataStatement"), out);
  blob.table.Add(std::move(out));
}

}  // namespace

absl::StatusOr<MetadataBlob> ParseMetadataPayload(absl::string_view text) {
  const auto parsed = ParseJsonValue(text, kLimits);
  if (!parsed.ok()) return BadPayload(parsed.status().message());
  const json& payload = *parsed;
  MetadataBlob blob;
  const json& number = Member(payload, "no");
  const json& entries = Member(payload, "entries");
  std::string problem;
  if (!number.is_number_unsigned() || !entries.is_array() ||
      entries.size() > kMaxEntries ||
      !absl::ParseTime("%Y-%m-%d", TextAt(payload, "nextUpdate"),
                       &blob.next_update, &problem)) {
    return BadPayload("the payload has no number, next update or entries");
  }
  blob.number = number.get<uint64_t>();
  for (const json& entry : entries) ReadEntry(entry, blob);
  return blob;
}

}  // namespace u2fi::fido
