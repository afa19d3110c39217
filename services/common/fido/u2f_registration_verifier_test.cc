#include "services/common/fido/u2f_registration_verifier.h"

#include <functional>
#include <set>

#include "services/common/crypto/encoding.h"
#include "services/common/crypto/key_test_util.h"
#include "services/common/fido/fake_u2f_token.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

// A valid registration. A fault changes one part before it is signed, or the
// response after.
struct Case {
  Case() {
    Expectation& expected = inputs.expected;
    expected.protocol = Protocol::kU2f;
    expected.challenge = std::string(32, 'c');
    expected.rp_id = "https://u2fi.example";
    expected.origins = {"u2fi:t/s/gw"};
    expected.channel_binding = {"eA", "eQ"};
    expected.scope = {"ENROL", "t", "alice", "gw"};
    challenge.known = true;
    challenge.scope = expected.scope;
    challenge.expires_at = kNow + absl::Seconds(1);
    challenge.spent_at = kNow;
    challenge.first_use = true;
    inputs.policy.trust.now = kNow;
    facts = {false, false, 0, 8};
  }

  std::string ClientData() const {
    return absl::StrCat(R"({"typ":")", typ, R"(","challenge":")",
                        challenge_text, R"(","origin":")", origin,
                        R"(","cid_pubkey":)", cid_pubkey, "}");
  }

  absl::StatusOr<VerifiedRegistration> Verify() {
    inputs.client_data = client_data.empty() ? ClientData() : client_data;
    inputs.response = token.Register(inputs.expected.rp_id, inputs.client_data);
    if (inputs.policy.trust.anchors.empty()) {
      inputs.policy.trust.anchors = {{token.Root(), {}}};
    }
    if (after) after(inputs.response);
    ASSIGN_OR_RETURN(ScreenedU2fRegistration screened,
                     ScreenU2fRegistration(inputs));
    return VerifyU2fRegistration(std::move(screened), challenge, facts);
  }

  FakeU2fToken token;
  U2fRegistrationInputs inputs;
  SpentChallenge challenge;
  RegistrationFacts facts;
  std::string typ = "navigator.id.finishEnrollment";
  std::string challenge_text = crypto::Base64Url(std::string(32, 'c'));
  std::string origin = "u2fi:t/s/gw";
  std::string cid_pubkey = R"({"kty":"EC","crv":"P-256","x":"eA","y":"eQ"})";
  std::string client_data;
  std::function<void(std::string&)> after;
};

TEST(U2fRegistrationTest, AGoodOneGivesItsRecord) {
  Case good;
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration verified, good.Verify());
  const RegistrationRecord& record = verified.record();
  EXPECT_EQ(record.credential_id, good.token.key_handle);
  EXPECT_EQ(record.key.Stored(), good.token.public_key);
  EXPECT_FALSE(record.counter.has_value());
  EXPECT_TRUE(record.is_u2f);
  EXPECT_EQ(record.trust.level, TrustLevel::kAttested);
  EXPECT_EQ(record.attestation_key_id.size(), 40u);
  EXPECT_EQ(record.certificate_fingerprints.size(), 1u);
  EXPECT_EQ(record.attestation.find(record.evidence.chain[0].der()), 0u);
}

TEST(U2fRegistrationTest, TheScreenedOneTellsWhatToLookUp) {
  Case good;
  ASSERT_OK(good.Verify());
  ASSERT_OK_AND_ASSIGN(ScreenedU2fRegistration screened,
                       ScreenU2fRegistration(good.inputs));
  EXPECT_EQ(screened.credential_id(), good.token.key_handle);
  EXPECT_EQ(screened.stored_key(), good.token.public_key);
}

TEST(U2fRegistrationTest, AStatusWordIsStripped) {
  Case good;
  good.inputs.has_status_word = true;
  good.after = [](std::string& response) {
    response += std::string("\x90\x00", 2);
  };
  EXPECT_OK(good.Verify());
}

TEST(U2fRegistrationTest, ALeafMayBeItsOwnAnchor) {
  Case good;
  const auto leaf =
      crypto::SelfSigned(good.token.leaf_spec, good.token.attestation_key);
  good.inputs.policy.trust.anchors = {{leaf, {kFormatU2f}}};
  good.after = [&](std::string& response) {
    // The certificate is not signed over: another one for the same key may
    // stand in its place.
    const std::string made = good.token.Leaf();
    const size_t at = 67 + good.token.key_handle.size();
    const auto old = ParseU2fRegistration(response)->certificate.size();
    response.replace(at, old, leaf.der());
  };
  EXPECT_OK(good.Verify());
}

TEST(U2fRegistrationTest, AnUntrustedOneMayBeStoredAsUnattested) {
  Case good;
  good.inputs.policy.trust.accept_untrusted = true;
  good.inputs.policy.trust.anchors = {
      {crypto::SelfSigned(good.token.root_spec, good.token.key), {}}};
  ASSERT_OK_AND_ASSIGN(VerifiedRegistration verified, good.Verify());
  EXPECT_EQ(verified.record().trust.level, TrustLevel::kNone);
}

TEST(U2fRegistrationTest, WithoutABindingTheChannelIdMayBeMissing) {
  for (const char* form : {R"("unused")", R"("")", R"({})", R"({"kty":"RSA"})",
                           R"({"kty":"EC","crv":"P-256","x":"YQ","y":"Yg"})"}) {
    Case good;
    good.inputs.expected.channel_binding.reset();
    good.cid_pubkey = form;
    EXPECT_OK(good.Verify()) << form;
  }
}

struct Fault {
  const char* name;
  const char* step;
  const Reason& reason;
  std::function<void(Case&)> apply;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

crypto::P256PrivateKey OtherKey() { return crypto::P256PrivateKey::Generate(); }

const Fault kFaults[] = {
    {"ClientDataNotJson", "client_data", reason::kClientDataFormat,
     [](Case& c) { c.client_data = "{"; }},
    {"ClientDataWithAMemberTwice", "client_data", reason::kClientDataFormat,
     [](Case& c) { c.cid_pubkey = R"("unused","typ":"x")"; }},
    {"TypeOfAnAssertion", "type", reason::kClientDataType,
     [](Case& c) { c.typ = "navigator.id.getAssertion"; }},
    {"TypeUnderWebAuthnsName", "type", reason::kClientDataType,
     [](Case& c) {
       c.client_data = c.ClientData();
       c.client_data.replace(2, 3, "type");
     }},
    {"AnotherChallenge", "challenge", reason::kChallengeMismatch,
     [](Case& c) { c.challenge_text = crypto::Base64Url("other"); }},
    {"ChallengeWithPadding", "challenge", reason::kChallengeMismatch,
     [](Case& c) { c.challenge_text += "="; }},
    {"AnotherOrigin", "origin", reason::kOriginMismatch,
     [](Case& c) { c.origin = "u2fi:t/s/gw2"; }},
    {"NoOriginAllowed", "origin", reason::kOriginMismatch,
     [](Case& c) { c.inputs.expected.origins.clear(); }},
    {"AnotherChannelKey", "channel_id", reason::kChannelIdMismatch,
     [](Case& c) { c.inputs.expected.channel_binding->y = "eg"; }},
    {"ChannelKeyMissing", "channel_id", reason::kChannelIdMismatch,
     [](Case& c) { c.cid_pubkey = R"("unused")"; }},
    {"ChannelKeyOfNothing", "channel_id", reason::kChannelIdMismatch,
     [](Case& c) { c.cid_pubkey = "{}"; }},
    {"ChannelIdOfAnotherText", "channel_id", reason::kChannelIdMismatch,
     [](Case& c) {
       c.inputs.expected.channel_binding.reset();
       c.cid_pubkey = R"("x")";
     }},
    {"ChannelIdOfAnotherKind", "channel_id", reason::kChannelIdMismatch,
     [](Case& c) {
       c.inputs.expected.channel_binding.reset();
       c.cid_pubkey = "1";
     }},
    {"StatusTouchNeeded", "device_status", reason::kDeviceStatus,
     [](Case& c) {
       c.inputs.has_status_word = true;
       c.after = [](std::string& response) { response = "\x69\x85"; };
     }},
    {"StatusMissing", "device_status", reason::kDeviceStatus,
     [](Case& c) {
       c.inputs.has_status_word = true;
       c.after = [](std::string& response) { response = "\x90"; };
     }},
    {"ReservedByte", "reserved_byte", reason::kFormat,
     [](Case& c) { c.token.reserved_byte = "\x04"; }},
    {"EmptyResponse", "reserved_byte", reason::kFormat,
     [](Case& c) { c.after = [](std::string& response) { response = ""; }; }},
    {"KeyCutOff", "public_key", reason::kFormat,
     [](Case& c) {
       c.after = [](std::string& response) { response.resize(65); };
     }},
    {"KeyCompressed", "public_key", reason::kPublicKeyInvalid,
     [](Case& c) { c.token.public_key[0] = 0x02; }},
    {"KeyOffTheCurve", "public_key", reason::kPublicKeyInvalid,
     [](Case& c) { c.token.public_key[64] ^= 1; }},
    {"KeyIsInfinity", "public_key", reason::kPublicKeyInvalid,
     [](Case& c) { c.token.public_key = "\x04" + std::string(64, '\0'); }},
    {"KeyHandleEmpty", "key_handle", reason::kFormat,
     [](Case& c) { c.token.key_handle = ""; }},
    {"KeyHandleCutOff", "key_handle", reason::kFormat,
     [](Case& c) {
       c.after = [](std::string& response) { response.resize(100); };
     }},
    {"CertificateCutOff", "certificate", reason::kFormat,
     [](Case& c) {
       c.after = [](std::string& response) { response.resize(200); };
     }},
    {"CertificateMalformed", "certificate", reason::kFormat,
     [](Case& c) { c.token.leaf_spec.serial = std::string(40, 'x'); }},
    {"SignatureWithATrailingByte", "signature_format", reason::kFormat,
     [](Case& c) { c.after = [](std::string& response) { response += 'x'; }; }},
    {"SignatureMissing", "signature_format", reason::kFormat,
     [](Case& c) {
       c.after = [](std::string& response) {
         const U2fRegistration parsed = *ParseU2fRegistration(response);
         response.resize(response.size() - parsed.signature.size());
       };
     }},
    {"ChallengeNeverIssued", "challenge_known", reason::kChallengeUnknown,
     [](Case& c) { c.challenge.known = false; }},
    {"ChallengeForAnotherAccount", "challenge_scope", reason::kChallengeScope,
     [](Case& c) { c.challenge.scope.account = "bob"; }},
    {"ChallengeForAnotherPurpose", "challenge_scope", reason::kChallengeScope,
     [](Case& c) { c.challenge.scope.purpose = "COMMAND"; }},
    {"ChallengeAtTheInstantItExpires", "challenge_expiry",
     reason::kChallengeExpired,
     [](Case& c) { c.challenge.spent_at = c.challenge.expires_at; }},
    {"ChallengeUsedBefore", "challenge_use", reason::kChallengeReused,
     [](Case& c) { c.challenge.first_use = false; }},
    {"CertificateForAnotherCurve", "certificate_key",
     reason::kAttestationCertInvalid,
     [](Case& c) {
       c.token.leaf_spki =
           crypto::TestKey::Generate(crypto::KeyType::kP384).spki();
     }},
    {"SignedByAnotherKey", "signature", reason::kSignatureInvalid,
     [](Case& c) { c.token.leaf_spki = OtherKey().public_key().Spki(); }},
    {"SignedForAnotherAppId", "signature", reason::kSignatureInvalid,
     [](Case& c) {
       c.after = [&c](std::string& response) {
         response = c.token.Register("https://other", c.inputs.client_data);
       };
     }},
    {"SignedForOtherClientData", "signature", reason::kSignatureInvalid,
     [](Case& c) {
       c.after = [&c](std::string&) { c.inputs.client_data += " "; };
     }},
    {"AnotherRoot", "trust", reason::kAttestationUntrusted,
     [](Case& c) {
       c.inputs.policy.trust.anchors = {
           {crypto::SelfSigned(c.token.root_spec, c.token.key), {}}};
     }},
    {"AnchorForAnotherFormat", "trust", reason::kAttestationUntrusted,
     [](Case& c) {
       c.inputs.policy.trust.anchors = {{c.token.Root(), {"packed"}}};
     }},
    {"ModelNotOnTheList", "model", reason::kModelNotAllowed,
     [](Case& c) {
       c.inputs.policy.models.allowed = {
           {ModelRule::Kind::kKeyId, std::string(40, '0')}};
     }},
    {"CredentialIdTaken", "credential_new", reason::kCredentialExists,
     [](Case& c) { c.facts.credential_exists = true; }},
    {"PublicKeyTaken", "credential_new", reason::kCredentialExists,
     [](Case& c) { c.facts.public_key_exists = true; }},
    {"AccountIsFull", "credential_limit", reason::kCredentialLimit,
     [](Case& c) { c.facts.credentials = c.facts.credential_limit; }},
};

class U2fRegistrationFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(U2fRegistrationFaultTest, IsRefusedByItsStep) {
  Case spoiled;
  GetParam().apply(spoiled);
  const auto result = spoiled.Verify();
  EXPECT_THAT(result, HasReason(GetParam().reason));
  EXPECT_EQ(StepOf(result.status()), GetParam().step);
}

INSTANTIATE_TEST_SUITE_P(All, U2fRegistrationFaultTest,
                         testing::ValuesIn(kFaults), [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(U2fRegistrationTest, EveryStepHasAFault) {
  std::set<std::string> steps;
  for (const Fault& fault : kFaults) steps.insert(fault.step);
  for (const std::string& name : U2fRegistrationStepNames()) {
    EXPECT_EQ(steps.count(name), 1u) << name;
  }
}

}  // namespace
}  // namespace u2fi::fido
