#include "services/attestation/registry_teller.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/attestation/attestation_test_case.h"

namespace u2fi::attestation {
namespace {

using device_registry::v1::TokenWord;
using ::testing::IsEmpty;

// Ann has two tokens.
class RegistryTellerTest : public AttestationTestCase {
 protected:
  RegistryTellerTest() : AttestationTestCase(/*tells_registry=*/true) {}
  void SetUp() override {
    ASSERT_OK(Enrol(token_));
    ASSERT_OK(EnrolSecond(token_, other_token_));
  }

  absl::Status Suspend(const fido::FakeU2fToken& token) {
    v1::SuspendTokenRequest request;
    request.set_name("tokens/" + IdOf(token));
    return core_.admin.Suspend(operator_, request).status();
  }
  absl::Status Revoke(const fido::FakeU2fToken& token) {
    v1::RevokeTokenRequest request;
    request.set_name("tokens/" + IdOf(token));
    return core_.admin.Revoke(operator_, request).status();
  }
  // A recovery of ann's account that two operators agreed to.
  std::string Recover() {
    v1::StartRecoveryRequest start;
    start.set_request_id(std::string(32, '1'));
    start.set_account("ann");
    start.set_reason("lost");
    const auto started = core_.recoveries.Start(operator_, start);
    EXPECT_OK(started);
    v1::ApproveRecoveryRequest approve;
    approve.set_name(started->recovery().name());
    EXPECT_OK(core_.recoveries.Approve(second_operator_, approve));
    return started->recovery().name();
  }
  void ExpectTold(int words) {
    ASSERT_OK_AND_ASSIGN(const int told, core_.teller.Tell());
    EXPECT_EQ(told, words);
  }
  const std::vector<TokenWord>& heard() const { return registry_.words; }

  const rpc::Caller operator_ = rpc::TestCaller("operator/t1/olga");
  const rpc::Caller second_operator_ = rpc::TestCaller("operator/t1/otto");
};

TEST_F(RegistryTellerTest, TokensThatMayApproveAreNotSpokenOf) {
  ExpectTold(0);
  EXPECT_THAT(registry_.tenants, IsEmpty());
}

TEST_F(RegistryTellerTest, TellsOfASuspendedToken) {
  ASSERT_OK(Suspend(token_));
  ExpectTold(1);
  ASSERT_EQ(heard().size(), 1u);
  EXPECT_EQ(registry_.tenants[0], "t1");
  EXPECT_EQ(heard()[0].account(), "ann");
  EXPECT_EQ(heard()[0].suspended(), IdOf(token_));
}

TEST_F(RegistryTellerTest, TellsOfARevokedTokenOnce) {
  ASSERT_OK(Revoke(token_));
  ExpectTold(1);
  EXPECT_EQ(heard()[0].revoked(), IdOf(token_));
  ExpectTold(0);
}

TEST_F(RegistryTellerTest, TellsOfAQuarantine) {
  ASSERT_OK(Touch(token_, 500));
  ASSERT_OK(Touch(token_, 500));
  ASSERT_EQ(StateOf(token_), v1::TOKEN_STATE_QUARANTINED);
  ExpectTold(1);
  EXPECT_EQ(heard()[0].suspended(), IdOf(token_));
}

TEST_F(RegistryTellerTest, NothingIsLostWhileTheRegistryIsAway) {
  registry_.away = true;
  ASSERT_OK(Revoke(token_));
  EXPECT_THAT(core_.teller.Tell(), HasReason(reason::kPeerUnavailable));
  // Another process comes up, and the registry too.
  registry_.away = false;
  TokenStore afresh(store_);
  EXPECT_EQ(*RegistryTeller(afresh, &registry_).Tell(), 1);
  EXPECT_EQ(heard()[0].revoked(), IdOf(token_));
}

TEST_F(RegistryTellerTest, WordsThatAreRefusedHoldUpNoOthers) {
  ASSERT_OK_AND_ASSIGN(const auto partition,
                       store::Partition::Make("attestation", "t1"));
  ASSERT_OK_AND_ASSIGN(const auto seen, memory_.Get(partition, {}));
  store::CommitRequest commit;
  commit.epoch = seen.epoch;
  for (int i = 0; i < 100; ++i) {
    records::v1::WordRow row;
    row.set_schema(1);
    commit.put.push_back(
        {TokenWordKey(absl::StrCat("a-", i)), row.SerializeAsString()});
  }
  ASSERT_OK(memory_.Commit(partition, commit).status());
  ASSERT_OK(Revoke(token_));
  registry_.refuses_empty_words = true;
  EXPECT_THAT(core_.teller.Tell(), HasReason(reason::kInvalidField));
  ASSERT_EQ(heard().size(), 1u);
  EXPECT_EQ(heard()[0].revoked(), IdOf(token_));
}

TEST_F(RegistryTellerTest, WhatCountsIsHowTheTokenIsNow) {
  ASSERT_OK(Suspend(token_));
  ASSERT_OK(Revoke(token_));
  ExpectTold(1);
  EXPECT_TRUE(heard()[0].has_revoked());
}

TEST_F(RegistryTellerTest, ATokenThatWasResumedMeanwhileIsNotSpokenOf) {
  ASSERT_OK(Suspend(token_));
  ASSERT_OK(core_.applier.Apply(
      TokenAct("resume", IdOf(token_), {other_token_}, 'r')));
  ExpectTold(0);
}

TEST_F(RegistryTellerTest, AWordThatIsReplacedWhileItIsToldIsToldAgain) {
  ASSERT_OK(Suspend(token_));
  registry_.meanwhile = [this] {
    registry_.meanwhile = nullptr;
    ASSERT_OK(Revoke(token_));
  };
  ExpectTold(1);
  ExpectTold(1);
  ASSERT_EQ(heard().size(), 2u);
  EXPECT_TRUE(heard()[1].has_revoked());
}

TEST_F(RegistryTellerTest, AWordThatCouldNotBeRemovedIsToldAgain) {
  ASSERT_OK(Revoke(token_));
  registry_.meanwhile = [this] { store_.SetAway(true); };
  EXPECT_FALSE(core_.teller.Tell().ok());
  registry_.meanwhile = nullptr;
  store_.SetAway(false);
  ExpectTold(1);
}

TEST_F(RegistryTellerTest, TellsOfARecoveryThatWasApproved) {
  const std::string name = Recover();
  ExpectTold(1);
  ASSERT_TRUE(heard()[0].has_recovery());
  EXPECT_EQ("recoveries/" + heard()[0].recovery().recovery(), name);
  EXPECT_EQ(heard()[0].recovery().open_time().seconds(),
            absl::ToUnixSeconds(clock_.Now() + absl::Hours(24)));
  EXPECT_FALSE(heard()[0].recovery().cancelled());
}

TEST_F(RegistryTellerTest, TellsThatARecoveryWasStopped) {
  v1::CancelRecoveryRequest cancel;
  cancel.set_name(Recover());
  ASSERT_OK(core_.recoveries.Cancel(operator_, cancel));
  ExpectTold(1);
  EXPECT_TRUE(heard()[0].recovery().cancelled());
}

TEST_F(RegistryTellerTest, ARecoveryOpensOnceTheRegistryHasHeardOfIt) {
  Recover();
  clock_.Advance(absl::Hours(25));
  ASSERT_OK_AND_ASSIGN(const AccountView ann,
                       core_.tokens.ReadAccount("t1", "ann"));
  EXPECT_EQ(*core_.recoveries.IsOpen("t1", ann), false);
  ExpectTold(1);
  EXPECT_EQ(*core_.recoveries.IsOpen("t1", ann), true);
}

TEST_F(RegistryTellerTest, WithoutARegistryNothingWaits) {
  v1::SuspendTokenRequest request;
  request.set_name("tokens/" + IdOf(token_));
  ASSERT_OK(other_replica_.admin.Suspend(operator_, request));
  EXPECT_EQ(*other_replica_.teller.Tell(), 0);
  ExpectTold(0);
}

}  // namespace
}  // namespace u2fi::attestation
