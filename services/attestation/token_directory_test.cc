#include "services/attestation/token_directory.h"

#include "gmock/gmock.h"
#include "services/attestation/webauthn_test_case.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::attestation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class TokenDirectoryTest : public WebAuthnTestCase {
 protected:
  TokenDirectoryTest() {
    candidates_.set_tenant("t1");
    candidates_.set_account("ann");
    candidates_.set_purpose(proof::v1::PURPOSE_COMMAND);
    list_.set_account("ann");
  }
  void SetUp() override {
    ASSERT_OK(Enrol(token_));
    ASSERT_OK(EnrolSecond(token_, other_token_));
  }

  // Ids of the candidates, or nothing.
  std::vector<std::string> Candidates() {
    std::vector<std::string> ids;
    const auto listed = core_.directory.ListCandidates(candidates_);
    if (!listed.ok()) return ids;
    for (const auto& candidate : listed->candidates()) {
      ids.push_back(candidate.token_id());
    }
    return ids;
  }
  absl::StatusOr<v1::ListTokensResponse> List() {
    return core_.directory.List(caller_, list_);
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const auto listed = List();
    EXPECT_OK(listed);
    for (const v1::Token& token : listed->tokens()) {
      names.push_back(token.name());
    }
    return names;
  }
  void ExpectInvalid() {
    EXPECT_THAT(core_.directory.ListCandidates(candidates_),
                HasReason(reason::kInvalidField));
  }

  rpc::Caller caller_ = rpc::TestCaller("operator/t1/olga");
  v1::ListCandidatesRequest candidates_;
  v1::ListTokensRequest list_;
  const std::string first_ = "tokens/" + IdOf(token_);
  const std::string second_ = "tokens/" + IdOf(other_token_);
};

TEST_F(TokenDirectoryTest, EveryActiveTokenMayAnswerLastUsedFirst) {
  clock_.Advance(absl::Minutes(2));
  ASSERT_OK(Touch(other_token_, 10));
  EXPECT_THAT(Candidates(), ElementsAre(IdOf(other_token_), IdOf(token_)));
  clock_.Advance(absl::Minutes(2));
  ASSERT_OK(Touch(token_, 10));
  EXPECT_THAT(Candidates(), ElementsAre(IdOf(token_), IdOf(other_token_)));
}

TEST_F(TokenDirectoryTest, ACandidateTellsCounterAndGateway) {
  ASSERT_OK(Touch(token_, 10));
  candidates_.set_token_id(IdOf(token_));
  ASSERT_OK_AND_ASSIGN(const auto listed,
                       core_.directory.ListCandidates(candidates_));
  EXPECT_EQ(listed.candidates(0).counter_floor(), 10u);
  EXPECT_EQ(listed.candidates(0).last_gateway(), "g1");
  EXPECT_EQ(listed.enrolled(), 2u);
}

TEST_F(TokenDirectoryTest, OneTokenCanBeAskedFor) {
  candidates_.set_token_id(IdOf(other_token_));
  EXPECT_THAT(Candidates(), ElementsAre(IdOf(other_token_)));
}

TEST_F(TokenDirectoryTest, U2fTokensDoNotVerifyUsers) {
  candidates_.mutable_required()->set_uv(true);
  EXPECT_THAT(core_.directory.ListCandidates(candidates_),
              HasReason(reason::kNoCredentials));
}

TEST_F(TokenDirectoryTest, ATokenOfALowerLevelMayNot) {
  candidates_.mutable_required()->set_level(1);
  EXPECT_THAT(Candidates(), IsEmpty());
}

TEST_F(TokenDirectoryTest, ARecoveryTokenAnswersAboutTokensOnlyAndLast) {
  fido::FakeU2fToken recovery;
  recovery.key_handle = std::string(64, 'r');
  ASSERT_OK(EnrolSecond(token_, recovery, 'c', /*recovery=*/true));
  EXPECT_EQ(Candidates().size(), 2u);
  candidates_.set_purpose(proof::v1::PURPOSE_TOKEN);
  ASSERT_EQ(Candidates().size(), 3u);
  EXPECT_EQ(Candidates()[2], IdOf(recovery));
}

TEST_F(TokenDirectoryTest, ARecoveryTokenRecoversAndNothingElseDoes) {
  fido::FakeU2fToken recovery;
  recovery.key_handle = std::string(64, 'r');
  ASSERT_OK(EnrolSecond(token_, recovery, 'c', /*recovery=*/true));
  candidates_.set_purpose(proof::v1::PURPOSE_TOKEN);
  candidates_.set_operation("u2fi.token.recover");
  EXPECT_THAT(Candidates(), ElementsAre(IdOf(recovery)));
  candidates_.set_operation("u2fi.token.revoke");
  EXPECT_THAT(Candidates(),
              UnorderedElementsAre(IdOf(token_), IdOf(other_token_)));
}

TEST_F(TokenDirectoryTest, OneTokenCanBeLeftOut) {
  candidates_.set_except_token_id(IdOf(token_));
  EXPECT_THAT(Candidates(), ElementsAre(IdOf(other_token_)));
  candidates_.set_except_token_id("No id");
  ExpectInvalid();
}

TEST_F(TokenDirectoryTest, CandidatesNeedAKnownPurpose) {
  candidates_.clear_purpose();
  ExpectInvalid();
  candidates_.set_purpose(static_cast<proof::v1::Purpose>(99));
  ExpectInvalid();
}

TEST_F(TokenDirectoryTest, IdsOfCandidatesAreChecked) {
  candidates_.set_tenant("T1");
  ExpectInvalid();
  candidates_.set_tenant("t1");
  candidates_.set_account("");
  ExpectInvalid();
  candidates_.set_account("ann");
  candidates_.set_token_id("a b");
  ExpectInvalid();
  candidates_.set_token_id("");
  candidates_.set_site("S 1");
  ExpectInvalid();
}

TEST_F(TokenDirectoryTest, AnotherTenantHasNoCandidates) {
  candidates_.set_tenant("t2");
  const absl::Status status =
      core_.directory.ListCandidates(candidates_).status();
  EXPECT_THAT(status, HasReason(reason::kNoCredentials));
  EXPECT_EQ(MetadataOf(status)["enrolled"], "0");
}

TEST_F(TokenDirectoryTest, AnAccountsTokensComeInTheOrderOfEnrolment) {
  EXPECT_THAT(Names(), ElementsAre(first_, second_));
}

TEST_F(TokenDirectoryTest, AnAccountsTokensComeInPages) {
  list_.set_page_size(1);
  ASSERT_OK_AND_ASSIGN(const v1::ListTokensResponse page, List());
  ASSERT_EQ(page.tokens_size(), 1);
  EXPECT_EQ(page.tokens(0).name(), first_);
  list_.set_page_token(page.next_page_token());
  ASSERT_OK_AND_ASSIGN(const v1::ListTokensResponse last, List());
  ASSERT_EQ(last.tokens_size(), 1);
  EXPECT_EQ(last.tokens(0).name(), second_);
  EXPECT_EQ(last.next_page_token(), "");
}

TEST_F(TokenDirectoryTest, APageTokenOfAnotherListIsRefused) {
  list_.set_page_size(1);
  const std::string token = List()->next_page_token();
  list_.set_page_token(token);
  list_.set_state(v1::TOKEN_STATE_ACTIVE);
  EXPECT_THAT(List(), HasReason(reason::kPageTokenInvalid));
}

TEST_F(TokenDirectoryTest, ATenantsTokensComeInPagesToo) {
  list_.clear_account();
  EXPECT_THAT(Names(), UnorderedElementsAre(first_, second_));
  list_.set_page_size(1);
  ASSERT_OK_AND_ASSIGN(const v1::ListTokensResponse page, List());
  list_.set_page_token(page.next_page_token());
  ASSERT_OK_AND_ASSIGN(const v1::ListTokensResponse last, List());
  ASSERT_EQ(last.tokens_size(), 1);
  EXPECT_NE(last.tokens(0).name(), page.tokens(0).name());
  EXPECT_EQ(last.next_page_token(), "");
}

TEST_F(TokenDirectoryTest, ClientsNameAnAccount) {
  caller_ = rpc::TestCaller("client/t1/app");
  list_.clear_account();
  EXPECT_THAT(List(), HasReason(reason::kInvalidField));
}

TEST_F(TokenDirectoryTest, TokensAreFoundByState) {
  v1::SuspendTokenRequest suspend;
  suspend.set_name(first_);
  ASSERT_OK(core_.admin.Suspend(caller_, suspend));
  list_.set_state(v1::TOKEN_STATE_SUSPENDED);
  EXPECT_THAT(Names(), ElementsAre(first_));
  list_.set_state(static_cast<v1::TokenState>(77));
  EXPECT_THAT(List(), HasReason(reason::kInvalidField));
}

TEST_F(TokenDirectoryTest, TokensAreFoundByAttestation) {
  const v1::Token token = TokenNamed(IdOf(token_));
  list_.clear_account();
  list_.set_attestation_key_id(token.attestation_key_id());
  EXPECT_THAT(Names(), ElementsAre(first_));
  list_.clear_attestation_key_id();
  list_.set_certificate_fingerprint(token.certificate_fingerprints(0));
  EXPECT_THAT(Names(), ElementsAre(first_));
  list_.clear_certificate_fingerprint();
  list_.set_aaguid(crypto::Hex(std::string(16, 'a')));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(TokenDirectoryTest, NamesOfModelsAreChecked) {
  list_.set_aaguid("AA");
  EXPECT_THAT(List(), HasReason(reason::kInvalidField));
  list_.clear_aaguid();
  list_.set_attestation_key_id(std::string(40, 'G'));
  EXPECT_THAT(List(), HasReason(reason::kInvalidField));
  list_.clear_attestation_key_id();
  list_.set_certificate_fingerprint(std::string(64, 'F'));
  EXPECT_THAT(List(), HasReason(reason::kInvalidField));
}

TEST_F(TokenDirectoryTest, AnotherTenantIsNotListed) {
  caller_ = rpc::TestCaller("operator/t2/otto");
  EXPECT_THAT(Names(), IsEmpty());
  list_.set_tenant("t1");
  EXPECT_THAT(List(), HasReason(reason::kTenantMismatch));
}

TEST_F(TokenDirectoryTest, TheLastUseIsToldToTheMinute) {
  ASSERT_OK(Touch(token_, 10));
  const v1::Token token = TokenNamed(IdOf(token_));
  EXPECT_EQ(token.counter(), 10u);
  EXPECT_EQ(token.last_use_time().seconds() % 60, 0);
  EXPECT_EQ(token.last_use_time().nanos(), 0);
  EXPECT_EQ(token.last_gateway(), "g1");
}

}  // namespace
}  // namespace u2fi::attestation
