#include "services/common/fido/u2f_registration_verifier.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/common_checks.h"
#include "services/common/fido/steps.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {

// The steps see everything through this: what came in, and what the steps
// before them read.
class U2fRegistrationCheck {
 public:
  static absl::StatusOr<ScreenedU2fRegistration> Screen(
      const U2fRegistrationInputs& in);
  static absl::StatusOr<VerifiedRegistration> Verify(
      ScreenedU2fRegistration screened, const SpentChallenge& challenge,
      const RegistrationFacts& facts);
  static std::vector<std::string> Names();

 private:
  U2fRegistrationCheck(ScreenedU2fRegistration start,
                       const SpentChallenge* spent,
                       const RegistrationFacts* known)
      : screened_(std::move(start)), challenge_(spent), facts_(known) {}

  const U2fRegistrationInputs& in() const { return *screened_.inputs_; }
  const Expectation& expected() const { return in().expected; }
  const ClientData& client_data() const { return screened_.client_data_; }
  U2fRegistration& message() { return screened_.message_; }

  absl::Status ReadClientData();
  absl::Status ReadStatusWord();
  absl::Status ReadKey();
  absl::Status ReadLeaf();
  absl::Status CheckCertificateKey();
  absl::Status CheckSignature();
  absl::Status CheckTrust();
  absl::Status CheckModel();
  RegistrationRecord Record();

  static const Step<U2fRegistrationCheck> kScreening[11];
  static const Step<U2fRegistrationCheck> kVerification[10];

  ScreenedU2fRegistration screened_;
  const SpentChallenge* challenge_;
  const RegistrationFacts* facts_;
  absl::optional<crypto::P256PublicKey> attestation_key_;
  AttestationEvidence evidence_;
  TrustVerdict trust_;
};

const Step<U2fRegistrationCheck> U2fRegistrationCheck::kScreening[] = {
    {"client_data", [](U2fRegistrationCheck& c) { return c.ReadClientData(); }},
    {"type",
     [](U2fRegistrationCheck& c) {
       return CheckClientDataType(c.expected(), Action::kRegister,
                                  c.client_data());
     }},
    {"challenge",
     [](U2fRegistrationCheck& c) {
       return CheckClientDataChallenge(c.expected(), c.client_data());
     }},
    {"origin",
     [](U2fRegistrationCheck& c) {
       return CheckOrigin(c.expected(), c.client_data());
     }},
    {"channel_id",
     [](U2fRegistrationCheck& c) {
       return CheckChannelId(c.expected(), c.client_data());
     }},
    {"device_status",
     [](U2fRegistrationCheck& c) { return c.ReadStatusWord(); }},
    {"reserved_byte",
     [](U2fRegistrationCheck& c) { return ReadReservedByte(c.message()); }},
    {"public_key", [](U2fRegistrationCheck& c) { return c.ReadKey(); }},
    {"key_handle",
     [](U2fRegistrationCheck& c) { return ReadKeyHandle(c.message()); }},
    {"certificate", [](U2fRegistrationCheck& c) { return c.ReadLeaf(); }},
    {"signature_format",
     [](U2fRegistrationCheck& c) { return ReadSignature(c.message()); }},
};

const Step<U2fRegistrationCheck> U2fRegistrationCheck::kVerification[] = {
    {"challenge_known",
     [](U2fRegistrationCheck& c) {
       return CheckChallengeKnown(*c.challenge_);
     }},
    {"challenge_scope",
     [](U2fRegistrationCheck& c) {
       return CheckChallengeScope(c.expected(), *c.challenge_);
     }},
    {"challenge_expiry",
     [](U2fRegistrationCheck& c) {
       return CheckChallengeExpiry(*c.challenge_);
     }},
    {"challenge_use",
     [](U2fRegistrationCheck& c) { return CheckChallengeUse(*c.challenge_); }},
    {"certificate_key",
     [](U2fRegistrationCheck& c) { return c.CheckCertificateKey(); }},
    {"signature", [](U2fRegistrationCheck& c) { return c.CheckSignature(); }},
    {"trust", [](U2fRegistrationCheck& c) { return c.CheckTrust(); }},
    {"model", [](U2fRegistrationCheck& c) { return c.CheckModel(); }},
    {"credential_new",
     [](U2fRegistrationCheck& c) { return CheckCredentialIsNew(*c.facts_); }},
    {"credential_limit",
     [](U2fRegistrationCheck& c) { return CheckCredentialLimit(*c.facts_); }},
};

absl::Status U2fRegistrationCheck::ReadClientData() {
  ASSIGN_OR_RETURN(screened_.client_data_, ParseClientData(in().client_data));
  return absl::OkStatus();
}

absl::Status U2fRegistrationCheck::ReadStatusWord() {
  message().rest = in().response;
  if (!in().has_status_word) return absl::OkStatus();
  ASSIGN_OR_RETURN(message().rest, StripStatusWord(in().response));
  return absl::OkStatus();
}

absl::Status U2fRegistrationCheck::ReadKey() {
  RETURN_IF_ERROR(ReadPublicKey(message()));
  ASSIGN_OR_RETURN(screened_.key_,
                   crypto::P256PublicKey::FromPoint(message().public_key));
  return absl::OkStatus();
}

absl::Status U2fRegistrationCheck::ReadLeaf() {
  RETURN_IF_ERROR(ReadCertificate(message()));
  auto certificate = ParseAttestationCertificate(
      message().certificate, RepairAnchors(in().policy.trust));
  if (!certificate.ok()) {
    return Error(reason::kFormat, certificate.status().message());
  }
  screened_.certificate_ = *std::move(certificate);
  return absl::OkStatus();
}

absl::Status U2fRegistrationCheck::CheckCertificateKey() {
  auto key = screened_.certificate_->P256Key();
  if (!key.ok()) {
    return Error(reason::kAttestationCertInvalid,
                 "the attestation key is not a P-256 key");
  }
  attestation_key_ = *std::move(key);
  return absl::OkStatus();
}

absl::Status U2fRegistrationCheck::CheckSignature() {
  const std::string signed_bytes = RegistrationSignedBytes(
      crypto::Sha256(expected().rp_id), client_data().hash,
      message().key_handle, message().public_key);
  return attestation_key_->Verify(crypto::Sha256(signed_bytes),
                                  message().signature);
}

absl::Status U2fRegistrationCheck::CheckTrust() {
  evidence_.format = kFormatU2f;
  evidence_.chain = {*screened_.certificate_};
  evidence_.aaguid = std::string(kAaguidSize, '\0');
  evidence_.algorithm = static_cast<int64_t>(CoseAlgorithm::kEs256);
  ASSIGN_OR_RETURN(trust_, JudgeTrust(evidence_, in().policy.trust));
  return absl::OkStatus();
}

absl::Status U2fRegistrationCheck::CheckModel() {
  return CheckModelPolicy(evidence_, trust_, in().policy.models);
}

RegistrationRecord U2fRegistrationCheck::Record() {
  RegistrationRecord record(std::string(message().key_handle),
                            CredentialKey(*screened_.key_));
  record.protocol = Protocol::kU2f;
  record.is_u2f = true;
  record.evidence = std::move(evidence_);
  record.trust = std::move(trust_);
  record.attestation = absl::StrCat(message().certificate, message().signature);
  DescribeEvidence(record);
  return record;
}

absl::StatusOr<ScreenedU2fRegistration> U2fRegistrationCheck::Screen(
    const U2fRegistrationInputs& in) {
  U2fRegistrationCheck check(ScreenedU2fRegistration(in), nullptr, nullptr);
  RETURN_IF_ERROR(RunSteps(kScreening, check));
  return std::move(check.screened_);
}

absl::StatusOr<VerifiedRegistration> U2fRegistrationCheck::Verify(
    ScreenedU2fRegistration screened, const SpentChallenge& challenge,
    const RegistrationFacts& facts) {
  U2fRegistrationCheck check(std::move(screened), &challenge, &facts);
  RETURN_IF_ERROR(RunSteps(kVerification, check));
  return VerifiedRegistration(check.Record());
}

std::vector<std::string> U2fRegistrationCheck::Names() {
  std::vector<std::string> names = StepNames(kScreening);
  for (std::string& name : StepNames(kVerification)) {
    names.push_back(std::move(name));
  }
  return names;
}

absl::StatusOr<ScreenedU2fRegistration> ScreenU2fRegistration(
    const U2fRegistrationInputs& inputs) {
  return U2fRegistrationCheck::Screen(inputs);
}

absl::StatusOr<VerifiedRegistration> VerifyU2fRegistration(
    ScreenedU2fRegistration screened, const SpentChallenge& challenge,
    const RegistrationFacts& facts) {
  return U2fRegistrationCheck::Verify(std::move(screened), challenge, facts);
}

std::vector<std::string> U2fRegistrationStepNames() {
  return U2fRegistrationCheck::Names();
}

}  // namespace u2fi::fido
