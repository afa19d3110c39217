#include "services/common/audit/trust_history.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/cose_key_test_util.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

using proof::FakeToken;
using proof::FakeTouch;

std::string HashOf(const proof::PinSet& pins) {
  return crypto::Hex(crypto::View(pins.hash()));
}
std::string FingerprintOf(const FakeToken& token) {
  return crypto::Hex(crypto::View(token.key.public_key().SpkiHash()));
}

class TrustHistoryTest : public testing::Test {
 protected:
  // A first pin set that alice approves.
  proof::VerifiedPins Genesis() {
    case_.blank = true;
    case_.pins.mutable_keys()->DeleteSubrange(1, case_.pins.keys_size() - 1);
    case_.AskForPins(case_.pins, {case_.Alice()}, proof::v1::PURPOSE_PROVISION);
    proof::VerifiedCommand command = *case_.Verify();
    return *proof::VerifyPins(std::move(command), nullptr, {});
  }
  // The next revision, with another rule.
  proof::VerifiedPins Second(const proof::PinSet& first) {
    case_.blank = false;
    proof::v1::PinSet next = proof::FakeSite::Next(first);
    next.mutable_rules()->RemoveLast();
    case_.AskForPins(next, {case_.Alice()}, proof::v1::PURPOSE_PINS);
    proof::VerifiedCommand command = *case_.Verify();
    return *proof::VerifyPins(std::move(command), &first, {});
  }
  // An enrolment of `token` that these tokens approve.
  void Enrol(FakeToken& token, const std::vector<FakeToken*>& by, uint64_t ms) {
    std::vector<FakeTouch> touches;
    touches.reserve(by.size());
    for (FakeToken* one : by) touches.push_back({one, &case_.site.gw1});
    proof::v1::EnrolmentProof enrolment = proof::FakeEnrolment(
        case_.site, token, proof::FakeEnrolCommand(case_.site, token), touches);
    proof::AccountInputs in = proof::FakeAccountInputs(case_.site);
    in.account = token.account;
    in.keys.clear();
    for (FakeToken* one : by) {
      if (one != &token) in.keys.push_back(proof::FakeAccountKey(*one));
    }
    in.new_key = proof::FakeAccountKey(token);
    in.registration = token.Registration();
    const auto verified =
        proof::VerifyAccountProof(enrolment.command(), enrolment.proof(), in);
    ASSERT_OK(verified);
    history_->AddToken(*verified, std::move(enrolment), ms);
  }
  // `operation` on `token`, approved by alice.
  void Change(absl::string_view operation, const FakeToken& token,
              uint64_t ms) {
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(token.id);
    proof::FakeRequest request;
    request.purpose = proof::v1::PURPOSE_TOKEN;
    request.commands = {
        case_.site.CommandBytes(operation, proof::Encode(arguments))};
    request.touches = {case_.Alice()};
    const auto verified = proof::VerifyAccountProof(
        request.commands[0], case_.site.Prove(request),
        proof::FakeAccountInputs(case_.site));
    ASSERT_OK(verified);
    history_->ChangeToken(*verified, ms);
  }
  TrustHistory& Start() { return history_.emplace(anchors_); }

  proof::FakeCase case_;
  FakeToken second_{"tok-alice2", "alice"};
  Anchors anchors_;
  absl::optional<TrustHistory> history_;
};

TEST_F(TrustHistoryTest, KnowsWhichPinSetADeviceHadWhen) {
  TrustHistory& history = Start();
  const proof::VerifiedPins first = Genesis();
  history.AddPins(first, nullptr, 100);
  const PinRevision* present =
      history.FindPins("lock-1", crypto::View(first.pins().hash()));
  ASSERT_NE(present, nullptr);
  history.AddPins(Second(first.pins()), present, 200);
  EXPECT_TRUE(history.PinsAt("lock-1", 99).empty());
  EXPECT_EQ(history.PinsAt("lock-1", 100).size(), 1u);
  const auto both = history.PinsAt("lock-1", 200);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0]->pins.fields().revision(), 2u);
  EXPECT_TRUE(history.PinsAt("lock-2", 200).empty());
}

TEST_F(TrustHistoryTest, TheEarliestRecordOfAPinSetCounts) {
  TrustHistory& history = Start();
  const proof::VerifiedPins first = Genesis();
  history.AddPins(first, nullptr, 200);
  history.AddPins(first, nullptr, 100);
  ASSERT_EQ(history.PinsAt("lock-1", 100).size(), 1u);
  EXPECT_EQ(history.PinsAt("lock-1", 300).size(), 1u);
}

TEST_F(TrustHistoryTest, WithoutAnAnchorAPinSetStandsUnderNone) {
  TrustHistory& history = Start();
  history.AddPins(Genesis(), nullptr, 100);
  EXPECT_EQ(history.PinsAt("lock-1", 100)[0]->anchor, "");
}

TEST_F(TrustHistoryTest, AnAnchoredGenesisAnchorsWhatFollows) {
  const proof::VerifiedPins first = Genesis();
  ASSERT_OK(anchors_.Add(HashOf(first.pins())));
  TrustHistory& history = Start();
  history.AddPins(first, nullptr, 100);
  const PinRevision* present = history.PinsAt("lock-1", 100)[0];
  history.AddPins(Second(first.pins()), present, 200);
  EXPECT_EQ(history.PinsAt("lock-1", 200)[0]->anchor, HashOf(first.pins()));
}

TEST_F(TrustHistoryTest, AnAnchoredPinSetIsKnownFromTheBeginning) {
  const proof::VerifiedPins first = Genesis();
  ASSERT_OK(anchors_.Add(first.pins().bytes()));
  const auto known = Start().PinsAt("lock-1", 0);
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0]->anchor, HashOf(first.pins()));
}

TEST_F(TrustHistoryTest, AGenesisIsAsGoodAsTheKeyThatApprovedIt) {
  ASSERT_OK(anchors_.Add(FingerprintOf(case_.site.alice)));
  TrustHistory& history = Start();
  history.AddPins(Genesis(), nullptr, 100);
  EXPECT_EQ(history.PinsAt("lock-1", 100)[0]->anchor,
            FingerprintOf(case_.site.alice));
}

TEST_F(TrustHistoryTest, AsGoodAsWhoEnrolledThatKey) {
  ASSERT_OK(anchors_.Add(FingerprintOf(second_)));
  TrustHistory& history = Start();
  Enrol(second_, {&second_}, 100);
  Enrol(case_.site.alice, {&case_.site.alice, &second_}, 200);
  history.AddPins(Genesis(), nullptr, 300);
  EXPECT_EQ(history.PinsAt("lock-1", 300)[0]->anchor, FingerprintOf(second_));
}

TEST_F(TrustHistoryTest, ATokensNameAloneAnchorsNoGenesis) {
  FakeToken other("tok-alice", "alice");
  other.key = proof::FakeKey("other");
  ASSERT_OK(anchors_.Add(FingerprintOf(other)));
  TrustHistory& history = Start();
  Enrol(other, {&other}, 100);
  history.AddPins(Genesis(), nullptr, 200);
  EXPECT_EQ(history.PinsAt("lock-1", 200)[0]->anchor, "");
}

TEST_F(TrustHistoryTest, AnAnchorIsFollowedThroughEnrolments) {
  ASSERT_OK(anchors_.Add(FingerprintOf(case_.site.alice)));
  TrustHistory& history = Start();
  Enrol(case_.site.alice, {&case_.site.alice}, 100);
  Enrol(second_, {&second_, &case_.site.alice}, 200);
  EXPECT_EQ(history.AnchorOf("alice", {"tok-alice2"}),
            FingerprintOf(case_.site.alice));
  EXPECT_EQ(history.AnchorOf("alice", {"tok-unknown"}), "");
  EXPECT_EQ(history.AnchorOf("bob", {"tok-alice"}), "");
}

TEST_F(TrustHistoryTest, AnAnchorDoesNotFlowBack) {
  ASSERT_OK(anchors_.Add(FingerprintOf(second_)));
  TrustHistory& history = Start();
  Enrol(case_.site.alice, {&case_.site.alice}, 100);
  Enrol(second_, {&second_, &case_.site.alice}, 200);
  EXPECT_EQ(history.AnchorOf("alice", {"tok-alice"}), "");
  EXPECT_EQ(history.AnchorOf("alice", {"tok-alice2"}), FingerprintOf(second_));
}

TEST_F(TrustHistoryTest, KnowsWhichTokensWereEnrolledBefore) {
  TrustHistory& history = Start();
  Enrol(case_.site.alice, {&case_.site.alice}, 100);
  EXPECT_TRUE(history.TokensBefore("alice", 100).empty());
  EXPECT_EQ(history.TokensBefore("alice", 101).size(), 1u);
  EXPECT_TRUE(history.TokensBefore("bob", 101).empty());
  EXPECT_NE(history.FindToken("alice", "tok-alice"), nullptr);
  EXPECT_EQ(history.FindToken("alice", "tok-bob"), nullptr);
  EXPECT_EQ(history.FindToken("bob", "tok-bob"), nullptr);
}

TEST_F(TrustHistoryTest, ARevokedTokenIsNotActiveFromThenOn) {
  TrustHistory& history = Start();
  Enrol(second_, {&second_, &case_.site.alice}, 100);
  Change("u2fi.token.revoke", second_, 1000);
  const KnownToken& token = *history.FindToken("alice", "tok-alice2");
  EXPECT_TRUE(token.IsActive(1000, 0));
  EXPECT_FALSE(token.IsActive(1001, 0));
  // Clocks of replicas differ a little.
  EXPECT_TRUE(token.IsActive(1030, 30));
  EXPECT_FALSE(token.IsActive(1031, 30));
}

TEST_F(TrustHistoryTest, AResumedTokenIsActiveAgain) {
  TrustHistory& history = Start();
  Enrol(second_, {&second_, &case_.site.alice}, 100);
  Change("u2fi.token.suspend", second_, 1000);
  Change("u2fi.token.resume", second_, 2000);
  const KnownToken& token = *history.FindToken("alice", "tok-alice2");
  EXPECT_FALSE(token.IsActive(1999, 0));
  EXPECT_TRUE(token.IsActive(2000, 0));
}

TEST_F(TrustHistoryTest, ChangesOfUnknownTokensDoNothing) {
  TrustHistory& history = Start();
  Change("u2fi.token.revoke", second_, 1000);
  EXPECT_EQ(history.FindToken("alice", "tok-alice2"), nullptr);
}

TEST_F(TrustHistoryTest, KnowsEveryGatewayOfItsPinSets) {
  TrustHistory& history = Start();
  EXPECT_TRUE(history.Gateways().empty());
  history.AddPins(Genesis(), nullptr, 100);
  const auto gateways = history.Gateways();
  ASSERT_EQ(gateways.size(), 2u);
  EXPECT_EQ(gateways[0].id, "gw-1");
  EXPECT_EQ(gateways[0].channel_key, case_.site.gw1.ChannelKey());
}

TEST(AccountKeyOfTest, TakesPointsAsTheyAre) {
  proof::v1::EnrolArguments arguments;
  arguments.set_token_id("t1");
  arguments.set_recovery(true);
  const std::string point = proof::FakeKey("t1").public_key().point();
  const proof::AccountKey key = AccountKeyOf(arguments, point);
  EXPECT_EQ(key.token_id, "t1");
  EXPECT_TRUE(key.recovery);
  EXPECT_EQ(key.point, point);
}

TEST(AccountKeyOfTest, OtherKeysVerifyByTheirAlgorithm) {
  const fido::AlgorithmCase& eddsa = fido::kAlgorithmCases[2];
  const crypto::TestKey& pair = fido::TestKeyOf(eddsa);
  const proof::AccountKey key =
      AccountKeyOf({}, fido::cbor::Map(fido::CosePairsOf(pair, eddsa)));
  EXPECT_TRUE(key.point.empty());
  ASSERT_NE(key.check, nullptr);
  const std::string bytes = "authenticator data" + std::string(32, 'h');
  const std::string signature = pair.Sign(eddsa.signature, bytes);
  EXPECT_OK(key.check(bytes, signature));
  EXPECT_FALSE(key.check("A" + bytes.substr(1), signature).ok());
  EXPECT_FALSE(key.check("short", signature).ok());
}

TEST(AccountKeyOfTest, KeysThatCannotBeReadVerifyNothing) {
  const proof::AccountKey key = AccountKeyOf({}, "no key");
  EXPECT_TRUE(key.point.empty());
  EXPECT_EQ(key.check, nullptr);
}

}  // namespace
}  // namespace u2fi::audit
