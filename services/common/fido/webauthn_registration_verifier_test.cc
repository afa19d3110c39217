#include "services/common/fido/webauthn_registration_verifier.h"

#include <functional>
#include <set>

#include "services/common/crypto/encoding.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/fido/fake_webauthn_token.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

// A valid registration. A fault changes one part before it is signed.
struct Case {
  explicit Case(absl::string_view format = "packed") : token(format) {
    Expectation& expected = inputs.expected;
    expected.challenge = std::string(32, 'c');
    expected.rp_id = "u2fi.example";
    expected.origins = {"https://u2fi.example"};
    expected.scope = {"ENROL", "t", "alice", ""};
    challenge.known = true;
    challenge.scope = expected.scope;
    challenge.expires_at = kNow + absl::Seconds(1);
    challenge.spent_at = kNow;
    challenge.first_use = true;
    inputs.policy.trust.now = kNow;
    facts = {false, false, 0, 8};
  }

  std::string ClientData() const {
    return absl::StrCat(R"({"type":")", type, R"(","challenge":")",
                        challenge_text, R"(","origin":")", origin, "\"", more,
                        "}");
  }

  absl::StatusOr<VerifiedRegistration> Verify() {
    inputs.client_data = client_data.empty() ? ClientData() : client_data;
    inputs.attestation_object = token.AttestationObject(inputs.client_data);
    if (inputs.policy.trust.anchors.empty()) {
      inputs.policy.trust.anchors = {{token.Root(), {}}};
    }
    if (after) after(inputs.attestation_object);
    ASSIGN_OR_RETURN(ScreenedWebAuthnRegistration screened,
                     ScreenWebAuthnRegistration(inputs));
    return VerifyWebAuthnRegistration(std::move(screened), challenge, facts);
  }

  FakeWebAuthnToken token;
  WebAuthnRegistrationInputs inputs;
  SpentChallenge challenge;
  RegistrationFacts facts;
  std::string type = "webauthn.create";
  std::string challenge_text = crypto::Base64Url(std::string(32, 'c'));
  std::string origin = "https://u2fi.example";
  std::string more;
  std::string client_data;
  std::function<void(std::string&)> after;
};

struct Fault {
  const char* name;
  const char* step;
  const Reason& reason;
  std::function<void(Case&)> apply;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

const Fault kFaults[] = {
    {"IdIsNotRawId", "response", reason::kResponseFormat,
     [](Case& c) {
       c.inputs.raw_id = c.token.credential_id;
       c.inputs.id = "aWk";
     }},
    {"IdWithoutRawId", "response", reason::kResponseFormat,
     [](Case& c) { c.inputs.id = "aWk"; }},
    {"AnotherTypeOfCredential", "response", reason::kResponseFormat,
     [](Case& c) { c.inputs.type = "password"; }},
    {"ClientDataNotJson", "client_data", reason::kClientDataFormat,
     [](Case& c) { c.client_data = "{"; }},
    {"TypeOfAnAssertion", "type", reason::kClientDataType,
     [](Case& c) { c.type = "webauthn.get"; }},
    {"TypeOfU2f", "type", reason::kClientDataType,
     [](Case& c) { c.more = R"(,"typ":"navigator.id.finishEnrollment")"; }},
    {"AnotherChallenge", "challenge", reason::kChallengeMismatch,
     [](Case& c) { c.challenge_text = "b3RoZXI"; }},
    {"OriginOverHttp", "origin", reason::kOriginMismatch,
     [](Case& c) { c.origin = "http://u2fi.example"; }},
    {"OriginOfASubdomain", "origin", reason::kOriginMismatch,
     [](Case& c) { c.origin = "https://a.u2fi.example"; }},
    {"CrossOrigin", "cross_origin", reason::kCrossOriginNotAllowed,
     [](Case& c) { c.more = R"(,"crossOrigin":true)"; }},
    {"TopOrigin", "top_origin", reason::kTopOriginMismatch,
     [](Case& c) { c.more = R"(,"topOrigin":"https://x")"; }},
    {"BytesAfterTheObject", "attestation_object", reason::kCborInvalid,
     [](Case& c) { c.after = [](std::string& object) { object += 'x'; }; }},
    {"NoCredential", "credential_data", reason::kNoAttestedCredentialData,
     [](Case& c) { c.token.flags = flag::kUserPresent; }},
    {"AuthenticatorDataCutOff", "authenticator_data",
     reason::kAuthdataMalformed,
     [](Case& c) { c.token.flags |= flag::kExtensionData; }},
    {"BytesAfterTheKey", "authenticator_data", reason::kAuthdataMalformed,
     [](Case& c) { c.token.extensions = "x"; }},
    {"AnotherRpId", "rp_id_hash", reason::kRpIdHashMismatch,
     [](Case& c) { c.token.rp_id = "other.example"; }},
    {"NotTouched", "user_presence", reason::kUserPresence,
     [](Case& c) { c.token.flags = flag::kAttestedData; }},
    {"NotVerified", "user_verification", reason::kUserVerification,
     [](Case& c) { c.inputs.expected.require_user_verification = true; }},
    {"BackedUpButNotEligible", "backup", reason::kBackupFlagsInvalid,
     [](Case& c) { c.token.flags |= flag::kBackupState; }},
    {"MayBeCopied", "backup_policy", reason::kBackupNotAllowed,
     [](Case& c) { c.token.flags |= flag::kBackupEligible; }},
    {"AlgorithmNotOffered", "algorithm", reason::kAlgNotAllowed,
     [](Case& c) { c.inputs.policy.algorithms = {-257}; }},
    {"AlgorithmNotSupported", "algorithm", reason::kAlgNotAllowed,
     [](Case& c) {
       c.inputs.policy.algorithms = {-36};
       c.token.cose[1].second = cbor::Integer(-36);
     }},
    {"AlgorithmMissing", "algorithm", reason::kAlgNotAllowed,
     [](Case& c) { c.token.cose.erase(c.token.cose.begin() + 1); }},
    {"KeyOffTheCurve", "public_key", reason::kPublicKeyInvalid,
     [](Case& c) { c.token.cose[4].second.back() ^= 1; }},
    {"AnotherCurveThanTheAlgorithms", "public_key", reason::kPublicKeyInvalid,
     [](Case& c) { c.token.cose[2].second = cbor::Integer(2); }},
    {"UnknownFormat", "format", reason::kFormatUnsupported,
     [](Case& c) { c.token.format = "Packed"; }},
    {"FormatThatIsNotLetIn", "format", reason::kFormatUnsupported,
     [](Case& c) { c.inputs.policy.formats = {"tpm"}; }},
    {"CredentialIdOf1024Bytes", "credential_id", reason::kCredentialIdTooLong,
     [](Case& c) { c.token.credential_id = std::string(1024, 'i'); }},
    {"RawIdOfAnotherCredential", "credential_id", reason::kResponseFormat,
     [](Case& c) { c.inputs.raw_id = "other"; }},
    {"ChallengeNeverIssued", "challenge_known", reason::kChallengeUnknown,
     [](Case& c) { c.challenge.known = false; }},
    {"ChallengeForAnotherAccount", "challenge_scope", reason::kChallengeScope,
     [](Case& c) { c.challenge.scope.account = "bob"; }},
    {"ChallengeExpired", "challenge_expiry", reason::kChallengeExpired,
     [](Case& c) { c.challenge.expires_at = kNow; }},
    {"ChallengeUsedBefore", "challenge_use", reason::kChallengeReused,
     [](Case& c) { c.challenge.first_use = false; }},
    {"AnotherRoot", "trust", reason::kAttestationUntrusted,
     [](Case& c) {
       const auto other = crypto::P256PrivateKey::Generate();
       c.inputs.policy.trust.anchors = {
           {crypto::SelfSigned(c.token.root_spec, other), {}}};
     }},
    {"ExpiredLeaf", "trust", reason::kAttestationUntrusted,
     [](Case& c) { c.token.leaf_spec.not_after = kNow - absl::Seconds(1); }},
    {"ModelOnTheDenyList", "model", reason::kModelNotAllowed,
     [](Case& c) {
       c.inputs.policy.models.denied = {
           {ModelRule::Kind::kAaguid, c.token.aaguid}};
     }},
    {"CredentialIdTaken", "credential_new", reason::kCredentialExists,
     [](Case& c) { c.facts.credential_exists = true; }},
    {"AccountIsFull", "credential_limit", reason::kCredentialLimit,
     [](Case& c) { c.facts.credentials = 8; }},
    {"RequiredExtensionMissing", "extensions", reason::kExtensionUnexpected,
     [](Case& c) { c.inputs.expected.extensions.required = {"credProtect"}; }},
};

class WebAuthnRegistrationFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(WebAuthnRegistrationFaultTest, IsRefusedByItsStep) {
  Case spoiled;
  GetParam().apply(spoiled);
  const auto result = spoiled.Verify();
  EXPECT_THAT(result, HasReason(GetParam().reason));
  EXPECT_EQ(StepOf(result.status()), GetParam().step);
}

INSTANTIATE_TEST_SUITE_P(All, WebAuthnRegistrationFaultTest,
                         testing::ValuesIn(kFaults), [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(WebAuthnRegistrationTest, EveryStepHasAFault) {
  // The steps inside "statement" answer by their own names.
  std::set<std::string> steps = {"statement"};
  for (const Fault& fault : kFaults) steps.insert(fault.step);
  for (const std::string& name : WebAuthnRegistrationStepNames()) {
    EXPECT_EQ(steps.count(name), 1u) << name;
  }
}

TEST(WebAuthnRegistrationTest, AStatementIsRefusedByItsFormatsStep) {
  Case spoiled;
  spoiled.token.members["alg"] = cbor::Integer(-36);
  const auto result = spoiled.Verify();
  EXPECT_THAT(result, HasReason(reason::kAlgNotAllowed));
  EXPECT_EQ(StepOf(result.status()), "packed_algorithm");
}

TEST(WebAuthnRegistrationTest, AStatementOfNoneMustBeEmpty) {
  Case spoiled("none");
  spoiled.token.members["alg"] = cbor::Integer(-7);
  const auto result = spoiled.Verify();
  EXPECT_THAT(result, HasReason(reason::kAttestationStatementInvalid));
  EXPECT_EQ(StepOf(result.status()), "none_shape");
}

struct FormatCase {
  const char* format;
  TrustLevel level;
};

class WebAuthnFormatTest : public testing::TestWithParam<FormatCase> {};
INSTANTIATE_TEST_SUITE_P(
    All, WebAuthnFormatTest,
    testing::Values(FormatCase{"none", TrustLevel::kNone},
                    FormatCase{"packed", TrustLevel::kAttested},
                    FormatCase{"fido-u2f", TrustLevel::kAttested},
                    FormatCase{"tpm", TrustLevel::kAttested},
                    FormatCase{"android-key", TrustLevel::kAttested},
                    FormatCase{"apple", TrustLevel::kAttested}));

TEST_P(WebAuthnFormatTest, AGoodOneGivesItsRecord) {
  Case good(GetParam().format);
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration verified, good.Verify());
  const RegistrationRecord& record = verified.record();
  EXPECT_EQ(record.credential_id, good.token.credential_id);
  EXPECT_EQ(record.key.key(), good.token.key->public_key());
  EXPECT_EQ(record.counter, 1u);
  EXPECT_EQ(record.evidence.format, GetParam().format);
  EXPECT_EQ(record.evidence.aaguid,
            record.is_u2f ? std::string(16, '\0') : good.token.aaguid);
  EXPECT_EQ(record.trust.level, GetParam().level);
  EXPECT_EQ(record.is_u2f, record.evidence.format == "fido-u2f");
  EXPECT_EQ(record.attestation, good.inputs.attestation_object);
}

// The answer to a registration of format none with changed authenticator data.
absl::Status WithAuthenticatorData(
    const std::function<void(std::string&)>& edit) {
  Case spoiled("none");
  spoiled.after = [&](std::string& object) {
    std::string data = spoiled.token.AuthenticatorData();
    edit(data);
    object = cbor::Map({{cbor::Text("fmt"), cbor::Text("none")},
                        {cbor::Text("attStmt"), cbor::Map({})},
                        {cbor::Text("authData"), cbor::Bytes(data)}});
  };
  return spoiled.Verify().status();
}

TEST(WebAuthnRegistrationTest, TheCredentialsOwnSignatureIsSelf) {
  Case good;
  good.token.is_self = true;
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration verified, good.Verify());
  EXPECT_EQ(verified.record().trust.level, TrustLevel::kSelf);
}

TEST(WebAuthnRegistrationTest, TheBrowsersPartsAreTaken) {
  Case good;
  good.inputs.raw_id = good.token.credential_id;
  good.inputs.id = crypto::Base64Url(good.token.credential_id);
  good.inputs.type = "public-key";
  good.inputs.transports = {{"usb", "nfc"}};
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration verified, good.Verify());
  EXPECT_THAT(*verified.record().transports,
              testing::ElementsAre("usb", "nfc"));
}

TEST(WebAuthnRegistrationTest, ACredentialIdOf1023BytesIsTaken) {
  Case good;
  good.token.credential_id = std::string(1023, 'i');
  EXPECT_OK(good.Verify());
}

TEST(WebAuthnRegistrationTest, ACredentialThatMayBeCopiedIsTakenIfAllowed) {
  Case good;
  good.inputs.policy.allow_backup_eligible = true;
  good.token.flags |= flag::kBackupEligible | flag::kBackupState;
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration verified, good.Verify());
  EXPECT_TRUE(verified.record().backup_eligible);
  EXPECT_TRUE(verified.record().backup_state);
}

TEST(WebAuthnRegistrationTest, AnExpiredU2fLeafCountsAsThePolicySays) {
  Case good("fido-u2f");
  good.token.leaf_spec.not_after = kNow - absl::Seconds(1);
  EXPECT_THAT(good.Verify(), HasReason(reason::kAttestationUntrusted));
  good.inputs.policy.trust.undated_formats = {kFormatU2f};
  EXPECT_OK(good.Verify());
}

TEST(WebAuthnRegistrationTest, AnAaguidThatIsNotSignedNamesNoModel) {
  Case spoiled("fido-u2f");
  spoiled.inputs.policy.models.allowed = {
      {ModelRule::Kind::kAaguid, spoiled.token.aaguid}};
  EXPECT_THAT(spoiled.Verify(), HasReason(reason::kModelNotAllowed));
}

// A registration that is attested twice: by a packed certificate, and by
// `format`.
absl::StatusOr<VerifiedRegistration> VerifyCompound(Case& c,
                                                    absl::string_view format) {
  c.after = [&c, format](std::string& object) {
    FakeWebAuthnToken other = c.token;
    other.format = std::string(format);
    std::vector<std::string> parts;
    for (const FakeWebAuthnToken& token : {c.token, other}) {
      parts.push_back(cbor::Map(
          {{cbor::Text("fmt"), cbor::Text(token.format)},
           {cbor::Text("attStmt"), token.Statement(c.inputs.client_data)}}));
    }
    object = cbor::Map(
        {{cbor::Text("fmt"), cbor::Text("compound")},
         {cbor::Text("attStmt"), cbor::Array(parts)},
         {cbor::Text("authData"), cbor::Bytes(c.token.AuthenticatorData())}});
  };
  return c.Verify();
}

TEST(WebAuthnRegistrationTest, TheWeakestOfSeveralStatementsCounts) {
  Case two;
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration twice,
                       VerifyCompound(two, "packed"));
  EXPECT_EQ(twice.record().trust.level, TrustLevel::kAttested);
  EXPECT_EQ(twice.record().certificate_fingerprints.size(), 2u);
  EXPECT_FALSE(twice.record().is_u2f);
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration once, VerifyCompound(two, "none"));
  EXPECT_EQ(once.record().trust.level, TrustLevel::kNone);
  EXPECT_EQ(once.record().evidence.format, "none");
  two.inputs.policy.trust.least = TrustLevel::kAttested;
  EXPECT_THAT(VerifyCompound(two, "none"),
              HasReason(reason::kAttestationUntrusted));
}

// So that what metadata says later of the model finds the token.
TEST(WebAuthnRegistrationTest, TheAaguidThatOneOfSeveralSignsIsKept) {
  Case two;
  MetadataEntry model;
  model.aaguid = two.token.aaguid;
  model.anchors = {two.token.Root()};
  MetadataTable table;
  table.Add(model);
  two.inputs.policy.trust.metadata = &table;
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration twice,
                       VerifyCompound(two, "fido-u2f"));
  EXPECT_EQ(twice.record().evidence.format, "fido-u2f");
  EXPECT_EQ(twice.record().evidence.aaguid, two.token.aaguid);
}

TEST(WebAuthnRegistrationTest, EachOfSeveralFormatsHasToBeLetIn) {
  Case two;
  two.inputs.policy.formats = {"compound", "packed"};
  EXPECT_OK(VerifyCompound(two, "packed"));
  EXPECT_THAT(VerifyCompound(two, "none"),
              HasReason(reason::kFormatUnsupported));
  two.inputs.policy.formats = {"packed"};
  EXPECT_THAT(VerifyCompound(two, "packed"),
              HasReason(reason::kFormatUnsupported));
}

TEST(WebAuthnRegistrationTest, EachOfSeveralModelsHasToBeLetIn) {
  Case two;
  two.inputs.policy.models.allowed = {
      {ModelRule::Kind::kAaguid, two.token.aaguid}};
  EXPECT_OK(VerifyCompound(two, "packed"));
  EXPECT_THAT(VerifyCompound(two, "none"), HasReason(reason::kModelNotAllowed));
}

TEST(WebAuthnRegistrationTest, AU2fTokenVerifiesNobody) {
  Case claimed("fido-u2f");
  claimed.token.flags |= flag::kUserVerified;
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration verified, claimed.Verify());
  EXPECT_FALSE(verified.record().user_verified);
  claimed.inputs.expected.require_user_verification = true;
  EXPECT_THAT(claimed.Verify(), HasReason(reason::kUserVerification));
}

// Which of two names a fault of the layout has (fido.md 1.3, 10).
TEST(WebAuthnRegistrationTest, ACredentialThatIsNotAnnouncedIsMissing) {
  const std::pair<size_t, const Reason*> cuts[] = {
      {36, &reason::kAuthdataMalformed},
      {37, &reason::kNoAttestedCredentialData},
      {38, &reason::kAuthdataMalformed}};
  for (const auto& [size, expected] : cuts) {
    EXPECT_THAT(WithAuthenticatorData(
                    [size = size](std::string& data) { data.resize(size); }),
                HasReason(*expected))
        << size;
  }
  EXPECT_THAT(WithAuthenticatorData([](std::string& data) {
                data[32] = static_cast<char>(flag::kUserPresent);
              }),
              HasReason(reason::kNoAttestedCredentialData));
}

TEST(WebAuthnRegistrationTest, TheScreenedOneTellsWhatToLookUp) {
  Case good;
  ASSERT_OK(good.Verify());
  ASSERT_OK_AND_ASSIGN(ScreenedWebAuthnRegistration screened,
                       ScreenWebAuthnRegistration(good.inputs));
  EXPECT_EQ(screened.credential_id(), good.token.credential_id);
  EXPECT_EQ(screened.stored_key().size(), 65u);
}

}  // namespace
}  // namespace u2fi::fido
