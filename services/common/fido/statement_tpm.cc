#include "services/common/fido/statement_tpm.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "services/common/crypto/der.h"
#include "services/common/crypto/x509_names.h"
#include "services/common/fido/steps.h"
#include "services/common/fido/tpm_structures.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

namespace der = crypto::der;

// tcg-kp-AIKCertificate and the attributes of a TPM's name (TCG EK Credential
// Profile, 3.2.9).
constexpr char kAikCertificate[] = "2.23.133.8.3";
constexpr const char* kTpmAttributes[] = {"2.23.133.2.1", "2.23.133.2.2",
                                          "2.23.133.2.3"};
constexpr der::Tag kDirectoryName = der::Context(4);
// "id:" and the TPM_PT_MANUFACTURER in hex.
constexpr absl::string_view kManufacturerPrefix = "id:";
constexpr size_t kManufacturerDigits = 8;

struct TpmState : StatementState {
  using StatementState::StatementState;

  absl::string_view public_area, cert_info;
  uint16_t name_algorithm = 0;
  TpmAttest attest;
};

absl::optional<absl::string_view> BytesOf(const CborValue& map,
                                          absl::string_view key) {
  return map.Find(key)->AsBytes();
}

absl::Status CheckShape(TpmState& state) {
  const CborValue& statement = state.in.statement;
  if (!HasExactly(statement,
                  {"ver", "alg", "x5c", "sig", "certInfo", "pubArea"}) ||
      statement.Find("ver")->AsText() != "2.0") {
    return BadStatement("not the members of TPM 2.0");
  }
  const auto cert_info = BytesOf(statement, "certInfo");
  const auto public_area = BytesOf(statement, "pubArea");
  if (!cert_info.has_value() || !public_area.has_value()) {
    return BadStatement("certInfo or pubArea is not a byte string");
  }
  state.cert_info = *cert_info;
  state.public_area = *public_area;
  return ReadSignatureMember(state);
}

absl::Status CheckAlgorithm(TpmState& state) { return ReadAlgorithm(state); }

absl::Status ReadChain(TpmState& state) { return ReadCertificates(state); }

absl::Status CheckPublicArea(TpmState& state) {
  const auto parsed = ParseTpmPublic(state.public_area);
  if (!parsed.ok() || parsed->key != state.in.key.key()) {
    return BadStatement("pubArea is not the credential's key");
  }
  state.name_algorithm = parsed->name_algorithm;
  return absl::OkStatus();
}

absl::Status CheckMagic(TpmState& state) {
  const auto parsed = ParseTpmAttest(state.cert_info);
  if (!parsed.ok() || parsed->magic != kTpmGeneratedValue) {
    return BadStatement("certInfo is not made by a TPM");
  }
  state.attest = *parsed;
  return absl::OkStatus();
}

absl::Status CheckType(TpmState& state) {
  if (state.attest.type == kTpmStAttestCertify) return absl::OkStatus();
  return BadStatement("certInfo certifies no key");
}

absl::Status CheckExtraData(TpmState& state) {
  const bool is_sha384 = state.algorithm == CoseAlgorithm::kEs384;
  const std::string expected =
      crypto::Hash(is_sha384 ? crypto::HashAlgorithm::kSha384
                             : crypto::HashAlgorithm::kSha256,
                   state.in.SignedBytes());
  if (crypto::ConstantTimeEquals(state.attest.extra_data, expected)) {
    return absl::OkStatus();
  }
  return BadStatement("certInfo is of another registration");
}

absl::Status CheckName(TpmState& state) {
  const std::string expected = TpmName(state.name_algorithm, state.public_area);
  if (!expected.empty() && state.attest.name == expected) {
    return absl::OkStatus();
  }
  return BadStatement("certInfo certifies another key");
}

absl::Status CheckSignature(TpmState& state) {
  return CheckLeafSignature(state, state.cert_info);
}

bool IsManufacturer(absl::string_view value) {
  return absl::ConsumePrefix(&value, kManufacturerPrefix) &&
         value.size() == kManufacturerDigits &&
         std::all_of(value.begin(), value.end(), absl::ascii_isxdigit);
}

// All attributes of a TPM are there, the first in its form.
bool AreOfATpm(const std::vector<crypto::NameAttribute>& attributes) {
  for (const char* oid : kTpmAttributes) {
    const auto found =
        std::find_if(attributes.begin(), attributes.end(),
                     [oid](const auto& one) { return one.oid == oid; });
    if (found == attributes.end() || found->value.empty() ||
        (oid == kTpmAttributes[0] && !IsManufacturer(found->value))) {
      return false;
    }
  }
  return true;
}

// A GeneralNames with a directoryName of a TPM.
absl::StatusOr<bool> NamesATpm(absl::string_view alt_names) {
  ASSIGN_OR_RETURN(absl::string_view list,
                   der::ReadWhole(der::kSequence, alt_names));
  bool is_found = false;
  for (der::Reader reader(list); !reader.empty();) {
    ASSIGN_OR_RETURN(der::Element name, reader.ReadAny());
    if (name.tag != kDirectoryName) continue;
    ASSIGN_OR_RETURN(const auto attributes, crypto::DecodeName(name.contents));
    is_found = is_found || AreOfATpm(attributes);
  }
  return is_found;
}

absl::StatusOr<bool> IsForAttestationKeys(absl::string_view key_usages) {
  ASSIGN_OR_RETURN(absl::string_view list,
                   der::ReadWhole(der::kSequence, key_usages));
  for (der::Reader reader(list); !reader.empty();) {
    ASSIGN_OR_RETURN(absl::string_view oid, reader.Read(der::kOid));
    if (der::OidText(oid) == kAikCertificate) return true;
  }
  return false;
}

absl::Status CheckCertificate(TpmState& state) {
  const crypto::Certificate& leaf = state.leaf();
  if (leaf.version() != 3) return BadCertificate("not of version 3");
  if (leaf.is_ca()) return BadCertificate("the leaf is a CA");
  if (!leaf.subject_attributes().empty()) {
    return BadCertificate("the subject is not empty");
  }
  const crypto::Extension* names =
      leaf.FindExtension(crypto::kOidSubjectAltName);
  if (names == nullptr || !NamesATpm(names->value).value_or(false)) {
    return BadCertificate("the alternative names do not name a TPM");
  }
  const crypto::Extension* usages =
      leaf.FindExtension(crypto::kOidExtendedKeyUsage);
  if (usages == nullptr ||
      !IsForAttestationKeys(usages->value).value_or(false)) {
    return BadCertificate("the leaf is not for attestation keys");
  }
  return absl::OkStatus();
}

absl::Status CheckAaguid(TpmState& state) {
  return CheckAaguidExtension(state);
}

constexpr Step<TpmState> kSteps[] = {
    {"tpm_shape", CheckShape},          {"tpm_algorithm", CheckAlgorithm},
    {"tpm_chain", ReadChain},           {"tpm_public_area", CheckPublicArea},
    {"tpm_magic", CheckMagic},          {"tpm_type", CheckType},
    {"tpm_extra_data", CheckExtraData}, {"tpm_name", CheckName},
    {"tpm_signature", CheckSignature},  {"tpm_certificate", CheckCertificate},
    {"tpm_aaguid", CheckAaguid},
};

}  // namespace

absl::StatusOr<StatementResult> VerifyTpmStatement(
    const StatementInputs& inputs) {
  TpmState state(inputs);
  RETURN_IF_ERROR(RunSteps(kSteps, state));
  return std::move(state.result);
}

std::vector<std::string> TpmStepNames() { return StepNames(kSteps); }

}  // namespace u2fi::fido
