// What the soft token signs, our relying party believes: client data as a
// gateway writes it, U2FHID, and the verifiers of services/common/fido.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/assertion_verifier.h"
#include "services/common/fido/u2f_messages.h"
#include "services/common/fido/u2f_registration_verifier.h"
#include "services/common/status/status_macros.h"
#include "services/common/status/status_matchers.h"
#include "tools/soft-token/in_process_token.h"

namespace u2fi::soft_token {
namespace {

constexpr char kRpId[] = "u2fi.example";
constexpr char kOrigin[] = "u2fi:t/s/gw";
constexpr char kEnrol[] = "navigator.id.finishEnrollment";
constexpr char kSign[] = "navigator.id.getAssertion";

const std::string& kChallenge = *new std::string(32, 'c');

std::string HashOf(absl::string_view text) {
  return crypto::ToString(crypto::Sha256(text));
}

// wire.md, "Client data and signature".
std::string ClientData(absl::string_view type) {
  return absl::StrCat(R"({"typ":")", type, R"(","challenge":")",
                      crypto::Base64Url(kChallenge), R"(","origin":")", kOrigin,
                      R"(","cid_pubkey":{"kty":"EC","crv":"P-256",)",
                      R"("x":"eA","y":"eQ"}})");
}

class OwnVerifierTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(key_.Open());
    challenge_.known = true;
    challenge_.scope = Expected().scope;
    challenge_.expires_at = clock_.Now() + absl::Minutes(2);
    challenge_.spent_at = clock_.Now();
    challenge_.first_use = true;
  }
  fido::Expectation Expected() const {
    fido::Expectation expected;
    expected.protocol = fido::Protocol::kU2f;
    expected.challenge = kChallenge;
    expected.rp_id = kRpId;
    expected.origins = {kOrigin};
    expected.channel_binding = {"eA", "eQ"};
    expected.scope = {"COMMAND", "t", "alice", "gw"};
    return expected;
  }
  // Registers the token and verifies it against its own certificate.
  absl::StatusOr<fido::VerifiedRegistration> Register(
      const std::string& application) {
    fido::U2fRegistrationInputs inputs;
    inputs.expected = Expected();
    inputs.client_data = ClientData(kEnrol);
    ASSIGN_OR_RETURN(inputs.response,
                     key_.client().Register(HashOf(inputs.client_data),
                                            HashOf(application), key_.Limit()));
    ASSIGN_OR_RETURN(const auto anchor,
                     crypto::Certificate::FromDer(key_.identity().certificate));
    inputs.policy.trust.now = clock_.Now();
    inputs.policy.trust.anchors = {{anchor, {fido::kFormatU2f}}};
    ASSIGN_OR_RETURN(auto screened, fido::ScreenU2fRegistration(inputs));
    return fido::VerifyU2fRegistration(std::move(screened), challenge_,
                                       {false, false, 0, 8});
  }
  // Signs with the registered key and verifies.
  absl::StatusOr<fido::VerifiedAssertion> Sign(
      const fido::RegistrationRecord& registered) {
    fido::AssertionInputs inputs;
    inputs.expected = Expected();
    fido::CredentialRecord record(registered.credential_id, registered.key);
    record.account = "alice";
    record.state = fido::CredentialRecord::State::kActive;
    record.counter = stored_counter_;
    inputs.credential = record;
    challenge_.offers = {{registered.credential_id, stored_counter_}};
    inputs.answer.client_data = ClientData(kSign);
    inputs.answer.credential_id = registered.credential_id;
    ASSIGN_OR_RETURN(
        const std::string raw,
        key_.client().Authenticate(
            {u2fhid::Control::kEnforceTouch, HashOf(inputs.answer.client_data),
             HashOf(kRpId), registered.credential_id},
            key_.Limit()));
    ASSIGN_OR_RETURN(const auto parsed, fido::ParseU2fAuthentication(raw));
    inputs.answer.authenticator_data =
        parsed.AuthenticatorData(crypto::Sha256(kRpId));
    inputs.answer.signature = std::string(parsed.signature);
    ASSIGN_OR_RETURN(auto screened, fido::ScreenAssertion(inputs));
    return fido::VerifyAssertion(std::move(screened), challenge_);
  }

  FakeClock clock_;
  InProcessToken key_{clock_};
  fido::SpentChallenge challenge_;
  uint32_t stored_counter_ = 0;
};

TEST_F(OwnVerifierTest, BelievesARegistration) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(kRpId));
  EXPECT_EQ(verified.record().credential_id.size(), 64u);
  EXPECT_EQ(verified.record().trust.level, fido::TrustLevel::kAttested);
}

TEST_F(OwnVerifierTest, ReadsThatTheTokenIsOnUsb) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(kRpId));
  ASSERT_TRUE(verified.record().transports.has_value());
  EXPECT_EQ(*verified.record().transports, std::vector<std::string>{"usb"});
}

TEST_F(OwnVerifierTest, RefusesARegistrationForAnotherRelyingParty) {
  EXPECT_THAT(Register("evil.example"), HasReason(reason::kSignatureInvalid));
}

TEST_F(OwnVerifierTest, BelievesAnAssertion) {
  ASSERT_OK_AND_ASSIGN(const auto registered, Register(kRpId));
  ASSERT_OK_AND_ASSIGN(const auto verified, Sign(registered.record()));
  EXPECT_EQ(verified.counter(), 1u);
  EXPECT_TRUE(verified.user_present());
}

TEST_F(OwnVerifierTest, NoticesACounterThatStoodStill) {
  ASSERT_OK_AND_ASSIGN(const auto registered, Register(kRpId));
  stored_counter_ = 5;
  key_.counter().Set(4);
  EXPECT_THAT(Sign(registered.record()), HasReason(reason::kCounterRegression));
}

TEST_F(OwnVerifierTest, NoticesATokenThatSignsWithAnotherKey) {
  ASSERT_OK_AND_ASSIGN(const auto registered, Register(kRpId));
  key_.token().SetFault(Fault::kForeign);
  EXPECT_THAT(Sign(registered.record()), HasReason(reason::kSignatureInvalid));
}

}  // namespace
}  // namespace u2fi::soft_token
