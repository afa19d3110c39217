#include "tools/soft-token/client_pin.h"

#include <string>

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/soft-token/fake_pin_store.h"
#include "tools/soft-token/pin_platform.h"

namespace u2fi::soft_token {
namespace {

constexpr char kPin[] = "tulip-7";
constexpr char kRp[] = "u2fi.test";
const std::string kHash(32, 'h');

// Each rule holds for both protocols.
class ClientPinTest : public testing::TestWithParam<int> {
 protected:
  void SetPin() { ASSERT_OK(pin_.SetFirst(kPin)); }
  Ctap2Status StatusOf(const ClientPinRequest& request) {
    return pin_.Handle(request).status;
  }
  Ctap2Status Wrong() {
    return platform_.Ask(platform_.Token("wrong", 3, kRp));
  }
  Ctap2Status Right() { return platform_.Ask(platform_.Token(kPin, 3, kRp)); }
  Ctap2Status Authorise(int64_t permission = permission::kGetAssertion,
                        const std::string& rp = kRp) {
    Ctap2Options options;
    options.pin_auth = platform_.Proof(kHash);
    options.pin_protocol = GetParam();
    return pin_.Authorise(options, permission, rp, kHash);
  }
  bool WantsPowerCycle() {
    const auto answer = fido::ParseCbor(pin_.Handle({}).cbor);
    EXPECT_EQ(answer->Find(3)->AsInteger(), pin_.retries());
    return *answer->Find(4)->AsBoolean();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  FakePinStore store_;
  ClientPin pin_{store_, random_, clock_};
  PinPlatform platform_{pin_, GetParam()};
};

TEST_P(ClientPinTest, APinIsSetOnceAndKeptAsAHash) {
  EXPECT_EQ(StatusOf(platform_.Set(kPin)), Ctap2Status::kOk);
  EXPECT_EQ(store_.record().hash,
            crypto::ToString(crypto::Sha256(kPin)).substr(0, 16));
  EXPECT_EQ(StatusOf(platform_.Set("another")), Ctap2Status::kPinAuthInvalid);
  EXPECT_EQ(Right(), Ctap2Status::kOk);
}

TEST_P(ClientPinTest, APinHas4CharactersTo63Bytes) {
  EXPECT_EQ(StatusOf(platform_.Set("äöü")), Ctap2Status::kPinPolicyViolation);
  EXPECT_EQ(StatusOf(platform_.Set(std::string(64, 'p'))),
            Ctap2Status::kPinPolicyViolation);
  EXPECT_EQ(StatusOf(platform_.Set("")), Ctap2Status::kPinPolicyViolation);
  EXPECT_EQ(StatusOf(platform_.Set(std::string(63, 'p'))), Ctap2Status::kOk);
}

TEST_P(ClientPinTest, APinIsPaddedTo64Bytes) {
  ClientPinRequest request = platform_.Set(kPin);
  request.new_pin = platform_.EncryptedPin(kPin, 80);
  EXPECT_EQ(StatusOf(request), Ctap2Status::kPinAuthInvalid);
}

TEST_P(ClientPinTest, WithoutAProofNothingIsSet) {
  ClientPinRequest request = platform_.Set(kPin);
  request.proof->back() ^= 1;
  EXPECT_EQ(StatusOf(request), Ctap2Status::kPinAuthInvalid);
  request.proof.reset();
  EXPECT_EQ(StatusOf(request), Ctap2Status::kMissingParameter);
  EXPECT_FALSE(pin_.is_set());
}

TEST_P(ClientPinTest, AKeyThatIsNoneIsRefused) {
  ClientPinRequest request = platform_.Set(kPin);
  request.peer = "\x04" + std::string(64, '\1');
  EXPECT_EQ(StatusOf(request), Ctap2Status::kInvalidParameter);
  request.peer.reset();
  EXPECT_EQ(StatusOf(request), Ctap2Status::kMissingParameter);
}

TEST_P(ClientPinTest, AnotherProtocolIsRefused) {
  ClientPinRequest request = platform_.Set(kPin);
  request.protocol = 3;
  EXPECT_EQ(StatusOf(request), Ctap2Status::kInvalidParameter);
  request.protocol.reset();
  EXPECT_EQ(StatusOf(request), Ctap2Status::kMissingParameter);
}

TEST_P(ClientPinTest, WhoeverKnowsThePinChangesIt) {
  SetPin();
  EXPECT_EQ(StatusOf(platform_.Change("wrong", "rose-11")),
            Ctap2Status::kPinInvalid);
  EXPECT_EQ(Right(), Ctap2Status::kOk);
  EXPECT_EQ(StatusOf(platform_.Change(kPin, "rose-11")), Ctap2Status::kOk);
  EXPECT_EQ(Authorise(), Ctap2Status::kPinAuthInvalid);
  EXPECT_EQ(Right(), Ctap2Status::kPinInvalid);
  EXPECT_EQ(platform_.GetToken("rose-11", 3, kRp), Ctap2Status::kOk);
}

TEST_P(ClientPinTest, WithoutAProofNothingIsChanged) {
  SetPin();
  ClientPinRequest request = platform_.Change(kPin, "rose-11");
  request.proof->back() ^= 1;
  EXPECT_EQ(StatusOf(request), Ctap2Status::kPinAuthInvalid);
  EXPECT_EQ(pin_.retries(), 8);
  request.pin_hash.reset();
  EXPECT_EQ(StatusOf(request), Ctap2Status::kMissingParameter);
}

TEST_P(ClientPinTest, WithoutAPinNothingIsTried) {
  EXPECT_EQ(Right(), Ctap2Status::kPinNotSet);
  EXPECT_EQ(StatusOf(platform_.Change(kPin, "rose-11")),
            Ctap2Status::kPinNotSet);
}

TEST_P(ClientPinTest, AWrongPinCostsATryAndARightOneGivesThemBack) {
  SetPin();
  EXPECT_EQ(Wrong(), Ctap2Status::kPinInvalid);
  EXPECT_EQ(pin_.retries(), 7);
  EXPECT_EQ(Right(), Ctap2Status::kOk);
  EXPECT_EQ(pin_.retries(), 8);
}

TEST_P(ClientPinTest, AWrongPinEndsTheAgreement) {
  SetPin();
  const ClientPinRequest request = platform_.Token(kPin, 3, kRp);
  EXPECT_EQ(StatusOf(platform_.Token("wrong", 3, kRp)),
            Ctap2Status::kPinInvalid);
  EXPECT_EQ(StatusOf(request), Ctap2Status::kPinInvalid);
}

TEST_P(ClientPinTest, AfterThreeInARowItWantsAPowerCycle) {
  SetPin();
  EXPECT_EQ(Wrong(), Ctap2Status::kPinInvalid);
  EXPECT_EQ(Wrong(), Ctap2Status::kPinInvalid);
  EXPECT_FALSE(WantsPowerCycle());
  EXPECT_EQ(Wrong(), Ctap2Status::kPinAuthBlocked);
  EXPECT_TRUE(WantsPowerCycle());
  EXPECT_EQ(Right(), Ctap2Status::kPinAuthBlocked);
  EXPECT_EQ(pin_.retries(), 5);
  pin_.PowerCycle();
  EXPECT_FALSE(WantsPowerCycle());
  EXPECT_EQ(Right(), Ctap2Status::kOk);
}

TEST_P(ClientPinTest, AfterEightItIsBlockedForGood) {
  SetPin();
  for (int i = 0; i < 7; ++i) {
    if (i % 3 == 0) pin_.PowerCycle();
    EXPECT_NE(Wrong(), Ctap2Status::kPinBlocked);
  }
  EXPECT_EQ(Wrong(), Ctap2Status::kPinBlocked);
  pin_.PowerCycle();
  EXPECT_EQ(Right(), Ctap2Status::kPinBlocked);
  EXPECT_EQ(StatusOf(platform_.Change(kPin, "rose-11")),
            Ctap2Status::kPinBlocked);
}

TEST_P(ClientPinTest, ATryIsWrittenOffBeforeItIsCompared) {
  SetPin();
  store_.Break();
  EXPECT_EQ(Right(), Ctap2Status::kOther);
  EXPECT_EQ(StatusOf(platform_.Change(kPin, "rose-11")), Ctap2Status::kOther);
}

TEST_P(ClientPinTest, ATokenIsForWhatWasAskedFor) {
  SetPin();
  ASSERT_EQ(platform_.GetToken(kPin, permission::kMakeCredential, kRp),
            Ctap2Status::kOk);
  EXPECT_EQ(Authorise(permission::kGetAssertion), Ctap2Status::kPinAuthInvalid);
  EXPECT_EQ(Authorise(permission::kMakeCredential), Ctap2Status::kOk);
  EXPECT_EQ(Authorise(permission::kMakeCredential, "evil.test"),
            Ctap2Status::kPinAuthInvalid);
}

TEST_P(ClientPinTest, ATokenOfTheOldWayIsForTheFirstThatUsesIt) {
  SetPin();
  ASSERT_EQ(platform_.Ask(platform_.Token(kPin)), Ctap2Status::kOk);
  EXPECT_EQ(Authorise(), Ctap2Status::kOk);
  EXPECT_EQ(Authorise(permission::kMakeCredential), Ctap2Status::kOk);
  EXPECT_EQ(Authorise(permission::kGetAssertion, "evil.test"),
            Ctap2Status::kPinAuthInvalid);
}

TEST_P(ClientPinTest, WhatATokenIsForMustBeSaidAndKnown) {
  SetPin();
  ClientPinRequest request = platform_.Token(kPin, 0, kRp);
  EXPECT_EQ(StatusOf(request), Ctap2Status::kInvalidParameter);
  request.permissions = 0x04;
  EXPECT_EQ(StatusOf(request), Ctap2Status::kUnauthorizedPermission);
  request.permissions.reset();
  EXPECT_EQ(StatusOf(request), Ctap2Status::kMissingParameter);
  request = platform_.Token(kPin, 3, kRp);
  request.rp_id.reset();
  EXPECT_EQ(StatusOf(request), Ctap2Status::kMissingParameter);
  request.command = PinCommand::kGetToken;
  EXPECT_EQ(StatusOf(request), Ctap2Status::kInvalidParameter);
  EXPECT_EQ(pin_.retries(), 8);
}

TEST_P(ClientPinTest, ATokenIsGoodForTenMinutes) {
  SetPin();
  ASSERT_EQ(Right(), Ctap2Status::kOk);
  clock_.Advance(ClientPin::kTokenLife - absl::Nanoseconds(1));
  EXPECT_EQ(Authorise(), Ctap2Status::kOk);
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(Authorise(), Ctap2Status::kPinAuthInvalid);
}

TEST_P(ClientPinTest, ANewTokenEndsTheOldOne) {
  SetPin();
  PinPlatform other(pin_, GetParam());
  ASSERT_EQ(Right(), Ctap2Status::kOk);
  ASSERT_EQ(other.GetToken(kPin, 3, kRp), Ctap2Status::kOk);
  EXPECT_EQ(Authorise(), Ctap2Status::kPinAuthInvalid);
}

TEST_P(ClientPinTest, APowerCycleOrItsUseEndsAToken) {
  SetPin();
  ASSERT_EQ(Right(), Ctap2Status::kOk);
  pin_.Spend();
  EXPECT_EQ(Authorise(), Ctap2Status::kPinAuthInvalid);
  ASSERT_EQ(Right(), Ctap2Status::kOk);
  pin_.PowerCycle();
  EXPECT_EQ(Authorise(), Ctap2Status::kPinAuthInvalid);
}

TEST_P(ClientPinTest, WithoutATokenNothingIsAuthorised) {
  SetPin();
  EXPECT_EQ(Authorise(), Ctap2Status::kPinAuthInvalid);
}

TEST_P(ClientPinTest, AFirstPinHasTheSameBounds) {
  EXPECT_THAT(pin_.SetFirst("123"), HasReason(reason::kInvalidField));
  EXPECT_THAT(pin_.SetFirst(std::string(64, 'p')),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(pin_.SetFirst(std::string("12\0"
                                        "34",
                                        5)),
              HasReason(reason::kInvalidField));
}

INSTANTIATE_TEST_SUITE_P(Both, ClientPinTest, testing::Values(1, 2));

}  // namespace
}  // namespace u2fi::soft_token
