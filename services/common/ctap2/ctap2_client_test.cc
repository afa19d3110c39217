#include "services/common/ctap2/ctap2_client.h"

#include <string>
#include <vector>

#include "services/common/crypto/hash.h"
#include "services/common/fido/attestation_object.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/cose_key.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/hid_device.h"
#include "services/common/u2fhid/loop_transport.h"
#include "tools/soft-token/in_process_token.h"

namespace u2fi::ctap2 {
namespace {

using soft_token::InProcessToken;
using soft_token::SoftToken;

constexpr char kRpId[] = "u2fi.test";

Ctap2Wire::Options FastPauses(FakeClock& clock) {
  return {absl::Milliseconds(200),
          [&clock](absl::Duration pause, u2fhid::CancelFlag&) {
            clock.Advance(pause);
          }};
}

SoftToken::Options Fido2Only(soft_token::TouchMode touch) {
  SoftToken::Options options;
  options.touch = touch;
  options.u2f = false;
  options.ctap2 = true;
  return options;
}

// A whole key that speaks CTAP2 alone, and a credential of it.
class Ctap2ClientTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(key_.Open());
    ASSERT_OK_AND_ASSIGN(attestation_object_, Make());
    const auto object = fido::ParseAttestationObject(attestation_object_);
    ASSERT_OK(object);
    const auto data = fido::ParseAuthenticatorData(object->authenticator_data);
    ASSERT_OK(data);
    id_ = std::string(data->credential->id);
    public_key_ = *fido::CredentialKey::FromCose(data->credential->key);
  }
  absl::StatusOr<std::string> Make() {
    return client_.Make({kRpId, crypto::ToString(hash_), "user"}, Limit());
  }
  AssertionRequest Request() const {
    return {kRpId, crypto::ToString(hash_), id_};
  }
  absl::StatusOr<Assertion> Sign() { return client_.Sign(Request(), Limit()); }
  u2fhid::WaitLimit Limit(absl::Duration wait = absl::Seconds(10)) {
    return {clock_.Uptime() + wait, cancel_};
  }
  void NobodyTouches() {
    key_.token().SetTouchMode(soft_token::TouchMode::kManual);
  }

  FakeClock clock_;
  InProcessToken key_{clock_, Fido2Only(soft_token::TouchMode::kAuto)};
  u2fhid::CancelFlag cancel_;
  Ctap2Client client_{key_.host(), clock_, FastPauses(clock_)};
  const crypto::Digest hash_ = crypto::Sha256("client data");
  std::string attestation_object_;
  std::string id_;
  absl::optional<fido::CredentialKey> public_key_;
};

TEST_F(Ctap2ClientTest, ACredentialIsAnAttestationObject) {
  const auto object = fido::ParseAttestationObject(attestation_object_);
  EXPECT_EQ(object->format, "packed");
  EXPECT_EQ(object->statement.Find("alg")->AsInteger(), -7);
  EXPECT_OK(public_key_->Verify(object->authenticator_data, hash_,
                                *object->statement.Find("sig")->AsBytes()));
}

TEST_F(Ctap2ClientTest, AnAssertionIsSignedByTheCredential) {
  ASSERT_OK_AND_ASSIGN(const Assertion assertion, Sign());
  EXPECT_OK(public_key_->Verify(assertion.authenticator_data, hash_,
                                assertion.signature));
  EXPECT_EQ(assertion.authenticator_data.size(), 37u);
  EXPECT_EQ(assertion.authenticator_data[32], '\1');
}

TEST_F(Ctap2ClientTest, ACredentialIsFoundWithoutATouch) {
  NobodyTouches();
  EXPECT_THAT(client_.Has(kRpId, id_, Limit()), IsOkAndHolds(true));
  EXPECT_FALSE(key_.token().touch_wanted());
}

TEST_F(Ctap2ClientTest, AnothersCredentialIsNotFound) {
  EXPECT_THAT(client_.Has(kRpId, std::string(64, 'x'), Limit()),
              IsOkAndHolds(false));
}

TEST_F(Ctap2ClientTest, ACredentialOfAnotherPartyIsNotFound) {
  EXPECT_THAT(client_.Has("evil.test", id_, Limit()), IsOkAndHolds(false));
}

TEST_F(Ctap2ClientTest, AnothersCredentialSignsNothing) {
  id_ = std::string(64, 'x');
  const absl::Status status = Sign().status();
  EXPECT_THAT(status, HasReason(reason::kDeviceStatus));
  EXPECT_EQ(MetadataOf(status)["status"], "2e");
}

TEST_F(Ctap2ClientTest, UserVerificationThatTheKeyCannotDoWantsAPin) {
  AssertionRequest request = Request();
  request.user_verification = true;
  EXPECT_THAT(client_.Sign(request, Limit()), HasReason(reason::kPinRequired));
  ASSERT_OK_AND_ASSIGN(const Verification can, client_.CanVerify(Limit()));
  EXPECT_FALSE(can.by_itself);
  EXPECT_FALSE(can.by_pin);
}

TEST_F(Ctap2ClientTest, AHashOfAnotherSizeIsRefused) {
  AssertionRequest request = Request();
  request.client_data_hash.pop_back();
  EXPECT_THAT(client_.Sign(request, Limit()), HasReason(reason::kInvalidField));
}

TEST_F(Ctap2ClientTest, AnEmptyCredentialIsRefused) {
  EXPECT_THAT(client_.Has(kRpId, "", Limit()),
              HasReason(reason::kInvalidField));
}

TEST_F(Ctap2ClientTest, AMissingTouchEndsAtTheDeadline) {
  NobodyTouches();
  const absl::Duration begun = clock_.Uptime();
  EXPECT_THAT(Sign(), HasReason(reason::kTouchTimeout));
  EXPECT_EQ(clock_.Uptime() - begun, absl::Seconds(10));
  EXPECT_FALSE(key_.token().touch_wanted());
}

TEST_F(Ctap2ClientTest, AKeyThatGivesUpWaitingIsAskedAgain) {
  NobodyTouches();
  const absl::Duration begun = clock_.Uptime();
  EXPECT_THAT(client_.Sign(Request(), Limit(absl::Seconds(70))),
              HasReason(reason::kTouchTimeout));
  EXPECT_EQ(clock_.Uptime() - begun, absl::Seconds(70));
}

TEST_F(Ctap2ClientTest, ATouchBeforeTheQuestionCounts) {
  NobodyTouches();
  key_.token().Touch();
  EXPECT_OK(Sign());
}

TEST_F(Ctap2ClientTest, ACancelledQuestionEnds) {
  NobodyTouches();
  cancel_.Cancel();
  EXPECT_THAT(Sign(), HasReason(reason::kTokenCancelled));
}

TEST_F(Ctap2ClientTest, AfterAnErrorTheNextQuestionIsAnswered) {
  NobodyTouches();
  ASSERT_THAT(Sign(), HasReason(reason::kTouchTimeout));
  key_.token().SetTouchMode(soft_token::TouchMode::kAuto);
  EXPECT_OK(Sign());
}

TEST_F(Ctap2ClientTest, AKeyThatFallsSilentTimesOut) {
  key_.token().SetFault(soft_token::Fault::kSilent);
  EXPECT_THAT(Sign(), HasReason(reason::kTokenTimeout));
}

// The same key with a PIN.
class PinTest : public Ctap2ClientTest {
 protected:
  void SetUp() override {
    Ctap2ClientTest::SetUp();
    ASSERT_OK(key_.token().SetFirstPin("tulip-7"));
  }
  absl::StatusOr<Assertion> SignWith(const std::string& text) {
    return SignWith(*Pin::From(std::string(text)), Limit());
  }
  absl::StatusOr<Assertion> SignWith(const Pin& pin,
                                     const u2fhid::WaitLimit& limit) {
    AssertionRequest request = Request();
    request.user_verification = true;
    request.pin = &pin;
    return client_.Sign(request, limit);
  }
};

TEST_F(PinTest, TheRightOneVerifiesTheUser) {
  ASSERT_OK_AND_ASSIGN(const Assertion assertion, SignWith("tulip-7"));
  EXPECT_EQ(assertion.authenticator_data[32], '\5');
  EXPECT_OK(public_key_->Verify(assertion.authenticator_data, hash_,
                                assertion.signature));
}

TEST_F(PinTest, AKeySaysThatItHasOne) {
  Ctap2Client after(key_.host(), clock_, FastPauses(clock_));
  ASSERT_OK_AND_ASSIGN(const Verification can, after.CanVerify(Limit()));
  EXPECT_FALSE(can.by_itself);
  EXPECT_TRUE(can.by_pin);
}

TEST_F(PinTest, AWrongOneCostsATryAndSignsNothing) {
  EXPECT_THAT(client_.PinRetries(Limit()), IsOkAndHolds(8));
  EXPECT_THAT(SignWith("wrong"), HasReason(reason::kPinInvalid));
  EXPECT_THAT(client_.PinRetries(Limit()), IsOkAndHolds(7));
  EXPECT_FALSE(key_.token().touch_wanted());
}

TEST_F(PinTest, AfterThreeWrongOnesTheKeyMustBePulledOut) {
  EXPECT_THAT(SignWith("wrong"), HasReason(reason::kPinInvalid));
  EXPECT_THAT(SignWith("wrong"), HasReason(reason::kPinInvalid));
  EXPECT_THAT(SignWith("wrong"), HasReason(reason::kPinAuthBlocked));
  EXPECT_THAT(SignWith("tulip-7"), HasReason(reason::kPinAuthBlocked));
}

TEST_F(PinTest, ACredentialIsMadeWithItOnly) {
  EXPECT_THAT(Make(), HasReason(reason::kPinRequired));
  ASSERT_OK_AND_ASSIGN(const Pin pin, Pin::From("tulip-7"));
  ASSERT_OK_AND_ASSIGN(
      const std::string made,
      client_.Make({kRpId, crypto::ToString(hash_), "user", false, &pin},
                   Limit()));
  const auto object = fido::ParseAttestationObject(made);
  ASSERT_OK(object);
  EXPECT_EQ(object->authenticator_data[32], '\x45');
}

TEST_F(PinTest, WithoutATouchItIsGivenToTheKeyAgain) {
  NobodyTouches();
  ASSERT_OK_AND_ASSIGN(const Pin pin, Pin::From("tulip-7"));
  EXPECT_THAT(SignWith(pin, Limit(absl::Seconds(70))),
              HasReason(reason::kTouchTimeout));
  EXPECT_THAT(client_.PinRetries(Limit()), IsOkAndHolds(8));
}

TEST_F(PinTest, AKeyWithoutOneSaysSo) {
  InProcessToken other(clock_, Fido2Only(soft_token::TouchMode::kAuto));
  ASSERT_OK(other.Open());
  Ctap2Client client(other.host(), clock_, FastPauses(clock_));
  ASSERT_OK_AND_ASSIGN(const Pin pin, Pin::From("tulip-7"));
  EXPECT_THAT(
      client.Sign({kRpId, crypto::ToString(hash_), id_, true, &pin}, Limit()),
      HasReason(reason::kPinNotSet));
}

// A key whose answers the test writes; the last one is repeated.
class WrittenKey : public u2fhid::HidHandler {
 public:
  absl::optional<std::string> OnMsg(absl::string_view) override { return ""; }
  absl::optional<std::string> OnCbor(absl::string_view request) override {
    requests_ += request[0];
    const std::string answer = answers_.front();
    if (answers_.size() > 1) answers_.erase(answers_.begin());
    return answer;
  }
  void OnAbort() override {}
  void OnWink() override {}

  std::vector<std::string> answers_;
  // The command bytes.
  std::string requests_;
};

class WrittenKeyTest : public testing::Test {
 protected:
  // authenticatorGetInfo: FIDO_2_0 and an AAGUID (CTAP 2.1, 6.4).
  static std::string Info() {
    return std::string(
               "\0\xa2\x01\x81\x68"
               "FIDO_2_0\x03\x50",
               15) +
           std::string(16, 'a');
  }
  absl::StatusOr<Assertion> Sign() {
    EXPECT_OK(host_.Open(Limit()));
    return client_.Sign({kRpId, std::string(32, 'h'), "id"}, Limit());
  }
  u2fhid::WaitLimit Limit() {
    return {clock_.Uptime() + absl::Seconds(10), cancel_};
  }

  FakeClock clock_;
  FakeRandomSource random_;
  WrittenKey key_;
  u2fhid::HidDevice device_{
      clock_, key_, {2, 1, 0, 0, u2fhid::kCapabilityCbor}};
  u2fhid::LoopTransport transport_{clock_, device_};
  u2fhid::HidHost host_{transport_, clock_, random_, {}};
  u2fhid::CancelFlag cancel_;
  Ctap2Client client_{host_, clock_, FastPauses(clock_)};
};

TEST_F(WrittenKeyTest, InfoThatIsNoneIsRefused) {
  key_.answers_ = {std::string("\0nonsense", 9)};
  EXPECT_THAT(Sign(), HasReason(reason::kTokenFrame));
}

TEST_F(WrittenKeyTest, AnEmptyAnswerIsRefused) {
  key_.answers_ = {Info(), ""};
  EXPECT_THAT(Sign(), HasReason(reason::kTokenFrame));
}

TEST_F(WrittenKeyTest, AnAnswerThatIsNoCborIsRefused) {
  key_.answers_ = {Info(), std::string("\0\xff\xff", 3)};
  EXPECT_THAT(Sign(), HasReason(reason::kTokenFrame));
}

TEST_F(WrittenKeyTest, AnAssertionWithoutASignatureIsRefused) {
  // Authenticator data alone.
  key_.answers_ = {
      Info(), std::string("\0\xa1\x02\x58\x25", 5) + std::string(37, '\1')};
  EXPECT_THAT(Sign(), HasReason(reason::kTokenFrame));
}

TEST_F(WrittenKeyTest, ARefusalNamesItsStatus) {
  key_.answers_ = {Info(), "\x27"};
  const absl::Status status = Sign().status();
  EXPECT_THAT(status, HasReason(reason::kDeviceStatus));
  EXPECT_EQ(MetadataOf(status)["status"], "27");
}

TEST_F(WrittenKeyTest, WhatItSaysOfItsPinIsNamed) {
  key_.answers_ = {Info(), "\x36", "\x32"};
  EXPECT_THAT(Sign(), HasReason(reason::kPinRequired));
  EXPECT_THAT(client_.Sign({kRpId, std::string(32, 'h'), "id"}, Limit()),
              HasReason(reason::kPinBlocked));
}

TEST_F(WrittenKeyTest, TriesThatAreNoneAreRefused) {
  key_.answers_ = {Info(), std::string("\0\xa1\x03\x61x", 5)};
  ASSERT_OK(host_.Open(Limit()));
  EXPECT_THAT(client_.PinRetries(Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(WrittenKeyTest, AKeyThatAlwaysGivesUpIsNotAskedWithoutAPause) {
  key_.answers_ = {Info(), "\x2f"};
  EXPECT_THAT(Sign(), HasReason(reason::kTouchTimeout));
  // Once in 200 ms of 10 s.
  EXPECT_LE(key_.requests_.size(), 51u);
}

TEST_F(WrittenKeyTest, ItIsAskedWhatItIsOnce) {
  key_.answers_ = {Info(), "\x2e"};
  ASSERT_OK(host_.Open(Limit()));
  EXPECT_THAT(client_.Has(kRpId, "id", Limit()), IsOkAndHolds(false));
  EXPECT_THAT(client_.Has(kRpId, "id", Limit()), IsOkAndHolds(false));
  EXPECT_EQ(key_.requests_, "\x04\x02\x02");
}

TEST_F(WrittenKeyTest, APulledKeySaysSo) {
  ASSERT_OK(host_.Open(Limit()));
  transport_.Remove();
  EXPECT_THAT(client_.Has(kRpId, "id", Limit()),
              HasReason(reason::kTokenRemoved));
}

}  // namespace
}  // namespace u2fi::ctap2
