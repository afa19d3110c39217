#include "services/common/fido/assertion_verifier.h"

#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/key_test_util.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/fido/cose_key_test_util.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);
const std::string& kId = *new std::string("credential");

// A valid assertion of one protocol. A fault changes one part before it is
// signed, or the answer after.
struct Case {
  explicit Case(Protocol protocol) {
    Expectation& expected = inputs.expected;
    expected.protocol = protocol;
    expected.challenge = std::string(32, 'c');
    expected.rp_id = "u2fi.example";
    expected.origins = {"https://u2fi.example"};
    expected.scope = {"COMMAND", "t", "alice", "gw"};
    expected.command_digest = "digest";
    challenge.known = true;
    challenge.scope = expected.scope;
    challenge.expires_at = kNow + absl::Seconds(1);
    challenge.spent_at = kNow;
    challenge.first_use = true;
    challenge.command_digest = "digest";
    challenge.offers = {{"other", 7}, {kId, 7}};
    record.account = "alice";
    record.state = CredentialRecord::State::kActive;
    record.counter = 7;
    record.backup_eligible = false;
    if (protocol == Protocol::kWebAuthn) {
      members = {{"type", R"("webauthn.get")"}};
    }
  }

  std::string ClientData() const {
    std::string out = "{";
    for (const auto& [name, value] : members) {
      absl::StrAppend(&out, out == "{" ? "" : ",", "\"", name, "\":", value);
    }
    return absl::StrCat(out, R"(,"challenge":")", challenge_text,
                        R"(","origin":")", origin, "\"", more, "}");
  }

  std::string AuthenticatorData() const {
    return absl::StrCat(crypto::View(crypto::Sha256(hashed)),
                        std::string(1, static_cast<char>(flags)),
                        crypto::BigEndian32(counter), extensions);
  }

  absl::StatusOr<VerifiedAssertion> Verify() {
    AssertionAnswer& answer = inputs.answer;
    answer.client_data = client_data.empty() ? ClientData() : client_data;
    answer.authenticator_data = AuthenticatorData();
    answer.signature = key.Sign(
        crypto::Sha256({answer.authenticator_data,
                        crypto::View(crypto::Sha256(answer.client_data))}));
    if (!inputs.credential.has_value() && has_record) {
      inputs.credential = record;
    }
    if (answer.credential_id.empty()) answer.credential_id = kId;
    if (after) after(answer);
    ASSIGN_OR_RETURN(ScreenedAssertion screened, ScreenAssertion(inputs));
    return VerifyAssertion(std::move(screened), challenge);
  }

  const crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  AssertionInputs inputs;
  SpentChallenge challenge;
  CredentialRecord record{kId, CredentialKey(key.public_key())};
  bool has_record = true;
  std::vector<std::pair<std::string, std::string>> members = {
      {"typ", R"("navigator.id.getAssertion")"}};
  std::string challenge_text = crypto::Base64Url(std::string(32, 'c'));
  std::string origin = "https://u2fi.example";
  std::string more;
  std::string client_data;
  std::string hashed = "u2fi.example";
  uint8_t flags = flag::kUserPresent;
  uint32_t counter = 8;
  std::string extensions;
  std::function<void(AssertionAnswer&)> after;
};

struct Fault {
  const char* name;
  const char* step;
  const Reason& reason;
  std::function<void(Case&)> apply;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

// What both protocols refuse.
const Fault kBoth[] = {
    {"ClientDataNotJson", "client_data", reason::kClientDataFormat,
     [](Case& c) { c.client_data = "[]"; }},
    {"TypeOfTheOtherCeremony", "type", reason::kClientDataType,
     [](Case& c) { c.members[0].second = R"("webauthn.create")"; }},
    {"TypeOfBothProtocols", "type", reason::kClientDataType,
     [](Case& c) {
       c.members = {{"typ", R"("navigator.id.getAssertion")"},
                    {"type", R"("webauthn.get")"}};
     }},
    {"AnotherChallenge", "challenge", reason::kChallengeMismatch,
     [](Case& c) { c.challenge_text[0] = 'X'; }},
    {"EmptyChallenge", "challenge", reason::kChallengeMismatch,
     [](Case& c) {
       c.challenge_text = "";
       c.inputs.expected.challenge = "";
     }},
    {"OriginWithAPort", "origin", reason::kOriginMismatch,
     [](Case& c) { c.origin += ":443"; }},
    {"CredentialNotOnRecord", "credential", reason::kCredentialUnknown,
     [](Case& c) { c.has_record = false; }},
    {"RecordOfAnotherCredential", "credential", reason::kCredentialUnknown,
     [](Case& c) { c.record.id = "other"; }},
    {"Suspended", "active", reason::kCredentialRevoked,
     [](Case& c) { c.record.state = CredentialRecord::State::kSuspended; }},
    {"Quarantined", "active", reason::kCredentialRevoked,
     [](Case& c) { c.record.state = CredentialRecord::State::kQuarantined; }},
    {"Revoked", "active", reason::kCredentialRevoked,
     [](Case& c) { c.record.state = CredentialRecord::State::kRevoked; }},
    {"AnotherRpId", "rp_id_hash", reason::kRpIdHashMismatch,
     [](Case& c) { c.hashed = "other.example"; }},
    {"NotTouched", "user_presence", reason::kUserPresence,
     [](Case& c) { c.flags = 0; }},
    {"NotVerified", "user_verification", reason::kUserVerification,
     [](Case& c) { c.inputs.expected.require_user_verification = true; }},
    {"ChallengeNeverIssued", "challenge_known", reason::kChallengeUnknown,
     [](Case& c) { c.challenge.known = false; }},
    {"ChallengeForAnotherPlace", "challenge_scope", reason::kChallengeScope,
     [](Case& c) { c.challenge.scope.place = "gw2"; }},
    {"ChallengeForAnotherTenant", "challenge_scope", reason::kChallengeScope,
     [](Case& c) { c.challenge.scope.tenant = "t2"; }},
    {"ChallengeAtTheInstantItExpires", "challenge_expiry",
     reason::kChallengeExpired,
     [](Case& c) { c.challenge.spent_at = c.challenge.expires_at; }},
    {"ChallengeUsedBefore", "challenge_use", reason::kChallengeReused,
     [](Case& c) { c.challenge.first_use = false; }},
    {"NothingOffered", "offered", reason::kNoCredentials,
     [](Case& c) { c.challenge.offers.clear(); }},
    {"AnotherOneOffered", "offered", reason::kCredentialNotOffered,
     [](Case& c) { c.challenge.offers.pop_back(); }},
    {"SignedByAnotherKey", "signature", reason::kSignatureInvalid,
     [](Case& c) {
       c.record.key =
           CredentialKey(crypto::P256PrivateKey::Generate().public_key());
     }},
    {"SignedWithAnotherCounter", "signature", reason::kSignatureInvalid,
     [](Case& c) {
       c.after = [](AssertionAnswer& answer) {
         answer.authenticator_data[36] = '\x09';
       };
     }},
    {"CounterAtTheFloor", "counter", reason::kCounterRegression,
     [](Case& c) { c.counter = 7; }},
    {"CounterBelowTheFloor", "counter", reason::kCounterRegression,
     [](Case& c) { c.counter = 1; }},
    {"CounterBetweenFloorAndStored", "counter", reason::kCounterOutOfOrder,
     [](Case& c) { c.record.counter = 9; }},
    {"CounterWithoutAFloor", "counter", reason::kCounterOutOfOrder,
     [](Case& c) {
       c.counter = 7;
       c.challenge.offers[1].counter_floor.reset();
     }},
    {"AnotherCommand", "command", reason::kCommandMismatch,
     [](Case& c) { c.inputs.expected.command_digest = "other"; }},
};

const Fault kU2fOnly[] = {
    {"ChannelKeyMissing", "channel_id", reason::kChannelIdMismatch,
     [](Case& c) {
       c.inputs.expected.channel_binding = {"eA", "eQ"};
     }},
    {"CredentialOfAnotherAccount", "credential", reason::kCredentialUnknown,
     [](Case& c) { c.record.account = "bob"; }},
    {"AuthenticatorDataOf38Bytes", "format", reason::kFormat,
     [](Case& c) { c.extensions = "x"; }},
    {"SignatureWithATrailingByte", "format", reason::kFormat,
     [](Case& c) {
       c.after = [](AssertionAnswer& answer) { answer.signature += 'x'; };
     }},
    {"OtherFlags", "flags", reason::kFormat, [](Case& c) { c.flags = 0x05; }},
    {"CounterZeroAgain", "counter", reason::kCounterRegression,
     [](Case& c) {
       c.counter = 0;
       c.record.counter = 0;
       c.challenge.offers[1].counter_floor = 0;
     }},
};

const Fault kWebAuthnOnly[] = {
    {"TypeOfAPayment", "type", reason::kClientDataType,
     [](Case& c) { c.members[0].second = R"("payment.get")"; }},
    {"CrossOrigin", "cross_origin", reason::kCrossOriginNotAllowed,
     [](Case& c) { c.more = R"(,"crossOrigin":true)"; }},
    {"TopOriginAlone", "top_origin", reason::kTopOriginMismatch,
     [](Case& c) { c.more = R"(,"topOrigin":"https://x")"; }},
    {"TopOriginNotListed", "top_origin", reason::kTopOriginMismatch,
     [](Case& c) {
       c.inputs.expected.allow_cross_origin = true;
       c.inputs.expected.top_origins = {"https://y"};
       c.more = R"(,"crossOrigin":true,"topOrigin":"https://x")";
     }},
    {"CredentialOfAnotherAccount", "user", reason::kUserMismatch,
     [](Case& c) { c.record.account = "bob"; }},
    {"UserHandleOfAnotherAccount", "user", reason::kUserMismatch,
     [](Case& c) { c.inputs.answer.user_handle = "bob"; }},
    {"TrailingBytes", "format", reason::kAuthdataMalformed,
     [](Case& c) { c.extensions = "x"; }},
    {"ExtensionsMissing", "format", reason::kAuthdataMalformed,
     [](Case& c) { c.flags |= flag::kExtensionData; }},
    {"AppIdNotAskedFor", "rp_id_hash", reason::kRpIdHashMismatch,
     [](Case& c) {
       c.record.is_u2f = true;
       c.hashed = "https://app";
       c.inputs.answer.appid_output = true;
     }},
    {"AppIdWithoutOutput", "rp_id_hash", reason::kRpIdHashMismatch,
     [](Case& c) {
       c.record.is_u2f = true;
       c.hashed = "https://app";
       c.inputs.appid = "https://app";
     }},
    {"AppIdForACredentialNotOfU2f", "rp_id_hash", reason::kRpIdHashMismatch,
     [](Case& c) {
       c.hashed = "https://app";
       c.inputs.appid = "https://app";
       c.inputs.answer.appid_output = true;
     }},
    {"BackedUpButNotEligible", "backup", reason::kBackupFlagsInvalid,
     [](Case& c) { c.flags |= flag::kBackupState; }},
    {"EligibilityChanged", "backup", reason::kBackupFlagsInvalid,
     [](Case& c) { c.flags |= flag::kBackupEligible; }},
    {"CounterBackToZero", "counter", reason::kCounterRegression,
     [](Case& c) { c.counter = 0; }},
    {"UnsolicitedAppId", "extensions", reason::kExtensionUnexpected,
     [](Case& c) {
       c.inputs.expected.extensions.refuse_unsolicited = true;
       c.inputs.answer.appid_output = true;
     }},
    {"UnsolicitedExtension", "extensions", reason::kExtensionUnexpected,
     [](Case& c) {
       c.inputs.expected.extensions.refuse_unsolicited = true;
       c.flags |= flag::kExtensionData;
       c.extensions = cbor::Map({{cbor::Text("x"), cbor::Boolean(true)}});
     }},
    {"RequiredExtensionMissing", "extensions", reason::kExtensionUnexpected,
     [](Case& c) { c.inputs.expected.extensions.required = {"x"}; }},
};

void ExpectRefused(Protocol protocol, const Fault& fault) {
  Case spoiled(protocol);
  fault.apply(spoiled);
  const auto result = spoiled.Verify();
  EXPECT_THAT(result, HasReason(fault.reason));
  EXPECT_EQ(StepOf(result.status()), fault.step);
}

constexpr auto kFaultName = [](const auto& info) {
  return std::string(info.param.name);
};

class U2fAssertionFaultTest : public testing::TestWithParam<Fault> {};
TEST_P(U2fAssertionFaultTest, IsRefusedByItsStep) {
  ExpectRefused(Protocol::kU2f, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Both, U2fAssertionFaultTest, testing::ValuesIn(kBoth),
                         kFaultName);
INSTANTIATE_TEST_SUITE_P(U2f, U2fAssertionFaultTest,
                         testing::ValuesIn(kU2fOnly), kFaultName);

class WebAuthnAssertionFaultTest : public testing::TestWithParam<Fault> {};
TEST_P(WebAuthnAssertionFaultTest, IsRefusedByItsStep) {
  ExpectRefused(Protocol::kWebAuthn, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Both, WebAuthnAssertionFaultTest,
                         testing::ValuesIn(kBoth), kFaultName);
INSTANTIATE_TEST_SUITE_P(WebAuthn, WebAuthnAssertionFaultTest,
                         testing::ValuesIn(kWebAuthnOnly), kFaultName);

TEST(AssertionStepsTest, EveryStepHasAFault) {
  std::set<std::string> steps;
  for (const Fault& fault : kBoth) steps.insert(fault.step);
  for (const Fault& fault : kU2fOnly) steps.insert(fault.step);
  for (const Fault& fault : kWebAuthnOnly) steps.insert(fault.step);
  for (const std::string& name : AssertionStepNames()) {
    EXPECT_EQ(steps.count(name), 1u) << name;
  }
}

class AssertionTest : public testing::TestWithParam<Protocol> {
 protected:
  Case good_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Both, AssertionTest,
                         testing::Values(Protocol::kU2f, Protocol::kWebAuthn));

TEST_P(AssertionTest, AGoodOneGivesWhatToStore) {
  ASSERT_OK_AND_ASSIGN(VerifiedAssertion verified, good_.Verify());
  EXPECT_EQ(verified.credential_id(), kId);
  EXPECT_EQ(verified.account(), "alice");
  EXPECT_EQ(verified.counter(), 8u);
  EXPECT_TRUE(verified.user_present());
  EXPECT_FALSE(verified.user_verified());
}

TEST_P(AssertionTest, TheTwinSignatureIsAcceptedToo) {
  // (r, n - s): decisions A17.
  good_.after = [](AssertionAnswer& answer) {
    answer.signature = crypto::TwinSignature(answer.signature);
  };
  EXPECT_OK(good_.Verify());
}

TEST_P(AssertionTest, TheFirstCounterMayBeAnything) {
  good_.record.counter.reset();
  good_.challenge.offers[1].counter_floor.reset();
  good_.counter = 0;
  EXPECT_OK(good_.Verify());
}

TEST_P(AssertionTest, APresenceAnswerNeedsNoTouchIfNoneIsRequired) {
  good_.inputs.expected.require_user_presence = false;
  good_.flags = 0;
  ASSERT_OK_AND_ASSIGN(VerifiedAssertion verified, good_.Verify());
  EXPECT_FALSE(verified.user_present());
}

TEST_P(AssertionTest, APresenceAnswerIsNeverACloneAlarm) {
  good_.inputs.ignore_counter_floor = true;
  good_.counter = 7;
  EXPECT_THAT(good_.Verify(), HasReason(reason::kCounterOutOfOrder));
}

TEST_P(AssertionTest, NothingButTheLimitedMembersOfClientDataMatters) {
  good_.more = R"(,"tokenBinding":{"status":"x"},"crossOrigin":false)";
  EXPECT_OK(good_.Verify());
}

class WebAuthnAssertionTest : public testing::Test {
 protected:
  Case good_{Protocol::kWebAuthn};
};

TEST_F(WebAuthnAssertionTest, ZeroAndZeroMeansNoCounter) {
  good_.counter = 0;
  good_.record.counter = 0;
  good_.challenge.offers[1].counter_floor = 0;
  EXPECT_OK(good_.Verify());
}

TEST_F(WebAuthnAssertionTest, VerificationAndBackupStateAreReported) {
  good_.record.backup_eligible = true;
  good_.flags = flag::kUserPresent | flag::kUserVerified |
                flag::kBackupEligible | flag::kBackupState;
  good_.inputs.expected.require_user_verification = true;
  ASSERT_OK_AND_ASSIGN(VerifiedAssertion verified, good_.Verify());
  EXPECT_TRUE(verified.user_verified());
  EXPECT_TRUE(verified.backup_state());
}

TEST_F(WebAuthnAssertionTest, AListedTopOriginIsAccepted) {
  good_.inputs.expected.allow_cross_origin = true;
  good_.inputs.expected.top_origins = {"https://x"};
  good_.more = R"(,"crossOrigin":true,"topOrigin":"https://x")";
  EXPECT_OK(good_.Verify());
}

TEST_F(WebAuthnAssertionTest, TheUserHandleOfTheAccountIsAccepted) {
  good_.inputs.answer.user_handle = "alice";
  EXPECT_OK(good_.Verify());
}

TEST_F(WebAuthnAssertionTest, TheAppIdCountsIfAskedForAndUsed) {
  good_.record.is_u2f = true;
  good_.hashed = "https://app";
  good_.inputs.appid = "https://app";
  good_.inputs.answer.appid_output = true;
  EXPECT_OK(good_.Verify());
}

TEST_F(WebAuthnAssertionTest, ARequestedExtensionIsAccepted) {
  good_.inputs.expected.extensions = {{"x"}, {"x"}, true};
  good_.flags |= flag::kExtensionData;
  good_.extensions = cbor::Map({{cbor::Text("x"), cbor::Boolean(true)}});
  EXPECT_OK(good_.Verify());
}

// Every supported algorithm, with the key as the store gives it back.
class AlgorithmTest : public testing::TestWithParam<AlgorithmCase> {};

TEST_P(AlgorithmTest, ItsAssertionIsAccepted) {
  const crypto::TestKey& key = TestKeyOf(GetParam());
  Case good(Protocol::kWebAuthn);
  good.record.key =
      *CredentialKey::FromStored(cbor::Map(CosePairsOf(key, GetParam())));
  good.after = [&](AssertionAnswer& answer) {
    answer.signature =
        key.Sign(GetParam().signature,
                 answer.authenticator_data +
                     crypto::ToString(crypto::Sha256(answer.client_data)));
  };
  EXPECT_OK(good.Verify());
}

INSTANTIATE_TEST_SUITE_P(All, AlgorithmTest,
                         testing::ValuesIn(kAlgorithmCases));

}  // namespace
}  // namespace u2fi::fido
