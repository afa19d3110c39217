#include "services/attestation/enrolment.h"

#include "services/attestation/attestation_test_case.h"
#include "services/common/rpc/test_caller.h"

namespace u2fi::attestation {
namespace {

using common::v1::OUTCOME_ACCEPTED;
using common::v1::OUTCOME_REFUSED;

class EnrolmentTest : public AttestationTestCase {
 protected:
  absl::StatusOr<v1::VerifyRegistrationResponse> Register(
      const v1::VerifyRegistrationRequest& request) {
    return core_.registrations.Verify(request);
  }
  void ExpectRefused(const v1::VerifyRegistrationRequest& request,
                     const Reason& reason) {
    ASSERT_OK_AND_ASSIGN(const v1::VerifyRegistrationResponse response,
                         Register(request));
    EXPECT_EQ(response.verdict().outcome(), OUTCOME_REFUSED);
    EXPECT_EQ(response.verdict().reason(), reason.name);
  }
  // Enrols ann's first token at somebody else's site; its command says that it
  // is for leases at `site`, and of that level.
  absl::StatusOr<v1::ApplyResponse> EnrolForLeases(
      const fido::FakeU2fToken& token, const std::string& site = "hotel",
      uint32_t level = 0) {
    v1::VerifyRegistrationRequest registration = Registration(token);
    registration.set_lease_site("hotel");
    const auto verified = core_.registrations.Verify(registration);
    if (!verified.ok()) return verified.status();
    proof::v1::EnrolArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(verified->token_id());
    arguments.set_registration_digest(
        crypto::ToString(proof::RegistrationDigest(verified->registration())));
    arguments.set_lease_site(site);
    arguments.set_level(level);
    v1::ApplyRequest apply = ApplyOf(*verified, token);
    const std::string command = Command("u2fi.enrol", arguments, 'a');
    apply.mutable_items(0)->set_command(command);
    *apply.mutable_approvals(0) = EnrolApproval(token, command, 1);
    return core_.applier.Apply(apply);
  }
  v1::ListTokensResponse Tokens() {
    v1::ListTokensRequest request;
    request.set_account("ann");
    return *core_.directory.List(rpc::TestCaller("client/t1/app"), request);
  }
};

TEST_F(EnrolmentTest, ARightRegistrationIsAccepted) {
  ASSERT_OK_AND_ASSIGN(const v1::VerifyRegistrationResponse response,
                       Register(Registration(token_)));
  EXPECT_EQ(response.verdict().outcome(), OUTCOME_ACCEPTED);
  EXPECT_EQ(response.token_id(), TokenIdOf(token_.key_handle));
  EXPECT_EQ(response.registration().public_key(), token_.public_key);
}

TEST_F(EnrolmentTest, AnAcceptedRegistrationAloneIsNoToken) {
  ASSERT_OK(Register(Registration(token_)));
  EXPECT_EQ(Tokens().tokens_size(), 0);
}

TEST_F(EnrolmentTest, ARegistrationForAnotherAppIsRefused) {
  v1::VerifyRegistrationRequest request = Registration(token_);
  request.mutable_answer()->set_response(
      token_.Register("evil.test", request.answer().client_data()));
  ExpectRefused(request, reason::kSignatureInvalid);
}

TEST_F(EnrolmentTest, ARegistrationIsGoodOnce) {
  const v1::VerifyRegistrationRequest request = Registration(token_);
  ASSERT_OK(Register(request));
  v1::VerifyRegistrationRequest other = request;
  other.mutable_answer()->set_response(
      other_token_.Register(kRpId, request.answer().client_data()));
  ExpectRefused(other, reason::kChallengeReused);
}

TEST_F(EnrolmentTest, AnotherStreamIsRefused) {
  v1::VerifyRegistrationRequest request = Registration(token_);
  request.mutable_channel()->set_channel_key(std::string(32, 'k'));
  ExpectRefused(request, reason::kChannelKeyMismatch);
}

TEST_F(EnrolmentTest, AnUnsetFormIsRefused) {
  v1::VerifyRegistrationRequest request = Registration(token_);
  request.mutable_answer()->clear_form();
  EXPECT_THAT(Register(request), HasReason(reason::kInvalidField));
}

TEST_F(EnrolmentTest, TheStatementOfATouchIsNoRegistration) {
  v1::VerifyRegistrationRequest request = Registration(token_);
  ASSERT_OK(Enrol(other_token_));
  request.set_statement(AskForTouch());
  EXPECT_THAT(Register(request), HasReason(reason::kInvalidField));
}

TEST_F(EnrolmentTest, TheFirstTokenNeedsItsOwnTouchOnly) {
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse applied, Enrol(token_));
  EXPECT_FALSE(applied.results(0).already_applied());
  ASSERT_EQ(Tokens().tokens_size(), 1);
  EXPECT_EQ(Tokens().tokens(0).state(), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(EnrolmentTest, TheSameCommandAgainChangesNothing) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(Registration(token_)));
  const v1::ApplyRequest apply = ApplyOf(verified, token_);
  ASSERT_OK(core_.applier.Apply(apply));
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse again,
                       core_.applier.Apply(apply));
  EXPECT_TRUE(again.results(0).already_applied());
  EXPECT_EQ(Tokens().tokens_size(), 1);
}

TEST_F(EnrolmentTest, WithoutTheNewKeysOwnTouchItIsRefused) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(Registration(token_)));
  EXPECT_FALSE(core_.applier.Apply(ApplyOf(verified, other_token_)).ok());
  EXPECT_EQ(Tokens().tokens_size(), 0);
}

TEST_F(EnrolmentTest, ASecondTokenNeedsATouchOfTheFirst) {
  ASSERT_OK(Enrol(token_));
  ASSERT_OK_AND_ASSIGN(const auto verified,
                       Register(Registration(other_token_)));
  v1::ApplyRequest apply = ApplyOf(verified, other_token_, 'b');
  EXPECT_THAT(core_.applier.Apply(apply), HasReason(reason::kRuleNotSatisfied));
  *apply.add_approvals() = EnrolApproval(token_, apply.items(0).command(), 20);
  EXPECT_OK(core_.applier.Apply(apply));
  EXPECT_EQ(Tokens().tokens_size(), 2);
}

TEST_F(EnrolmentTest, ARegistrationThatWasNotVerifiedHereIsRefused) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(Registration(token_)));
  memory_.FailOverTo(store::MemoryStore::Backup());
  EXPECT_THAT(core_.applier.Apply(ApplyOf(verified, token_)),
              HasReason(reason::kRegistrationUnknown));
}

TEST_F(EnrolmentTest, ATokenThatIsEnrolledIsNotRegisteredAgain) {
  ASSERT_OK(Enrol(token_));
  ExpectRefused(Registration(token_), reason::kCredentialExists);
}

TEST_F(EnrolmentTest, AnAccountWithoutTokensHasNoCandidates) {
  v1::ListCandidatesRequest request;
  request.set_tenant("t1");
  request.set_account("ann");
  request.set_purpose(proof::v1::PURPOSE_COMMAND);
  EXPECT_THAT(core_.directory.ListCandidates(request),
              HasReason(reason::kNoCredentials));
}

TEST_F(EnrolmentTest, ASuspendedTokenIsNoCandidateButCounts) {
  ASSERT_OK(Enrol(token_));
  v1::SuspendTokenRequest suspend;
  suspend.set_name("tokens/" + TokenIdOf(token_.key_handle));
  ASSERT_OK(core_.admin.Suspend(rpc::TestCaller("operator/t1/olga"), suspend));
  v1::ListCandidatesRequest request;
  request.set_tenant("t1");
  request.set_account("ann");
  request.set_purpose(proof::v1::PURPOSE_COMMAND);
  const absl::Status status = core_.directory.ListCandidates(request).status();
  EXPECT_THAT(status, HasReason(reason::kNoCredentials));
  EXPECT_EQ(MetadataOf(status)["enrolled"], "1");
}

TEST_F(EnrolmentTest, TheLastTokenIsRevokedOnlyIfThatIsSaid) {
  ASSERT_OK(Enrol(token_));
  v1::RevokeTokenRequest revoke;
  revoke.set_name("tokens/" + TokenIdOf(token_.key_handle));
  const rpc::Caller caller = rpc::TestCaller("client/t1/app");
  EXPECT_THAT(core_.admin.Revoke(caller, revoke),
              HasReason(reason::kLastToken));
  revoke.set_allow_last(true);
  EXPECT_OK(core_.admin.Revoke(caller, revoke));
  EXPECT_THAT(core_.admin.Revoke(caller, revoke),
              HasReason(reason::kTokenState));
}

TEST_F(EnrolmentTest, AnotherTenantsTokenIsUnknown) {
  ASSERT_OK(Enrol(token_));
  v1::GetTokenRequest get;
  get.set_name("tokens/" + TokenIdOf(token_.key_handle));
  EXPECT_THAT(core_.directory.Get(rpc::TestCaller("client/t2/app"), get),
              HasReason(reason::kResourceUnknown));
  get.set_tenant("t1");
  EXPECT_THAT(core_.directory.Get(rpc::TestCaller("client/t2/app"), get),
              HasReason(reason::kTenantMismatch));
}

TEST_F(EnrolmentTest, AnotherTenantsRegistrationIsUnknown) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(Registration(token_)));
  v1::ApplyRequest apply = ApplyOf(verified, token_);
  apply.set_tenant("t2");
  EXPECT_THAT(core_.applier.Apply(apply),
              HasReason(reason::kRegistrationUnknown));
}

TEST_F(EnrolmentTest, ARegistrationIsKeptUntilExecuteByOnly) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(Registration(token_)));
  const v1::ApplyRequest apply = ApplyOf(verified, token_);
  clock_.Advance(absl::Minutes(3));
  EXPECT_THAT(core_.applier.Apply(apply),
              HasReason(reason::kRegistrationUnknown));
}

TEST_F(EnrolmentTest, AnotherRegistrationInTheEvidenceIsRefused) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(Registration(token_)));
  v1::ApplyRequest apply = ApplyOf(verified, token_);
  apply.mutable_evidence()->mutable_registration()->set_public_key("another");
  EXPECT_THAT(core_.applier.Apply(apply),
              HasReason(reason::kRegistrationUnknown));
}

// Two accounts register one token; the first that is bound has it.
TEST_F(EnrolmentTest, ACredentialBelongsToOneAccount) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(Registration(token_)));
  const v1::ApplyRequest apply = ApplyOf(verified, token_);
  fido::FakeU2fToken twin = token_;
  twin.key_handle = "another handle of the same key";
  ASSERT_OK_AND_ASSIGN(const auto second, Register(Registration(twin)));
  ASSERT_OK(core_.applier.Apply(apply));
  v1::ApplyRequest late = ApplyOf(second, twin, 'b');
  *late.add_approvals() = EnrolApproval(token_, late.items(0).command(), 20);
  EXPECT_THAT(core_.applier.Apply(late), HasReason(reason::kCredentialExists));
}

TEST_F(EnrolmentTest, ARevokedTokenKeepsItsCredential) {
  ASSERT_OK(Enrol(token_));
  v1::RevokeTokenRequest revoke;
  revoke.set_name("tokens/" + IdOf(token_));
  revoke.set_allow_last(true);
  ASSERT_OK(core_.admin.Revoke(rpc::TestCaller("client/t1/app"), revoke));
  ExpectRefused(Registration(token_), reason::kCredentialExists);
}

// Else whoever may revoke without a touch could join with a key of his own.
TEST_F(EnrolmentTest, AfterTheLastIsRevokedTheNextIsNoFirst) {
  ASSERT_OK(Enrol(token_));
  v1::RevokeTokenRequest revoke;
  revoke.set_name("tokens/" + IdOf(token_));
  revoke.set_allow_last(true);
  ASSERT_OK(core_.admin.Revoke(rpc::TestCaller("client/t1/app"), revoke));
  ASSERT_OK_AND_ASSIGN(const auto verified,
                       Register(Registration(other_token_)));
  EXPECT_THAT(core_.applier.Apply(ApplyOf(verified, other_token_, 'b')),
              HasReason(reason::kNoCredentials));
  v1::ListCandidatesRequest list;
  list.set_tenant("t1");
  list.set_account("ann");
  list.set_purpose(proof::v1::PURPOSE_ENROL);
  const absl::Status listed = core_.directory.ListCandidates(list).status();
  EXPECT_THAT(listed, HasReason(reason::kNoCredentials));
  EXPECT_EQ(MetadataOf(listed)["enrolled"], "1");
}

TEST_F(EnrolmentTest, AnAccountWhoseTokensAreSuspendedCannotBeginAnew) {
  ASSERT_OK(Enrol(token_));
  v1::SuspendTokenRequest suspend;
  suspend.set_name("tokens/" + IdOf(token_));
  ASSERT_OK(core_.admin.Suspend(rpc::TestCaller("client/t1/app"), suspend));
  ASSERT_OK_AND_ASSIGN(const auto verified,
                       Register(Registration(other_token_)));
  EXPECT_THAT(core_.applier.Apply(ApplyOf(verified, other_token_, 'b')),
              HasReason(reason::kNoCredentials));
}

// decisions.md A7: a first token at a foreign site is good for its leases only.
TEST_F(EnrolmentTest, ATokenForLeasesApprovesNoOther) {
  ASSERT_OK(EnrolForLeases(token_));
  EXPECT_THAT(EnrolSecond(token_, other_token_),
              HasReason(reason::kNoCredentials));
  EXPECT_THAT(
      core_.applier.Apply(TokenAct("suspend", IdOf(token_), {token_}, 'c')),
      HasReason(reason::kTokenNotPinned));
}

TEST_F(EnrolmentTest, ACommandGivesNoOtherRightsThanWereRegistered) {
  EXPECT_THAT(EnrolForLeases(token_, ""), HasReason(reason::kEnrolmentInvalid));
  EXPECT_THAT(EnrolForLeases(token_, "hostel"),
              HasReason(reason::kEnrolmentInvalid));
  EXPECT_THAT(EnrolForLeases(token_, "hotel", 2),
              HasReason(reason::kEnrolmentInvalid));
  EXPECT_EQ(Tokens().tokens_size(), 0);
}

TEST_F(EnrolmentTest, ATokenForLeasesIsAskedForAtItsSiteOnly) {
  ASSERT_OK(EnrolForLeases(token_));
  v1::ListCandidatesRequest request;
  request.set_tenant("t1");
  request.set_account("ann");
  request.set_purpose(proof::v1::PURPOSE_COMMAND);
  request.set_site("hotel");
  ASSERT_OK_AND_ASSIGN(const auto listed,
                       core_.directory.ListCandidates(request));
  EXPECT_EQ(listed.candidates_size(), 1);
  request.set_site("home");
  EXPECT_THAT(core_.directory.ListCandidates(request),
              HasReason(reason::kNoCredentials));
}

// Two replicas enrol a first token for one account at the same time.
TEST_F(EnrolmentTest, TwoFirstTokensAtOnceAreNotBothFirst) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(Registration(token_)));
  const v1::ApplyRequest first = ApplyOf(verified, token_);
  ASSERT_OK_AND_ASSIGN(const auto second, Register(Registration(other_token_)));
  const v1::ApplyRequest rival = ApplyOf(second, other_token_, 'b');
  ASSERT_OK(core_.tokens.RememberTenant(
      "t1", memory_.Get(*SharedPartition(), {})->epoch));
  store_.BeforeNextCommit(
      [&] { ASSERT_OK(other_replica_.applier.Apply(rival)); });
  EXPECT_THAT(core_.applier.Apply(first), HasReason(reason::kRuleNotSatisfied));
  EXPECT_EQ(Tokens().tokens_size(), 1);
}

TEST_F(EnrolmentTest, ACommandAboutADeviceIsRefused) {
  ASSERT_OK_AND_ASSIGN(const auto verified, Register(Registration(token_)));
  v1::ApplyRequest apply = ApplyOf(verified, token_);
  proof::v1::Command command;
  ASSERT_TRUE(command.ParseFromString(apply.items(0).command()));
  command.set_device("cam-1");
  apply.mutable_items(0)->set_command(proof::Encode(command));
  EXPECT_FALSE(core_.applier.Apply(apply).ok());
}

}  // namespace
}  // namespace u2fi::attestation
