#include "services/attestation/token_store.h"

#include "gmock/gmock.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::attestation {
namespace {

using records::v1::AccountRow;
using records::v1::CounterRow;
using records::v1::PolicyRow;
using records::v1::RecoveryRow;
using records::v1::TokenRow;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TokenStoreTest : public testing::Test {
 protected:
  void Write(const std::string& key, const std::string& value) {
    const auto partition = *u2fi::store::Partition::Make("attestation", "t1");
    u2fi::store::CommitRequest commit;
    commit.epoch = memory_.Get(partition, {})->epoch;
    commit.put = {{key, value}};
    ASSERT_OK(memory_.Commit(partition, commit));
  }
  template <typename Row>
  void WriteRow(const std::string& key, Row row) {
    row.set_schema(1);
    Write(key, row.SerializeAsString());
  }
  void WriteToken(const std::string& id,
                  v1::TokenState state = v1::TOKEN_STATE_ACTIVE,
                  bool recovery = false) {
    TokenRow token;
    token.set_token_id(id);
    token.set_account("ann");
    token.set_state(state);
    token.set_recovery(recovery);
    WriteRow(TokenKey(id), token);
  }
  void WriteAccount(const std::vector<std::string>& ids) {
    AccountRow account;
    for (const std::string& id : ids) account.add_token_ids(id);
    WriteRow(AccountKeyOf("ann"), account);
  }

  absl::Status RememberTenant(absl::string_view tenant) {
    return tokens_.RememberTenant(tenant,
                                  memory_.Get(*SharedPartition(), {})->epoch);
  }

  FakeClock clock_;
  FakeRandomSource random_;
  u2fi::store::MemoryStore memory_{clock_, random_};
  u2fi::store::FaultyStore store_{memory_};
  TokenStore tokens_{store_};
};

TEST_F(TokenStoreTest, AnAccountComesWithItsTokensAndCounters) {
  WriteAccount({"k2", "k1"});
  WriteToken("k1");
  WriteToken("k2");
  CounterRow counter;
  counter.set_counter(7);
  WriteRow(CounterKey("k1"), counter);
  ASSERT_OK_AND_ASSIGN(const AccountView view,
                       tokens_.ReadAccount("t1", "ann"));
  ASSERT_EQ(view.tokens.size(), 2u);
  EXPECT_EQ(view.tokens[0].row.token_id(), "k2");
  EXPECT_FALSE(view.counters[0].exists());
  EXPECT_EQ(view.counters[1].row.counter(), 7u);
  EXPECT_EQ(view.Find("k1"), &view.tokens[1]);
  EXPECT_EQ(view.Find("k3"), nullptr);
}

TEST_F(TokenStoreTest, AnUnknownAccountIsEmpty) {
  ASSERT_OK_AND_ASSIGN(const AccountView view,
                       tokens_.ReadAccount("t1", "bob"));
  EXPECT_FALSE(view.account.exists());
  EXPECT_THAT(view.tokens, IsEmpty());
  EXPECT_EQ(view.Live(), 0);
}

TEST_F(TokenStoreTest, RevokedTokensDoNotLiveAndRecoveryTokensDoNotApprove) {
  WriteAccount({"k1", "k2", "k3", "k4"});
  WriteToken("k1");
  WriteToken("k2", v1::TOKEN_STATE_REVOKED);
  WriteToken("k3", v1::TOKEN_STATE_ACTIVE, /*recovery=*/true);
  WriteToken("k4", v1::TOKEN_STATE_QUARANTINED);
  ASSERT_OK_AND_ASSIGN(const AccountView view,
                       tokens_.ReadAccount("t1", "ann"));
  EXPECT_EQ(view.Live(), 3);
  EXPECT_EQ(view.Active(), 1);
}

TEST_F(TokenStoreTest, ATenantThatAFailoverForgotIsWrittenAgain) {
  const auto backup = memory_.TakeBackup();
  ASSERT_OK(RememberTenant("t1"));
  memory_.FailOverTo(backup);
  ASSERT_OK(RememberTenant("t1"));
  EXPECT_THAT(tokens_.Tenants(), IsOkAndHolds(ElementsAre("t1")));
}

TEST_F(TokenStoreTest, ATokenThatIsMissingIsNoticed) {
  WriteAccount({"k1"});
  EXPECT_THAT(tokens_.ReadAccount("t1", "ann"),
              HasReason(reason::kStoreCorrupt));
}

TEST_F(TokenStoreTest, ARecordThatCannotBeReadIsNoticed) {
  Write(AccountKeyOf("ann"), "\xff\xff");
  EXPECT_THAT(tokens_.ReadAccount("t1", "ann"),
              HasReason(reason::kStoreCorrupt));
  Write(TokenKey("k1"), "\xff\xff");
  EXPECT_THAT(tokens_.ReadForAssertion("t1", "c", "k1"),
              HasReason(reason::kStoreCorrupt));
}

TEST_F(TokenStoreTest, ARecordOfAnotherSchemaIsNoticed) {
  PolicyRow policy;
  policy.set_schema(2);
  Write(PolicyKey(), policy.SerializeAsString());
  EXPECT_THAT(tokens_.ReadRow<PolicyRow>("t1", PolicyKey()),
              HasReason(reason::kStoreCorrupt));
}

TEST_F(TokenStoreTest, AnotherTenantSeesNothing) {
  WriteToken("k1");
  ASSERT_OK_AND_ASSIGN(const AssertionView view,
                       tokens_.ReadForAssertion("t2", "c", "k1"));
  EXPECT_FALSE(view.token.exists());
}

TEST_F(TokenStoreTest, WhatIsNoTenantIsRefused) {
  EXPECT_THAT(tokens_.ReadAccount("T 1", "ann"),
              HasReason(reason::kStorePartitionInvalid));
}

TEST_F(TokenStoreTest, ARegistrationSeesWhoHasCredentialAndKey) {
  TokenRow token;
  token.set_token_id("k1");
  token.set_account("ann");
  token.set_credential_id("credential");
  token.set_public_key("key");
  EXPECT_FALSE(tokens_.ReadForRegistration("t1", "", token)->credential_taken);
  Write(CredentialKeyOf("credential"), "k9");
  EXPECT_TRUE(tokens_.ReadForRegistration("t1", "", token)->credential_taken);
  EXPECT_FALSE(tokens_.ReadForRegistration("t1", "", token)->key_taken);
  Write(PublicKeyKeyOf("key"), "k9");
  EXPECT_TRUE(tokens_.ReadForRegistration("t1", "", token)->key_taken);
}

TEST_F(TokenStoreTest, TokensComeInPagesById) {
  for (const char* id : {"k3", "k1", "k2"}) WriteToken(id);
  ASSERT_OK_AND_ASSIGN(TokenPage page, tokens_.ReadTokens("t1", "", 2));
  ASSERT_EQ(page.tokens.size(), 2u);
  EXPECT_EQ(page.tokens[0].row.token_id(), "k1");
  EXPECT_TRUE(page.more);
  ASSERT_OK_AND_ASSIGN(page, tokens_.ReadTokens("t1", "k2", 2));
  ASSERT_EQ(page.tokens.size(), 1u);
  EXPECT_EQ(page.tokens[0].row.token_id(), "k3");
  EXPECT_FALSE(page.more);
}

TEST_F(TokenStoreTest, RecoveriesComeInTheOrderOfTheirIds) {
  for (const char* id : {"r-2", "r-1"}) {
    RecoveryRow row;
    row.set_recovery_id(id);
    WriteRow(RecoveryKey(id), row);
  }
  ASSERT_OK_AND_ASSIGN(RecoveryPage page, tokens_.ReadRecoveries("t1", ""));
  ASSERT_EQ(page.recoveries.size(), 2u);
  EXPECT_EQ(page.recoveries[0].recovery_id(), "r-1");
  ASSERT_OK_AND_ASSIGN(page, tokens_.ReadRecoveries("t1", "r-1"));
  EXPECT_EQ(page.recoveries.size(), 1u);
}

TEST_F(TokenStoreTest, AnAppliedCommandIsRemembered) {
  EXPECT_FALSE(tokens_.FindApplied("t1", "c1")->has_value());
  Write(AppliedKey("c1"), "tokens/k1");
  EXPECT_EQ(**tokens_.FindApplied("t1", "c1"), "tokens/k1");
}

TEST_F(TokenStoreTest, TenantsAreRememberedOnce) {
  ASSERT_OK(RememberTenant("t2"));
  ASSERT_OK(RememberTenant("t1"));
  ASSERT_OK(RememberTenant("t2"));
  TokenStore other(store_);
  ASSERT_OK(
      other.RememberTenant("t1", memory_.Get(*SharedPartition(), {})->epoch));
  EXPECT_THAT(*other.Tenants(), ElementsAre("t1", "t2"));
}

TEST_F(TokenStoreTest, AKnownTenantCostsNoCall) {
  ASSERT_OK(RememberTenant("t1"));
  store_.SetAway(true);
  EXPECT_OK(RememberTenant("t1"));
  EXPECT_THAT(RememberTenant("t2"), HasReason(reason::kStoreUnavailable));
}

TEST_F(TokenStoreTest, WithTheStoreAwayNothingIsRead) {
  store_.SetAway(true);
  EXPECT_THAT(tokens_.ReadAccount("t1", "ann"),
              HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(tokens_.ReadTokens("t1", "", 1),
              HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(tokens_.Tenants(), HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(tokens_.FindApplied("t1", "c1"),
              HasReason(reason::kStoreUnavailable));
}

TEST(TokenKeysTest, KindsOfRecordsNeverMeet) {
  EXPECT_NE(TokenKey("a"), CounterKey("a"));
  EXPECT_NE(PendingKey("a"), PolicyKey());
  EXPECT_NE(RecoveryKey("q/a"), RequestKey("a"));
  EXPECT_NE(CredentialKeyOf("a"), PublicKeyKeyOf("a"));
}

TEST(TokenKeysTest, ATokensIdIsThatOfItsCredential) {
  EXPECT_EQ(TokenIdOf("credential"), TokenIdOf("credential"));
  EXPECT_NE(TokenIdOf("credential"), TokenIdOf("credentia1"));
  EXPECT_EQ(TokenIdOf("credential").size(), 28u);
}

}  // namespace
}  // namespace u2fi::attestation
