#include "tools/soft-token/u2f_token.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/soft-token/fake_counter_store.h"

namespace u2fi::soft_token {
namespace {

using u2fhid::ApduEncoding;
using u2fhid::AuthenticateRequest;
using u2fhid::CommandApdu;
using u2fhid::Control;
using u2fhid::RegisterRequest;
using u2fhid::ResponseApdu;
using u2fhid::StatusWord;

const std::string kChallenge(32, 'c');
const std::string kApplication(32, 'a');

class U2fTokenTest : public testing::Test {
 protected:
  ResponseApdu Send(const CommandApdu& command) {
    const auto bytes = EncodeCommand(command, ApduEncoding::kExtended);
    EXPECT_OK(bytes);
    const auto response = u2fhid::ParseResponse(token_.Handle(*bytes).response);
    EXPECT_OK(response);
    return *response;
  }
  ResponseApdu Register() {
    return Send(*ToCommand(RegisterRequest{kChallenge, kApplication}));
  }
  ResponseApdu Authenticate(Control control = Control::kEnforceTouch) {
    return Send(*ToCommand(
        AuthenticateRequest{control, kChallenge, kApplication, key_handle_}));
  }
  // Registers with a touch and keeps key and handle.
  void Enrol() {
    touch_.Touch();
    const ResponseApdu response = Register();
    ASSERT_EQ(response.status, StatusWord::kOk);
    public_key_ = response.data.substr(1, 65);
    key_handle_ = response.data.substr(67, 64);
  }
  // Checks an assertion over kChallenge against the registered key.
  absl::Status Verify(const std::string& data) {
    const auto key = crypto::P256PublicKey::FromPoint(public_key_);
    EXPECT_OK(key);
    return key->Verify(
        crypto::Sha256({kApplication, data.substr(0, 5), kChallenge}),
        data.substr(5));
  }

  FakeClock clock_;
  FakeRandomSource random_;
  FakeCounterStore counter_{41};
  TouchSensor touch_{clock_, TouchMode::kManual};
  const TokenIdentity identity_ = NewIdentity(clock_, random_);
  U2fToken token_{identity_, counter_, random_, touch_};
  std::string public_key_;
  std::string key_handle_;
};

TEST_F(U2fTokenTest, SaysItsVersion) {
  const ResponseApdu response = Send(u2fhid::VersionCommand());
  EXPECT_EQ(response.status, StatusWord::kOk);
  EXPECT_EQ(response.data, "U2F_V2");
}

TEST_F(U2fTokenTest, RegistrationNeedsATouch) {
  EXPECT_EQ(Register().status, StatusWord::kTouchNeeded);
}

TEST_F(U2fTokenTest, RegistrationHasTheLayoutOfSection43) {
  touch_.Touch();
  const ResponseApdu response = Register();
  ASSERT_EQ(response.status, StatusWord::kOk);
  EXPECT_EQ(response.data[0], 5);
  EXPECT_OK(crypto::P256PublicKey::FromPoint(response.data.substr(1, 65)));
  EXPECT_EQ(response.data[66], 64);
  EXPECT_EQ(response.data.substr(131, identity_.certificate.size()),
            identity_.certificate);
}

TEST_F(U2fTokenTest, RegistrationIsSignedByTheAttestationKey) {
  touch_.Touch();
  const std::string data = Register().data;
  const std::string signature = data.substr(131 + identity_.certificate.size());
  EXPECT_OK(identity_.attestation_key.public_key().Verify(
      crypto::Sha256({absl::string_view("\0", 1), kApplication, kChallenge,
                      data.substr(67, 64), data.substr(1, 65)}),
      signature));
}

TEST_F(U2fTokenTest, EachRegistrationMakesAnotherKey) {
  Enrol();
  const std::string first = public_key_;
  Enrol();
  EXPECT_NE(public_key_, first);
}

TEST_F(U2fTokenTest, SigningNeedsATouch) {
  Enrol();
  EXPECT_EQ(Authenticate().status, StatusWord::kTouchNeeded);
  EXPECT_EQ(counter_.last(), 41u);
}

TEST_F(U2fTokenTest, ATouchSignsWithTheRegisteredKey) {
  Enrol();
  touch_.Touch();
  const ResponseApdu response = Authenticate();
  ASSERT_EQ(response.status, StatusWord::kOk);
  EXPECT_EQ(response.data.substr(0, 5), std::string("\x01\0\0\0\x2a", 5));
  EXPECT_OK(Verify(response.data));
}

TEST_F(U2fTokenTest, WithoutEnforcementItSignsWithPresenceZero) {
  Enrol();
  const ResponseApdu response = Authenticate(Control::kDontEnforceTouch);
  ASSERT_EQ(response.status, StatusWord::kOk);
  EXPECT_EQ(response.data[0], 0);
  EXPECT_OK(Verify(response.data));
}

TEST_F(U2fTokenTest, WithoutEnforcementATouchIsNotUsedUp) {
  Enrol();
  touch_.Touch();
  Authenticate(Control::kDontEnforceTouch);
  EXPECT_EQ(Authenticate().status, StatusWord::kOk);
}

TEST_F(U2fTokenTest, ACheckSaysYesWithoutSigning) {
  Enrol();
  touch_.Touch();
  EXPECT_EQ(Authenticate(Control::kCheckOnly).status, StatusWord::kTouchNeeded);
  EXPECT_EQ(counter_.last(), 41u);
}

TEST_F(U2fTokenTest, ACheckDoesNotWantATouch) {
  Enrol();
  Authenticate(Control::kCheckOnly);
  EXPECT_FALSE(touch_.wanted());
}

TEST_F(U2fTokenTest, ACheckOfAForeignHandleSaysNo) {
  Enrol();
  key_handle_[40] ^= 1;
  EXPECT_EQ(Authenticate(Control::kCheckOnly).status, StatusWord::kWrongData);
}

TEST_F(U2fTokenTest, AForeignHandleUsesUpNoTouch) {
  Enrol();
  const std::string own = key_handle_;
  key_handle_[0] ^= 1;
  touch_.Touch();
  EXPECT_EQ(Authenticate().status, StatusWord::kWrongData);
  key_handle_ = own;
  EXPECT_EQ(Authenticate().status, StatusWord::kOk);
}

TEST_F(U2fTokenTest, WithoutACounterNothingIsSigned) {
  Enrol();
  touch_.Touch();
  counter_.Break();
  const ResponseApdu response = Authenticate();
  EXPECT_EQ(response.status, StatusWord::kUnspecified);
  EXPECT_EQ(response.data, "");
}

TEST_F(U2fTokenTest, TheForeignFaultSignsWithAnotherKey) {
  Enrol();
  token_.SetForeign(true);
  touch_.Touch();
  EXPECT_THAT(Verify(Authenticate().data),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(U2fTokenTest, ACloneSignsWithTheSameKey) {
  Enrol();
  FakeCounterStore other_counter;
  U2fToken clone(identity_, other_counter, random_, touch_);
  touch_.Touch();
  const auto request = EncodeCommand(
      *ToCommand(AuthenticateRequest{Control::kEnforceTouch, kChallenge,
                                     kApplication, key_handle_}),
      ApduEncoding::kExtended);
  ASSERT_OK(request);
  ASSERT_OK_AND_ASSIGN(const ResponseApdu response,
                       u2fhid::ParseResponse(clone.Handle(*request).response));
  EXPECT_OK(Verify(response.data));
  EXPECT_EQ(response.data[4], 1);
}

// Commands that are refused whatever is touched.
struct BadCommand {
  const char* name;
  CommandApdu command;
  StatusWord status;
};

class BadCommandTest : public U2fTokenTest,
                       public testing::WithParamInterface<BadCommand> {};

TEST_P(BadCommandTest, IsRefused) {
  touch_.Touch();
  EXPECT_EQ(Send(GetParam().command).status, GetParam().status);
  EXPECT_TRUE(touch_.Take());
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BadCommandTest,
    testing::Values(
        BadCommand{"Class", {0x80, 3, 0, 0, "", 0}, StatusWord::kBadClass},
        BadCommand{
            "Instruction", {0, 4, 0, 0, "", 0}, StatusWord::kBadInstruction},
        BadCommand{
            "VersionData", {0, 3, 0, 0, "x", 0}, StatusWord::kWrongLength},
        BadCommand{"RegisterSize",
                   {0, 1, 0, 0, std::string(65, 'r'), 0},
                   StatusWord::kWrongLength},
        BadCommand{"AuthenticateSize",
                   {0, 2, 3, 0, std::string(64, 'r'), 0},
                   StatusWord::kWrongLength},
        BadCommand{"Control",
                   {0, 2, 5, 0, std::string(64, 'r') + "\x01h", 0},
                   StatusWord::kWrongData}),
    [](const auto& info) { return info.param.name; });

TEST_F(U2fTokenTest, AMalformedApduIsRefused) {
  EXPECT_EQ(token_.Handle("xy").response,
            u2fhid::EncodeStatus(StatusWord::kWrongLength));
}

}  // namespace
}  // namespace u2fi::soft_token
