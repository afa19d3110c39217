#include "services/common/fido/statement_android_key.h"

#include "services/common/crypto/der.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

namespace der = crypto::der;

constexpr char kKeyDescription[] = "1.3.6.1.4.1.11129.2.1.17";
// Tags of an AuthorizationList, and values (Android key attestation schema).
constexpr der::Tag kPurpose = der::Context(1);
constexpr der::Tag kAllApplications = der::Context(600);
constexpr der::Tag kOrigin = der::Context(702);
constexpr uint64_t kOriginGenerated = 0;
constexpr uint64_t kPurposeSign = 2;

struct AndroidState : StatementState {
  using StatementState::StatementState;

  absl::string_view challenge;
  absl::string_view software_enforced;
  absl::string_view hardware_enforced;
};

absl::Status CheckShape(AndroidState& state) {
  if (!HasExactly(state.in.statement, {"alg", "sig", "x5c"})) {
    return BadStatement("not alg, sig and x5c");
  }
  return ReadSignatureMember(state);
}

absl::Status CheckAlgorithm(AndroidState& state) {
  return ReadAlgorithm(state);
}

absl::Status ReadChain(AndroidState& state) { return ReadCertificates(state); }

absl::Status CheckSignature(AndroidState& state) {
  return CheckLeafSignature(state, state.in.SignedBytes());
}

absl::Status CheckKey(AndroidState& state) {
  return CheckLeafKeyIsCredential(state);
}

// KeyDescription ::= SEQUENCE { INTEGER, ENUMERATED, INTEGER, ENUMERATED,
//   challenge OCTET STRING, uniqueId OCTET STRING, softwareEnforced,
//   hardwareEnforced AuthorizationList }
absl::Status ReadFields(absl::string_view value, AndroidState& state) {
  ASSIGN_OR_RETURN(absl::string_view fields,
                   der::ReadWhole(der::kSequence, value));
  der::Reader reader(fields);
  for (der::Tag tag :
       {der::kInteger, der::kEnumerated, der::kInteger, der::kEnumerated}) {
    RETURN_IF_ERROR(reader.Read(tag).status());
  }
  ASSIGN_OR_RETURN(state.challenge, reader.Read(der::kOctetString));
  RETURN_IF_ERROR(reader.Read(der::kOctetString).status());
  ASSIGN_OR_RETURN(state.software_enforced, reader.Read(der::kSequence));
  ASSIGN_OR_RETURN(state.hardware_enforced, reader.Read(der::kSequence));
  return absl::OkStatus();
}

absl::Status ReadDescription(AndroidState& state) {
  const crypto::Extension* extension =
      state.leaf().FindExtension(kKeyDescription);
  if (extension == nullptr || !ReadFields(extension->value, state).ok()) {
    return BadCertificate("the leaf has no key description");
  }
  return absl::OkStatus();
}

absl::Status CheckChallenge(AndroidState& state) {
  if (crypto::ConstantTimeEquals(state.challenge,
                                 crypto::View(state.in.client_data_hash))) {
    return absl::OkStatus();
  }
  return BadStatement("the key was attested for another challenge");
}

// The contents of the element with this tag; absent without one. A list that
// cannot be read to its end is malformed.
absl::StatusOr<absl::optional<absl::string_view>> Find(absl::string_view list,
                                                       der::Tag tag) {
  absl::optional<absl::string_view> found;
  for (der::Reader reader(list); !reader.empty();) {
    ASSIGN_OR_RETURN(der::Element element, reader.ReadAny());
    if (element.tag == tag) found = element.contents;
  }
  return found;
}

absl::Status CheckScope(AndroidState& state) {
  for (absl::string_view list :
       {state.software_enforced, state.hardware_enforced}) {
    const auto found = Find(list, kAllApplications);
    if (!found.ok() || found->has_value()) {
      return BadStatement("the key is not scoped to the relying party");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOriginTag(AndroidState& state) {
  const auto origin = Find(state.hardware_enforced, kOrigin);
  if (origin.ok() && origin->has_value() &&
      **origin == der::Integer(kOriginGenerated)) {
    return absl::OkStatus();
  }
  return BadStatement("the key was not generated in hardware");
}

absl::Status CheckPurpose(AndroidState& state) {
  const auto purpose = Find(state.hardware_enforced, kPurpose);
  if (purpose.ok() && purpose->has_value() &&
      **purpose == der::Set({der::Integer(kPurposeSign)})) {
    return absl::OkStatus();
  }
  return BadStatement("the key is not for signing alone");
}

constexpr Step<AndroidState> kSteps[] = {
    {"android_shape", CheckShape},
    {"android_algorithm", CheckAlgorithm},
    {"android_chain", ReadChain},
    {"android_signature", CheckSignature},
    {"android_key", CheckKey},
    {"android_description", ReadDescription},
    {"android_challenge", CheckChallenge},
    {"android_scope", CheckScope},
    {"android_origin", CheckOriginTag},
    {"android_purpose", CheckPurpose},
};

}  // namespace

absl::StatusOr<StatementResult> VerifyAndroidKeyStatement(
    const StatementInputs& inputs) {
  AndroidState state(inputs);
  RETURN_IF_ERROR(RunSteps(kSteps, state));
  return std::move(state.result);
}

std::vector<std::string> AndroidKeyStepNames() { return StepNames(kSteps); }

}  // namespace u2fi::fido
