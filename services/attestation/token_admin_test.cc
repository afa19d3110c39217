#include "services/attestation/token_admin.h"

#include "gmock/gmock.h"
#include "services/attestation/attestation_test_case.h"

namespace u2fi::attestation {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class TokenAdminTest : public AttestationTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(Enrol(token_));
    update_.mutable_token()->set_name("tokens/" + IdOf(token_));
    update_.mutable_token()->set_label("blue one");
    update_.mutable_update_mask()->add_paths("label");
    suspend_.set_name("tokens/" + IdOf(token_));
    revoke_.set_name("tokens/" + IdOf(token_));
  }

  absl::StatusOr<v1::UpdateTokenResponse> Update() {
    return core_.admin.Update(caller_, update_);
  }

  rpc::Caller caller_ = rpc::TestCaller("client/t1/app");
  v1::UpdateTokenRequest update_;
  v1::SuspendTokenRequest suspend_;
  v1::RevokeTokenRequest revoke_;
};

TEST_F(TokenAdminTest, TheLabelIsChangedAndAudited) {
  const std::string etag = TokenNamed(IdOf(token_)).etag();
  ASSERT_OK_AND_ASSIGN(const v1::UpdateTokenResponse response, Update());
  EXPECT_EQ(response.token().label(), "blue one");
  EXPECT_NE(response.token().etag(), etag);
  EXPECT_EQ(TokenNamed(IdOf(token_)).label(), "blue one");
  EXPECT_EQ(AuditRows().back(),
            "TOKEN tokens/" + IdOf(token_) + " accounts/ann");
}

TEST_F(TokenAdminTest, ValidateOnlyChangesNothing) {
  update_.set_validate_only(true);
  ASSERT_OK_AND_ASSIGN(const v1::UpdateTokenResponse response, Update());
  EXPECT_EQ(response.token().label(), "blue one");
  EXPECT_EQ(TokenNamed(IdOf(token_)).label(), "");
}

TEST_F(TokenAdminTest, AnyOtherFieldIsRefused) {
  update_.mutable_update_mask()->add_paths("state");
  EXPECT_THAT(Update(), HasReason(reason::kFieldImmutable));
}

TEST_F(TokenAdminTest, WithoutAMaskItIsRefused) {
  update_.mutable_update_mask()->clear_paths();
  EXPECT_THAT(Update(), HasReason(reason::kInvalidField));
}

TEST_F(TokenAdminTest, ALabelThatLooksLikeAnotherIsRefused) {
  update_.mutable_token()->set_label("eno eulb\u202e");
  EXPECT_THAT(Update(), HasReason(reason::kInvalidField));
}

TEST_F(TokenAdminTest, ALongLabelIsRefused) {
  update_.mutable_token()->set_label(std::string(65, 'x'));
  EXPECT_THAT(Update(), HasReason(reason::kInvalidField));
}

TEST_F(TokenAdminTest, SixtyFourCharactersOfUtf8AreALabel) {
  std::string label;
  for (int i = 0; i < 64; ++i) label += "\xc3\xa4";
  update_.mutable_token()->set_label(label);
  EXPECT_OK(Update());
}

TEST_F(TokenAdminTest, AControlCharacterIsRefused) {
  update_.mutable_token()->set_label("a\nb");
  EXPECT_THAT(Update(), HasReason(reason::kInvalidField));
}

TEST_F(TokenAdminTest, TextThatIsNotUtf8IsRefused) {
  update_.mutable_token()->set_label("\xff");
  EXPECT_THAT(Update(), HasReason(reason::kInvalidField));
}

TEST_F(TokenAdminTest, AnOldEtagIsRefused) {
  update_.mutable_token()->set_etag(TokenNamed(IdOf(token_)).etag());
  ASSERT_OK(Update());
  EXPECT_THAT(Update(), HasReason(reason::kEtagMismatch));
}

TEST_F(TokenAdminTest, AChangeInBetweenIsAnEtagMismatch) {
  store_.BeforeNextCommit(
      [this] { ASSERT_OK(other_replica_.admin.Suspend(caller_, suspend_)); });
  EXPECT_THAT(Update(), HasReason(reason::kEtagMismatch));
  EXPECT_EQ(TokenNamed(IdOf(token_)).label(), "");
}

TEST_F(TokenAdminTest, AnUnknownTokenIsRefused) {
  update_.mutable_token()->set_name("tokens/none");
  EXPECT_THAT(Update(), HasReason(reason::kResourceUnknown));
  suspend_.set_name("tokens/none");
  EXPECT_THAT(core_.admin.Suspend(caller_, suspend_),
              HasReason(reason::kResourceUnknown));
  revoke_.set_name("tokens/none");
  EXPECT_THAT(core_.admin.Revoke(caller_, revoke_),
              HasReason(reason::kResourceUnknown));
}

TEST_F(TokenAdminTest, ANameOfAnotherKindIsRefused) {
  suspend_.set_name("devices/cam");
  EXPECT_THAT(core_.admin.Suspend(caller_, suspend_),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenAdminTest, AnotherTenantsTokenIsUnknown) {
  const rpc::Caller other = rpc::TestCaller("client/t2/app");
  EXPECT_THAT(core_.admin.Update(other, update_),
              HasReason(reason::kResourceUnknown));
  EXPECT_THAT(core_.admin.Suspend(other, suspend_),
              HasReason(reason::kResourceUnknown));
  EXPECT_THAT(core_.admin.Revoke(other, revoke_),
              HasReason(reason::kResourceUnknown));
}

TEST_F(TokenAdminTest, AnotherTenantCannotBeNamed) {
  update_.set_tenant("t2");
  suspend_.set_tenant("t2");
  revoke_.set_tenant("t2");
  EXPECT_THAT(Update(), HasReason(reason::kTenantMismatch));
  EXPECT_THAT(core_.admin.Suspend(caller_, suspend_),
              HasReason(reason::kTenantMismatch));
  EXPECT_THAT(core_.admin.Revoke(caller_, revoke_),
              HasReason(reason::kTenantMismatch));
}

TEST_F(TokenAdminTest, ThePortalNamesTheTenant) {
  const rpc::Caller portal = rpc::TestCaller("service/portal");
  EXPECT_THAT(core_.admin.Suspend(portal, suspend_),
              HasReason(reason::kInvalidField));
  suspend_.set_tenant("t1");
  EXPECT_OK(core_.admin.Suspend(portal, suspend_));
}

TEST_F(TokenAdminTest, ASuspendedTokenStaysSuspended) {
  ASSERT_OK(core_.admin.Suspend(caller_, suspend_));
  const std::string etag = TokenNamed(IdOf(token_)).etag();
  ASSERT_OK(core_.admin.Suspend(caller_, suspend_));
  EXPECT_EQ(TokenNamed(IdOf(token_)).etag(), etag);
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_SUSPENDED);
}

TEST_F(TokenAdminTest, AReasonThatIsTooLongIsRefused) {
  suspend_.set_reason(std::string(257, 'x'));
  revoke_.set_reason(std::string(257, 'x'));
  EXPECT_THAT(core_.admin.Suspend(caller_, suspend_),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(core_.admin.Revoke(caller_, revoke_),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenAdminTest, OfTwoTokensOneMayGo) {
  ASSERT_OK(EnrolSecond(token_, other_token_));
  EXPECT_OK(core_.admin.Revoke(caller_, revoke_));
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_REVOKED);
  revoke_.set_name("tokens/" + IdOf(other_token_));
  EXPECT_THAT(core_.admin.Revoke(caller_, revoke_),
              HasReason(reason::kLastToken));
}

// Two replicas revoke the last two tokens at the same time.
TEST_F(TokenAdminTest, ARaceNeverTakesTheLastToken) {
  ASSERT_OK(EnrolSecond(token_, other_token_));
  v1::RevokeTokenRequest second;
  second.set_name("tokens/" + IdOf(other_token_));
  store_.BeforeNextCommit(
      [&] { ASSERT_OK(other_replica_.admin.Revoke(caller_, second)); });
  EXPECT_THAT(core_.admin.Revoke(caller_, revoke_),
              HasReason(reason::kStoreAborted));
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenAdminTest, ARevokedTokenStaysRevoked) {
  revoke_.set_allow_last(true);
  ASSERT_OK(core_.admin.Revoke(caller_, revoke_));
  EXPECT_THAT(core_.admin.Suspend(caller_, suspend_),
              HasReason(reason::kTokenState));
}

TEST_F(TokenAdminTest, OthersHearOfTheChange) {
  ASSERT_OK(core_.Start());
  std::vector<std::string> heard;
  const auto watch =
      core_.events.Subscribe("t1", [&](const TokenEvents::Event& event) {
        heard.push_back(event->token_id());
        EXPECT_EQ(event->state(), v1::TOKEN_STATE_SUSPENDED);
      });
  ASSERT_OK(core_.admin.Suspend(caller_, suspend_));
  memory_.FlushHints();
  EXPECT_THAT(heard, Contains(IdOf(token_)));
}

TEST_F(TokenAdminTest, WithTheStoreAwayNothingIsAnswered) {
  store_.SetAway(true);
  EXPECT_THAT(Update(), HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(core_.admin.Suspend(caller_, suspend_),
              HasReason(reason::kStoreUnavailable));
}

}  // namespace
}  // namespace u2fi::attestation
