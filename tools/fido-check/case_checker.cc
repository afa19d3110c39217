#include "tools/fido-check/case_checker.h"

#include <utility>

#include "services/common/fido/assertion_verifier.h"
#include "services/common/fido/steps.h"
#include "services/common/fido/u2f_registration_verifier.h"
#include "services/common/fido/webauthn_registration_verifier.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/fido-check/case_fields.h"

namespace u2fi::fido_check {
namespace {

constexpr char kAccount[] = "account";
constexpr char kCredential[] = "credential";

absl::Status Malformed() {
  return Error(reason::kResponseFormat, "a field of the case is malformed");
}

// What every kind of case has.
fido::Expectation ReadExpectation(CaseFields& fields, fido::Protocol protocol) {
  const bool is_u2f = protocol == fido::Protocol::kU2f;
  fido::Expectation expected;
  expected.protocol = protocol;
  expected.challenge = fields.Base64Url("challenge_b64u").value_or("");
  expected.rp_id = fields.Text(is_u2f ? "app_id" : "rp_id").value_or("");
  expected.origins = fields.Texts(is_u2f ? "facet_origin" : "allowed_origin");
  expected.allow_cross_origin =
      fields.Boolean("allow_cross_origin").value_or(false);
  expected.top_origins = fields.Texts("allowed_top_origins");
  expected.require_user_verification =
      fields.Text("uv_policy").value_or("preferred") == "required";
  expected.scope.account = kAccount;
  return expected;
}

// A challenge that was issued for just this and not answered yet.
fido::SpentChallenge FreshChallenge(const fido::Expectation& expected) {
  fido::SpentChallenge challenge;
  challenge.known = true;
  challenge.scope = expected.scope;
  challenge.expires_at = absl::InfiniteFuture();
  challenge.spent_at = absl::UnixEpoch();
  challenge.first_use = true;
  return challenge;
}

fido::RegistrationPolicy ReadPolicy(const std::vector<std::string>& anchors,
                                    absl::Time now) {
  fido::RegistrationPolicy policy;
  policy.trust.now = now;
  policy.trust.undated_formats = {fido::kFormatU2f, "apple"};
  policy.trust.accept_untrusted = anchors.empty();
  policy.allow_backup_eligible = true;
  for (const std::string& der : anchors) {
    auto certificate = crypto::Certificate::FromDer(der);
    if (certificate.ok()) {
      policy.trust.anchors.push_back({*std::move(certificate), {}});
    }
  }
  return policy;
}

constexpr fido::RegistrationFacts kNewAccount = {false, false, 0, 1};

absl::Status CheckU2fRegistration(CaseFields& fields, absl::Time now) {
  fido::U2fRegistrationInputs in;
  in.expected = ReadExpectation(fields, fido::Protocol::kU2f);
  in.policy = ReadPolicy(fields.HexList("trusted_cert_der_hex"), now);
  in.client_data = fields.Text("client_data").value_or("");
  in.response = fields.Hex("registration_data_hex").value_or("");
  if (!fields.ok()) return Malformed();
  ASSIGN_OR_RETURN(fido::ScreenedU2fRegistration screened,
                   fido::ScreenU2fRegistration(in));
  return fido::VerifyU2fRegistration(std::move(screened),
                                     FreshChallenge(in.expected), kNewAccount)
      .status();
}

absl::Status CheckWebAuthnRegistration(CaseFields& fields, absl::Time now) {
  fido::WebAuthnRegistrationInputs in;
  in.expected = ReadExpectation(fields, fido::Protocol::kWebAuthn);
  in.policy = ReadPolicy(fields.HexList("trust_anchors_der_hex"), now);
  in.policy.algorithms =
      fields.Integers("allowed_algs")
          .value_or(std::vector<int64_t>{-7, -8, -35, -36, -53, -257});
  in.client_data = fields.Base64Url("clientDataJSON_b64u").value_or("");
  in.attestation_object =
      fields.Base64Url("attestationObject_b64u").value_or("");
  if (!fields.ok()) return Malformed();
  ASSIGN_OR_RETURN(fido::ScreenedWebAuthnRegistration screened,
                   fido::ScreenWebAuthnRegistration(in));
  return fido::VerifyWebAuthnRegistration(
             std::move(screened), FreshChallenge(in.expected), kNewAccount)
      .status();
}

// Runs both halves for the one credential of the case.
absl::Status CheckAssertion(fido::AssertionInputs in, CaseFields& fields,
                            fido::CredentialKey key) {
  const auto counter = fields.Integer("stored_counter");
  const auto appid = fields.Text("appid");
  if (!fields.ok()) return Malformed();
  in.credential.emplace(in.answer.credential_id, std::move(key));
  fido::CredentialRecord& record = *in.credential;
  record.account = kAccount;
  record.state = fido::CredentialRecord::State::kActive;
  if (counter.has_value()) record.counter = static_cast<uint32_t>(*counter);
  record.backup_eligible = fields.Boolean("stored_backup_eligible");
  // Only a credential that was registered over U2F has an AppID.
  record.is_u2f = appid.has_value() &&
                  record.key.algorithm() == fido::CoseAlgorithm::kEs256;
  in.appid = appid;
  fido::SpentChallenge challenge = FreshChallenge(in.expected);
  challenge.offers = {{in.answer.credential_id, record.counter}};
  ASSIGN_OR_RETURN(fido::ScreenedAssertion screened, fido::ScreenAssertion(in));
  return fido::VerifyAssertion(std::move(screened), challenge).status();
}

absl::StatusOr<fido::CredentialKey> ReadKey(CaseFields& fields) {
  const auto cose = fields.Hex("public_key_cose_hex");
  const auto point = fields.Hex(fields.Text("public_key_x962_hex").has_value()
                                    ? "public_key_x962_hex"
                                    : "public_key_hex");
  if (!fields.ok()) return Malformed();
  if (point.has_value() && point->size() != crypto::kP256PointSize) {
    return Error(reason::kPublicKeyInvalid, "a point has 65 bytes");
  }
  return fido::CredentialKey::FromStored(point.value_or(cose.value_or("")));
}

absl::Status CheckU2fAuthentication(CaseFields& fields) {
  ASSIGN_OR_RETURN(fido::CredentialKey key, ReadKey(fields));
  fido::AssertionInputs in;
  in.expected = ReadExpectation(fields, fido::Protocol::kU2f);
  in.answer.client_data = fields.Text("client_data").value_or("");
  in.answer.credential_id = fields.Hex("key_handle_hex").value_or(kCredential);
  const std::string response = fields.Hex("signature_data_hex").value_or("");
  // The gateway does this before the answer reaches the verifier; a response
  // that cannot be read leaves nothing to verify but the format.
  const auto raw = fido::ParseU2fAuthentication(response);
  if (raw.ok()) {
    in.answer.authenticator_data =
        raw->AuthenticatorData(crypto::Sha256(in.expected.rp_id));
    in.answer.signature = std::string(raw->signature);
  }
  return CheckAssertion(std::move(in), fields, std::move(key));
}

absl::Status CheckWebAuthnAssertion(CaseFields& fields) {
  ASSIGN_OR_RETURN(fido::CredentialKey key, ReadKey(fields));
  fido::AssertionInputs in;
  in.expected = ReadExpectation(fields, fido::Protocol::kWebAuthn);
  fido::AssertionAnswer& answer = in.answer;
  answer.client_data = fields.Base64Url("clientDataJSON_b64u").value_or("");
  answer.authenticator_data =
      fields.Base64Url("authenticatorData_b64u").value_or("");
  answer.signature = fields.Base64Url("signature_b64u").value_or("");
  answer.credential_id = kCredential;
  answer.appid_output = fields.Boolean("appid_output");
  return CheckAssertion(std::move(in), fields, std::move(key));
}

absl::Status Check(const nlohmann::json& one_case, absl::Time now) {
  if (!one_case.is_object()) return Malformed();
  CaseFields fields(one_case);
  const std::string kind = fields.Text("kind").value_or("");
  if (kind == "u2f_register") return CheckU2fRegistration(fields, now);
  if (kind == "u2f_authenticate") return CheckU2fAuthentication(fields);
  if (kind == "webauthn_register")
    return CheckWebAuthnRegistration(fields, now);
  if (kind == "webauthn_assert") return CheckWebAuthnAssertion(fields);
  return Malformed();
}

}  // namespace

CaseVerdict CheckCase(const nlohmann::json& one_case, absl::Time now) {
  const absl::Status status = Check(one_case, now);
  if (status.ok()) return {true, "", "", ""};
  return {false, ReasonOf(status), fido::StepOf(status),
          std::string(status.message())};
}

}  // namespace u2fi::fido_check
