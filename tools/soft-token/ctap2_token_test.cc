#include "tools/soft-token/ctap2_token.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/cbor.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/fido/cose_key.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/soft-token/fake_counter_store.h"
#include "tools/soft-token/fake_pin_store.h"
#include "tools/soft-token/pin_platform.h"

namespace u2fi::soft_token {
namespace {

namespace cbor = fido::cbor;
using fido::CborValue;

const std::string kHash(32, 'h');

std::string Entry(const std::string& name, const std::string& value) {
  return cbor::Map({{cbor::Text(name), value},
                    {cbor::Text("type"), cbor::Text("public-key")}});
}

class Ctap2TokenTest : public testing::Test {
 protected:
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  static std::string Option(const std::string& name, bool value) {
    return cbor::Map({{cbor::Text(name), cbor::Boolean(value)}});
  }
  static std::string Make(int64_t algorithm, Parameters more = {}) {
    Parameters all = {
        {cbor::Integer(1), cbor::Bytes(kHash)},
        {cbor::Integer(2),
         cbor::Map({{cbor::Text("id"), cbor::Text("u2fi.test")}})},
        {cbor::Integer(3),
         cbor::Map({{cbor::Text("id"), cbor::Bytes("user")}})},
        {cbor::Integer(4),
         cbor::Array({Entry("alg", cbor::Integer(algorithm))})}};
    all.insert(all.end(), more.begin(), more.end());
    return "\x01" + cbor::Map(all);
  }
  std::string Get(Parameters more = {}, const std::string& rp = "u2fi.test") {
    Parameters all = {
        {cbor::Integer(1), cbor::Text(rp)},
        {cbor::Integer(2), cbor::Bytes(kHash)},
        {cbor::Integer(3), cbor::Array({Entry("id", cbor::Bytes(id_))})}};
    all.insert(all.end(), more.begin(), more.end());
    return "\x02" + cbor::Map(all);
  }
  Ctap2Status StatusOf(const std::string& request) {
    const Ctap2Token::Outcome outcome = token_.Handle(request);
    EXPECT_FALSE(outcome.touch_needed);
    return static_cast<Ctap2Status>(outcome.response.at(0));
  }
  bool NeedsTouch(const std::string& request) {
    return token_.Handle(request).touch_needed;
  }
  // The CBOR of a good answer.
  CborValue Answer(const std::string& request) {
    const std::string response = token_.Handle(request).response;
    EXPECT_EQ(response.substr(0, 1), std::string(1, '\0'));
    const auto parsed = fido::ParseCbor(response.substr(1));
    EXPECT_OK(parsed);
    return *parsed;
  }
  static std::string BytesOf(const CborValue& map, int64_t key) {
    return std::string(*map.Find(key)->AsBytes());
  }
  // Makes a credential with a touch and keeps its id and key.
  CborValue Enrol() {
    touch_.Touch();
    CborValue made = Answer(Make(-7));
    const std::string data = BytesOf(made, 2);
    const auto parsed = fido::ParseAuthenticatorData(data);
    EXPECT_OK(parsed);
    id_ = std::string(parsed->credential->id);
    key_ = *fido::CredentialKey::FromCose(parsed->credential->key);
    return made;
  }
  absl::Status Verify(const CborValue& assertion) {
    crypto::Digest hash;
    std::copy(kHash.begin(), kHash.end(), hash.begin());
    return key_->Verify(BytesOf(assertion, 2), hash, BytesOf(assertion, 3));
  }

  Ctap2Token::Parts Parts() {
    return {identity_, counter_, random_, touch_, pin_};
  }

  FakeClock clock_;
  FakeRandomSource random_;
  FakeCounterStore counter_{41};
  TouchSensor touch_{clock_, TouchMode::kManual};
  const TokenIdentity identity_ = NewIdentity(clock_, random_);
  FakePinStore store_;
  ClientPin pin_{store_, random_, clock_};
  Ctap2Token token_{Parts(), {}};
  std::string id_;
  absl::optional<fido::CredentialKey> key_;
};

TEST_F(Ctap2TokenTest, SaysWhatItSpeaks) {
  const CborValue info = Answer("\x04");
  ASSERT_EQ(info.Find(1)->AsArray()->size(), 2u);
  EXPECT_EQ(info.Find(1)->AsArray()->at(0).AsText(), "FIDO_2_0");
  EXPECT_EQ(info.Find(1)->AsArray()->at(1).AsText(), "FIDO_2_1");
  EXPECT_EQ(info.Find(3)->AsBytes()->size(), 16u);
  EXPECT_EQ(info.Find(4)->Find("rk")->AsBoolean(), false);
  EXPECT_EQ(info.Find(5)->AsInteger(), 2048);
}

TEST_F(Ctap2TokenTest, SaysThatItSpeaksU2fToo) {
  Ctap2Token both(Parts(), {true, false});
  const auto info = fido::ParseCbor(both.Handle("\x04").response.substr(1));
  ASSERT_OK(info);
  EXPECT_EQ(info->Find(1)->AsArray()->at(2).AsText(), "U2F_V2");
}

TEST_F(Ctap2TokenTest, OtherCommandsAreRefused) {
  EXPECT_EQ(StatusOf(""), Ctap2Status::kInvalidCommand);
  EXPECT_EQ(StatusOf("\x07"), Ctap2Status::kInvalidCommand);
}

TEST_F(Ctap2TokenTest, WhatIsNotReadIsRefused) {
  EXPECT_EQ(StatusOf("\x01"), Ctap2Status::kInvalidCbor);
  EXPECT_EQ(StatusOf("\x02"), Ctap2Status::kInvalidCbor);
  EXPECT_EQ(StatusOf("\x06"), Ctap2Status::kInvalidCbor);
}

TEST_F(Ctap2TokenTest, ACredentialNeedsATouch) {
  EXPECT_TRUE(NeedsTouch(Make(-7)));
}

TEST_F(Ctap2TokenTest, ACredentialSignsForItself) {
  const CborValue made = Enrol();
  EXPECT_EQ(made.Find(1)->AsText(), "packed");
  const std::string bytes = BytesOf(made, 2);
  const auto data = fido::ParseAuthenticatorData(bytes);
  EXPECT_EQ(data->rp_id_hash, crypto::View(crypto::Sha256("u2fi.test")));
  EXPECT_EQ(data->flags, 0x41);
  EXPECT_EQ(data->counter, 42u);
  EXPECT_EQ(data->credential->aaguid, Ctap2Token::kAaguid);
  crypto::Digest hash;
  std::copy(kHash.begin(), kHash.end(), hash.begin());
  EXPECT_OK(key_->Verify(bytes, hash, *made.Find(3)->Find("sig")->AsBytes()));
}

TEST_F(Ctap2TokenTest, OtherAlgorithmsAreRefused) {
  EXPECT_EQ(StatusOf(Make(-8)), Ctap2Status::kUnsupportedAlgorithm);
}

TEST_F(Ctap2TokenTest, ResidentCredentialsAreRefused) {
  EXPECT_EQ(StatusOf(Make(-7, {{cbor::Integer(7), Option("rk", true)}})),
            Ctap2Status::kUnsupportedOption);
}

TEST_F(Ctap2TokenTest, ACredentialWithoutATouchIsRefused) {
  EXPECT_EQ(StatusOf(Make(-7, {{cbor::Integer(7), Option("up", false)}})),
            Ctap2Status::kInvalidOption);
}

TEST_F(Ctap2TokenTest, AnExcludedCredentialTakesATouchAndIsRefused) {
  Enrol();
  const std::string again = Make(
      -7, {{cbor::Integer(5), cbor::Array({Entry("id", cbor::Bytes(id_))})}});
  EXPECT_TRUE(NeedsTouch(again));
  touch_.Touch();
  EXPECT_EQ(StatusOf(again), Ctap2Status::kCredentialExcluded);
}

TEST_F(Ctap2TokenTest, AnothersCredentialMayBeExcluded) {
  touch_.Touch();
  EXPECT_EQ(StatusOf(Make(
                -7, {{cbor::Integer(5),
                      cbor::Array({Entry("id", cbor::Bytes("another"))})}})),
            Ctap2Status::kOk);
}

TEST_F(Ctap2TokenTest, AnAssertionNeedsATouch) {
  Enrol();
  EXPECT_TRUE(NeedsTouch(Get()));
  EXPECT_EQ(counter_.last(), 42u);
}

TEST_F(Ctap2TokenTest, AnAssertionIsTheCredentials) {
  Enrol();
  touch_.Touch();
  const CborValue assertion = Answer(Get());
  EXPECT_OK(Verify(assertion));
  EXPECT_EQ(assertion.Find(1)->Find("id")->AsBytes(), id_);
  const auto data = fido::ParseAuthenticatorData(BytesOf(assertion, 2));
  EXPECT_EQ(data->flags, 0x01);
  EXPECT_EQ(data->counter, 43u);
}

TEST_F(Ctap2TokenTest, WithoutATouchItSaysSo) {
  Enrol();
  const CborValue assertion =
      Answer(Get({{cbor::Integer(5), Option("up", false)}}));
  EXPECT_EQ(fido::ParseAuthenticatorData(BytesOf(assertion, 2))->flags, 0);
}

TEST_F(Ctap2TokenTest, UserVerificationIsRefused) {
  Enrol();
  EXPECT_EQ(StatusOf(Get({{cbor::Integer(5), Option("uv", true)}})),
            Ctap2Status::kUnsupportedOption);
}

TEST_F(Ctap2TokenTest, AnothersCredentialIsNoCredential) {
  id_ = std::string(KeyHandles::kSize, 'x');
  EXPECT_EQ(StatusOf(Get()), Ctap2Status::kNoCredentials);
}

TEST_F(Ctap2TokenTest, ACredentialIsForItsRelyingParty) {
  Enrol();
  EXPECT_EQ(StatusOf(Get({}, "evil.test")), Ctap2Status::kNoCredentials);
}

TEST_F(Ctap2TokenTest, WithoutACounterNothingIsSigned) {
  Enrol();
  counter_.Break();
  touch_.Touch();
  EXPECT_EQ(StatusOf(Get()), Ctap2Status::kOther);
  touch_.Touch();
  EXPECT_EQ(StatusOf(Make(-7)), Ctap2Status::kOther);
}

TEST_F(Ctap2TokenTest, AForeignTokenSignsWithAnotherKey) {
  Enrol();
  token_.SetForeign(true);
  touch_.Touch();
  EXPECT_FALSE(Verify(Answer(Get())).ok());
}

// With a PIN, which the platform gives.
class PinnedTokenTest : public Ctap2TokenTest {
 protected:
  static constexpr char kPin[] = "tulip-7";

  void SetUp() override {
    Enrol();
    ASSERT_OK(pin_.SetFirst(kPin));
  }
  // The parameters of a request that proves the PIN; the first has this key.
  Parameters Proof(int64_t first) {
    return {{cbor::Integer(first), cbor::Bytes(platform_.Proof(kHash))},
            {cbor::Integer(first + 1), cbor::Integer(2)}};
  }
  uint8_t FlagsOf(const CborValue& answer) {
    return fido::ParseAuthenticatorData(BytesOf(answer, 2))->flags;
  }
  Ctap2Status GivePin(const std::string& rp = "u2fi.test") {
    return platform_.GetToken(kPin, 3, rp);
  }

  PinPlatform platform_{pin_, 2};
};

TEST_F(PinnedTokenTest, SaysThatItHasAPin) {
  const CborValue info = Answer("\x04");
  EXPECT_EQ(info.Find(4)->Find("clientPin")->AsBoolean(), true);
  EXPECT_EQ(info.Find(4)->Find("pinUvAuthToken")->AsBoolean(), true);
  EXPECT_EQ(info.Find(4)->Find("alwaysUv")->AsBoolean(), false);
  EXPECT_EQ(info.Find(6)->AsArray()->size(), 2u);
  EXPECT_EQ(info.Find(13)->AsInteger(), 4);
}

TEST_F(PinnedTokenTest, IsAskedForItsPin) {
  const std::string retries =
      "\x06" + cbor::Map({{cbor::Integer(2), cbor::Integer(1)}});
  EXPECT_EQ(Answer(retries).Find(3)->AsInteger(), 8);
  EXPECT_EQ(
      StatusOf("\x06" + cbor::Map({{cbor::Integer(2), cbor::Integer(7)}})),
      Ctap2Status::kInvalidSubcommand);
}

TEST_F(PinnedTokenTest, AnAssertionWithThePinSaysThatItsUserIsVerified) {
  ASSERT_EQ(GivePin(), Ctap2Status::kOk);
  const std::string request = Get(Proof(6));
  EXPECT_TRUE(NeedsTouch(request));
  touch_.Touch();
  const CborValue assertion = Answer(request);
  EXPECT_OK(Verify(assertion));
  EXPECT_EQ(FlagsOf(assertion), 0x05);
}

TEST_F(PinnedTokenTest, AnAssertionWithoutThePinSaysNothingOfItsUser) {
  touch_.Touch();
  EXPECT_EQ(FlagsOf(Answer(Get())), 0x01);
}

TEST_F(PinnedTokenTest, OnePinIsForOneTouch) {
  ASSERT_EQ(GivePin(), Ctap2Status::kOk);
  touch_.Touch();
  Answer(Get(Proof(6)));
  touch_.Touch();
  EXPECT_EQ(StatusOf(Get(Proof(6))), Ctap2Status::kPinAuthInvalid);
}

TEST_F(PinnedTokenTest, WhatNeedsNoTouchUsesNothingUp) {
  ASSERT_EQ(GivePin(), Ctap2Status::kOk);
  Parameters parameters = {{cbor::Integer(5), Option("up", false)}};
  for (const auto& parameter : Proof(6)) parameters.push_back(parameter);
  EXPECT_EQ(FlagsOf(Answer(Get(parameters))), 0x04);
  touch_.Touch();
  EXPECT_EQ(FlagsOf(Answer(Get(Proof(6)))), 0x05);
}

TEST_F(PinnedTokenTest, AProofOverSomethingElseIsRefused) {
  ASSERT_EQ(GivePin(), Ctap2Status::kOk);
  touch_.Touch();
  EXPECT_EQ(StatusOf(Get({{cbor::Integer(6), cbor::Bytes(std::string(32, 'p'))},
                          {cbor::Integer(7), cbor::Integer(2)}})),
            Ctap2Status::kPinAuthInvalid);
}

TEST_F(PinnedTokenTest, AProofNamesItsProtocol) {
  ASSERT_EQ(GivePin(), Ctap2Status::kOk);
  Parameters parameters = Proof(6);
  parameters[1].second = cbor::Integer(3);
  EXPECT_EQ(StatusOf(Get(parameters)), Ctap2Status::kInvalidParameter);
  parameters.pop_back();
  EXPECT_EQ(StatusOf(Get(parameters)), Ctap2Status::kMissingParameter);
}

TEST_F(PinnedTokenTest, ACredentialNeedsThePin) {
  touch_.Touch();
  EXPECT_EQ(StatusOf(Make(-7)), Ctap2Status::kPinRequired);
  ASSERT_EQ(GivePin(), Ctap2Status::kOk);
  EXPECT_EQ(FlagsOf(Answer(Make(-7, Proof(8)))), 0x45);
}

TEST_F(PinnedTokenTest, AnEmptyProofAsksForATouch) {
  const Parameters empty = {{cbor::Integer(6), cbor::Bytes("")}};
  EXPECT_TRUE(NeedsTouch(Get(empty)));
  touch_.Touch();
  EXPECT_EQ(StatusOf(Get(empty)), Ctap2Status::kPinInvalid);
  ASSERT_OK(store_.Save({}));
  touch_.Touch();
  EXPECT_EQ(StatusOf(Make(-7, {{cbor::Integer(8), cbor::Bytes("")}})),
            Ctap2Status::kPinNotSet);
}

TEST_F(PinnedTokenTest, OneThatAlwaysVerifiesWantsThePinForATouch) {
  Ctap2Token always(Parts(), {false, true});
  touch_.Touch();
  EXPECT_EQ(always.Handle(Get()).response,
            EncodeCtap2Status(Ctap2Status::kPinRequired));
  const std::string no_touch = Get({{cbor::Integer(5), Option("up", false)}});
  EXPECT_EQ(always.Handle(no_touch).response[0], '\0');
  ASSERT_EQ(GivePin(), Ctap2Status::kOk);
  EXPECT_EQ(always.Handle(Get(Proof(6))).response[0], '\0');
}

}  // namespace
}  // namespace u2fi::soft_token
