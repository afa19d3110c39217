#include "services/device-registry/token_words.h"

#include "gmock/gmock.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/registry_test_case.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TokenWordsTest : public RegistryTestCase {
 protected:
  void SetUp() override { MakeEnrolledWorld(); }

  static v1::TokenWord Suspended(const std::string& token = "tok-alice") {
    v1::TokenWord word;
    word.set_account("alice");
    word.set_suspended(token);
    return word;
  }
  static v1::TokenWord Revoked(const std::string& token = "tok-alice") {
    v1::TokenWord word;
    word.set_account("alice");
    word.set_revoked(token);
    return word;
  }
  v1::TokenWord Recovery() {
    v1::TokenWord word;
    word.set_account("alice");
    word.mutable_recovery()->set_recovery("r-1");
    *word.mutable_recovery()->mutable_open_time() =
        ToTimestamp(UnixMillis(clock_) + 1000);
    *word.mutable_recovery()->mutable_expire_time() =
        ToTimestamp(UnixMillis(clock_) + 2000);
    return word;
  }
  std::vector<std::string> Denied() {
    v1::AdmitGatewayRequest admit;
    admit.set_tenant("acme");
    admit.set_site("home");
    admit.set_gateway("gw-1");
    admit.set_public_key(site_.gw1.key.public_key().Spki());
    const auto admitted = core_->gateways().AdmitGateway(gate_, admit);
    EXPECT_OK(admitted);
    return {admitted->revocations().tokens().begin(),
            admitted->revocations().tokens().end()};
  }
  void ExpectRefused(const v1::TokenWord& word) {
    const int commits = Commits();
    EXPECT_THAT(Tell(word), HasReason(reason::kInvalidField));
    EXPECT_EQ(Commits(), commits);
  }
};

TEST_F(TokenWordsTest, ASuspendedKeyIsNotBelievedAndNotDenied) {
  ASSERT_OK(Tell(Suspended()));
  EXPECT_FALSE(Account().keys(0).active());
  EXPECT_THAT(Denied(), IsEmpty());
}

TEST_F(TokenWordsTest, ARevokedKeyIsForgottenAndDenied) {
  ASSERT_OK(Tell(Revoked()));
  EXPECT_EQ(Account().keys_size(), 0);
  EXPECT_THAT(Denied(), ElementsAre("tok-alice"));
}

TEST_F(TokenWordsTest, ATokenThatNobodyKnowsIsDeniedToo) {
  ASSERT_OK(Tell(Revoked("tok-pending")));
  EXPECT_EQ(Account().keys_size(), 1);
  EXPECT_THAT(Denied(), ElementsAre("tok-pending"));
}

TEST_F(TokenWordsTest, TheSameWordsAgainChangeNothing) {
  for (const v1::TokenWord& word : {Suspended(), Recovery(), Revoked()}) {
    ASSERT_OK(Tell(word));
    const int commits = Commits();
    ASSERT_OK(Tell(word));
    EXPECT_EQ(Commits(), commits) << word.ShortDebugString();
  }
  EXPECT_THAT(Denied(), ElementsAre("tok-alice"));
}

TEST_F(TokenWordsTest, AWordAboutAnUnknownAccountIsPassedOver) {
  v1::TokenWord word = Suspended();
  word.set_account("nobody");
  const int commits = Commits();
  EXPECT_OK(Tell(word));
  EXPECT_EQ(Commits(), commits);
}

TEST_F(TokenWordsTest, ARecoveryIsARowAndAnAlarm) {
  const size_t rows = AuditRows();
  ASSERT_OK(Tell(Recovery()));
  EXPECT_EQ(AuditRows(), rows + 2);
}

TEST_F(TokenWordsTest, TakesSeveralWords) {
  v1::ReportTokensRequest request;
  request.set_tenant("acme");
  *request.add_words() = Revoked("tok-1");
  *request.add_words() = Revoked("tok-2");
  ASSERT_OK(core_->words().ReportTokens(attestation_, request));
  EXPECT_THAT(Denied(), ElementsAre("tok-1", "tok-2"));
}

// Damage to one account must not keep what is stolen from others valid.
TEST_F(TokenWordsTest, AWordThatCannotBeTakenHoldsUpNoOther) {
  ASSERT_OK_AND_ASSIGN(const auto partition,
                       store::Partition::Make(kService, "acme"));
  ASSERT_OK_AND_ASSIGN(const auto seen, memory_.Get(partition, {}));
  store::CommitRequest damage;
  damage.epoch = seen.epoch;
  damage.put = {{key::Account("bob"), "?"}};
  ASSERT_OK(memory_.Commit(partition, damage).status());
  v1::ReportTokensRequest request;
  request.set_tenant("acme");
  *request.add_words() = Suspended("tok-bob");
  request.mutable_words(0)->set_account("bob");
  *request.add_words() = Revoked();
  EXPECT_THAT(core_->words().ReportTokens(attestation_, request),
              HasReason(reason::kStoreCorrupt));
  EXPECT_THAT(Denied(), ElementsAre("tok-alice"));
}

TEST_F(TokenWordsTest, RefusesNoWordsAndTooMany) {
  v1::ReportTokensRequest request;
  request.set_tenant("acme");
  EXPECT_THAT(core_->words().ReportTokens(attestation_, request),
              HasReason(reason::kInvalidField));
  for (int i = 0; i < 101; ++i) *request.add_words() = Suspended();
  EXPECT_THAT(core_->words().ReportTokens(attestation_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenWordsTest, RefusesIdsThatAreNone) {
  ExpectRefused(Suspended(""));
  ExpectRefused(Revoked("Tok"));
  v1::TokenWord word = Suspended();
  word.set_account("-");
  ExpectRefused(word);
}

TEST_F(TokenWordsTest, RefusesAWordThatSaysNothing) {
  v1::TokenWord word;
  word.set_account("alice");
  ExpectRefused(word);
}

TEST_F(TokenWordsTest, RefusesARecoveryThatEndsBeforeItOpens) {
  v1::TokenWord word = Recovery();
  word.mutable_recovery()->clear_expire_time();
  ExpectRefused(word);
}

TEST_F(TokenWordsTest, AnotherTenantsTokensStayWhatTheyAre) {
  v1::ReportTokensRequest request;
  request.set_tenant("other");
  *request.add_words() = Revoked();
  ASSERT_OK(core_->words().ReportTokens(attestation_, request));
  EXPECT_EQ(Account().keys_size(), 1);
  EXPECT_THAT(Denied(), IsEmpty());
}

TEST_F(TokenWordsTest, NothingIsTakenWithTheStoreAway) {
  store_.SetAway(true);
  EXPECT_THAT(Tell(Revoked()), HasReason(reason::kStoreUnavailable));
}

}  // namespace
}  // namespace u2fi::device_registry
