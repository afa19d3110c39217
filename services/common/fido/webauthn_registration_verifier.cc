#include "services/common/fido/webauthn_registration_verifier.h"

#include <algorithm>
#include <utility>

#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/common_checks.h"
#include "services/common/fido/formats.h"
#include "services/common/fido/statement_compound.h"
#include "services/common/fido/steps.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {

// The steps see everything through this: what came in, and what the steps
// before them read.
class WebAuthnRegistrationCheck {
 public:
  static absl::StatusOr<ScreenedWebAuthnRegistration> Screen(
      const WebAuthnRegistrationInputs& in);
  static absl::StatusOr<VerifiedRegistration> Verify(
      ScreenedWebAuthnRegistration screened, const SpentChallenge& challenge,
      const RegistrationFacts& facts);
  static std::vector<std::string> Names();

 private:
  using Check = WebAuthnRegistrationCheck;

  WebAuthnRegistrationCheck(ScreenedWebAuthnRegistration start,
                            const SpentChallenge* spent,
                            const RegistrationFacts* known)
      : screened_(std::move(start)), challenge_(spent), facts_(known) {}

  const WebAuthnRegistrationInputs& in() const { return *screened_.inputs_; }
  const Expectation& expected() const { return in().expected; }
  const RegistrationPolicy& policy() const { return in().policy; }
  ScreenedWebAuthnRegistration::Parsed& parsed() { return *screened_.parsed_; }
  const ClientData& client_data() { return parsed().client_data; }
  const AuthenticatorData& data() { return parsed().data; }

  absl::Status CheckResponse();
  absl::Status ReadClientData();
  absl::Status ReadObject();
  absl::Status CheckCredentialData();
  absl::Status ReadAuthenticatorData();
  absl::Status CheckRpIdHash();
  absl::Status CheckVerified();
  absl::Status CheckBackupPolicy();
  absl::Status CheckAlgorithm();
  absl::Status ReadKey();
  absl::Status CheckFormat();
  absl::Status CheckCredentialId();
  bool LetsIn(const std::string& format) const;
  AttestationEvidence EvidenceOf(VerifiedStatement statement);
  absl::Status CheckStatement();
  absl::Status CheckTrust();
  absl::Status CheckModel();
  RegistrationRecord Record();

  static const Step<Check> kScreening[19];
  static const Step<Check> kVerification[10];

  ScreenedWebAuthnRegistration screened_;
  const SpentChallenge* challenge_;
  const RegistrationFacts* facts_;
  // Of each statement: several for the format "compound".
  std::vector<AttestationEvidence> evidence_;
  std::vector<TrustVerdict> trust_;
};

const Step<WebAuthnRegistrationCheck> WebAuthnRegistrationCheck::kScreening[] =
    {
        {"response", [](Check& c) { return c.CheckResponse(); }},
        {"client_data", [](Check& c) { return c.ReadClientData(); }},
        {"type",
         [](Check& c) {
           return CheckClientDataType(c.expected(), Action::kRegister,
                                      c.client_data());
         }},
        {"challenge",
         [](Check& c) {
           return CheckClientDataChallenge(c.expected(), c.client_data());
         }},
        {"origin",
         [](Check& c) { return CheckOrigin(c.expected(), c.client_data()); }},
        {"cross_origin",
         [](Check& c) {
           return CheckCrossOrigin(c.expected(), c.client_data());
         }},
        {"top_origin",
         [](Check& c) {
           return CheckTopOrigin(c.expected(), c.client_data());
         }},
        {"attestation_object", [](Check& c) { return c.ReadObject(); }},
        {"credential_data", [](Check& c) { return c.CheckCredentialData(); }},
        {"authenticator_data",
         [](Check& c) { return c.ReadAuthenticatorData(); }},
        {"rp_id_hash", [](Check& c) { return c.CheckRpIdHash(); }},
        {"user_presence",
         [](Check& c) { return CheckUserPresence(c.expected(), c.data()); }},
        {"user_verification", [](Check& c) { return c.CheckVerified(); }},
        {"backup", [](Check& c) { return CheckBackupFlags(c.data()); }},
        {"backup_policy", [](Check& c) { return c.CheckBackupPolicy(); }},
        {"algorithm", [](Check& c) { return c.CheckAlgorithm(); }},
        {"public_key", [](Check& c) { return c.ReadKey(); }},
        {"format", [](Check& c) { return c.CheckFormat(); }},
        {"credential_id", [](Check& c) { return c.CheckCredentialId(); }},
};

const Step<WebAuthnRegistrationCheck>
    WebAuthnRegistrationCheck::kVerification[] = {
        {"challenge_known",
         [](Check& c) { return CheckChallengeKnown(*c.challenge_); }},
        {"challenge_scope",
         [](Check& c) {
           return CheckChallengeScope(c.expected(), *c.challenge_);
         }},
        {"challenge_expiry",
         [](Check& c) { return CheckChallengeExpiry(*c.challenge_); }},
        {"challenge_use",
         [](Check& c) { return CheckChallengeUse(*c.challenge_); }},
        {"statement", [](Check& c) { return c.CheckStatement(); }},
        {"trust", [](Check& c) { return c.CheckTrust(); }},
        {"model", [](Check& c) { return c.CheckModel(); }},
        {"credential_new",
         [](Check& c) { return CheckCredentialIsNew(*c.facts_); }},
        {"credential_limit",
         [](Check& c) { return CheckCredentialLimit(*c.facts_); }},
        {"extensions",
         [](Check& c) { return CheckExtensions(c.expected(), c.data()); }},
};

absl::Status WebAuthnRegistrationCheck::CheckResponse() {
  const auto& id = in().id;
  const bool is_good_id =
      !id.has_value() ||
      (in().raw_id.has_value() && *id == crypto::Base64Url(*in().raw_id));
  if (is_good_id && in().type.value_or("public-key") == "public-key") {
    return absl::OkStatus();
  }
  return Error(reason::kResponseFormat,
               "id is not rawId in base64url, or type is not public-key");
}

absl::Status WebAuthnRegistrationCheck::ReadClientData() {
  ASSIGN_OR_RETURN(parsed().client_data, ParseClientData(in().client_data));
  return absl::OkStatus();
}

absl::Status WebAuthnRegistrationCheck::ReadObject() {
  ASSIGN_OR_RETURN(parsed().object,
                   ParseAttestationObject(in().attestation_object));
  return absl::OkStatus();
}

// Before the layout: without its flag, a credential would be bytes too many.
absl::Status WebAuthnRegistrationCheck::CheckCredentialData() {
  const std::string& bytes = parsed().object.authenticator_data;
  if (bytes.size() < kPlainAuthenticatorDataSize ||
      (bytes.size() > kPlainAuthenticatorDataSize &&
       (bytes[kFlagsOffset] & flag::kAttestedData) != 0)) {
    return absl::OkStatus();
  }
  return Error(reason::kNoAttestedCredentialData, "there is no credential");
}

absl::Status WebAuthnRegistrationCheck::ReadAuthenticatorData() {
  ASSIGN_OR_RETURN(parsed().data,
                   ParseAuthenticatorData(parsed().object.authenticator_data));
  return absl::OkStatus();
}

absl::Status WebAuthnRegistrationCheck::CheckRpIdHash() {
  if (crypto::ConstantTimeEquals(crypto::View(crypto::Sha256(expected().rp_id)),
                                 data().rp_id_hash)) {
    return absl::OkStatus();
  }
  return Error(reason::kRpIdHashMismatch, "it was made for another site");
}

// A U2F token verifies nobody, and what it signs leaves the flags out.
absl::Status WebAuthnRegistrationCheck::CheckVerified() {
  AuthenticatorData signed_data = data();
  if (parsed().object.format == kFormatU2f) {
    signed_data.flags &= static_cast<uint8_t>(~flag::kUserVerified);
  }
  return CheckUserVerification(expected(), signed_data);
}

absl::Status WebAuthnRegistrationCheck::CheckBackupPolicy() {
  if (policy().allow_backup_eligible || !data().Has(flag::kBackupEligible)) {
    return absl::OkStatus();
  }
  return Error(reason::kBackupNotAllowed,
               "the credential can be copied to other devices");
}

absl::Status WebAuthnRegistrationCheck::CheckAlgorithm() {
  constexpr int64_t kAlgLabel = 3;
  const CborValue* alg = data().credential->key.Find(kAlgLabel);
  const auto number = alg == nullptr ? absl::nullopt : alg->AsInteger();
  const auto& offered = policy().algorithms;
  if (!number.has_value() ||
      std::find(offered.begin(), offered.end(), *number) == offered.end()) {
    const std::string name =
        number.has_value() ? CoseAlgorithmName(*number) : "none";
    return Error(reason::kAlgNotAllowed, "the algorithm was not offered",
                 {{"algorithm", name}});
  }
  return SupportedAlgorithm(*number).status();
}

absl::Status WebAuthnRegistrationCheck::ReadKey() {
  ASSIGN_OR_RETURN(parsed().key,
                   CredentialKey::FromCose(data().credential->key));
  return absl::OkStatus();
}

bool WebAuthnRegistrationCheck::LetsIn(const std::string& format) const {
  const auto& allowed = policy().formats;
  return allowed.empty() ||
         std::find(allowed.begin(), allowed.end(), format) != allowed.end();
}

absl::Status WebAuthnRegistrationCheck::CheckFormat() {
  const std::string& format = parsed().object.format;
  if ((IsSupportedFormat(format) || format == kFormatCompound) &&
      LetsIn(format)) {
    return absl::OkStatus();
  }
  return Error(reason::kFormatUnsupported,
               "the attestation format is not supported");
}

absl::Status WebAuthnRegistrationCheck::CheckCredentialId() {
  const absl::string_view id = data().credential->id;
  if (id.size() > kMaxCredentialIdSize) {
    return Error(reason::kCredentialIdTooLong,
                 "the credential id has over 1,023 bytes");
  }
  if (in().raw_id.value_or(std::string(id)) == id) return absl::OkStatus();
  return Error(reason::kResponseFormat, "rawId is not the credential's id");
}

absl::Status WebAuthnRegistrationCheck::CheckStatement() {
  const AttestationObject& object = parsed().object;
  const std::vector<TrustAnchor> repair_anchors = RepairAnchors(policy().trust);
  const StatementInputs inputs{
      object.statement, object.authenticator_data, data(),
      *parsed().key,    client_data().hash,        repair_anchors};
  ASSIGN_OR_RETURN(std::vector<VerifiedStatement> statements,
                   VerifyStatements(object.format, inputs));
  for (VerifiedStatement& statement : statements) {
    if (!LetsIn(statement.format)) {
      return Error(reason::kFormatUnsupported, "a part's format is not let in");
    }
    evidence_.push_back(EvidenceOf(std::move(statement)));
  }
  return absl::OkStatus();
}

AttestationEvidence WebAuthnRegistrationCheck::EvidenceOf(
    VerifiedStatement statement) {
  AttestationEvidence evidence;
  // What fido-u2f signs leaves the AAGUID out: anybody could have written it.
  evidence.aaguid = statement.format == kFormatU2f
                        ? std::string(kAaguidSize, '\0')
                        : std::string(data().credential->aaguid);
  evidence.format = std::move(statement.format);
  evidence.chain = std::move(statement.result.chain);
  evidence.is_self = statement.result.is_self;
  evidence.algorithm = static_cast<int64_t>(parsed().key->algorithm());
  return evidence;
}

absl::Status WebAuthnRegistrationCheck::CheckTrust() {
  for (const AttestationEvidence& evidence : evidence_) {
    ASSIGN_OR_RETURN(TrustVerdict verdict,
                     JudgeTrust(evidence, policy().trust));
    trust_.push_back(std::move(verdict));
  }
  return absl::OkStatus();
}

absl::Status WebAuthnRegistrationCheck::CheckModel() {
  for (size_t i = 0; i < evidence_.size(); ++i) {
    RETURN_IF_ERROR(CheckModelPolicy(evidence_[i], trust_[i], policy().models));
  }
  return absl::OkStatus();
}

// Of several statements, the one that proves least is kept.
RegistrationRecord WebAuthnRegistrationCheck::Record() {
  RegistrationRecord record(std::string(data().credential->id), *parsed().key);
  record.protocol = Protocol::kWebAuthn;
  record.counter = data().counter;
  record.is_u2f = parsed().object.format == kFormatU2f;
  record.user_verified = !record.is_u2f && data().Has(flag::kUserVerified);
  record.backup_eligible = data().Has(flag::kBackupEligible);
  record.backup_state = data().Has(flag::kBackupState);
  const auto weakest = std::min_element(
      trust_.begin(), trust_.end(),
      [](const auto& a, const auto& b) { return a.level < b.level; });
  const auto at = static_cast<size_t>(weakest - trust_.begin());
  record.evidence = std::move(evidence_[at]);
  record.trust = std::move(*weakest);
  record.attestation = in().attestation_object;
  DescribeEvidence(record);
  for (const AttestationEvidence& other : evidence_) {
    AddFingerprints(other.chain, record);
    // One that is not signed here may be signed there.
    record.evidence.aaguid = std::max(record.evidence.aaguid, other.aaguid);
  }
  if (in().transports.has_value()) record.transports = in().transports;
  return record;
}

absl::StatusOr<ScreenedWebAuthnRegistration> WebAuthnRegistrationCheck::Screen(
    const WebAuthnRegistrationInputs& in) {
  Check check(ScreenedWebAuthnRegistration(in), nullptr, nullptr);
  RETURN_IF_ERROR(RunSteps(kScreening, check));
  return std::move(check.screened_);
}

absl::StatusOr<VerifiedRegistration> WebAuthnRegistrationCheck::Verify(
    ScreenedWebAuthnRegistration screened, const SpentChallenge& challenge,
    const RegistrationFacts& facts) {
  Check check(std::move(screened), &challenge, &facts);
  RETURN_IF_ERROR(RunSteps(kVerification, check));
  return VerifiedRegistration(check.Record());
}

std::vector<std::string> WebAuthnRegistrationCheck::Names() {
  std::vector<std::string> names = StepNames(kScreening);
  for (std::string& name : StepNames(kVerification)) {
    names.push_back(std::move(name));
  }
  return names;
}

absl::StatusOr<ScreenedWebAuthnRegistration> ScreenWebAuthnRegistration(
    const WebAuthnRegistrationInputs& inputs) {
  return WebAuthnRegistrationCheck::Screen(inputs);
}

absl::StatusOr<VerifiedRegistration> VerifyWebAuthnRegistration(
    ScreenedWebAuthnRegistration screened, const SpentChallenge& challenge,
    const RegistrationFacts& facts) {
  return WebAuthnRegistrationCheck::Verify(std::move(screened), challenge,
                                           facts);
}

std::vector<std::string> WebAuthnRegistrationStepNames() {
  return WebAuthnRegistrationCheck::Names();
}

}  // namespace u2fi::fido
