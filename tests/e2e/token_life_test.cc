// The life of an account's tokens: every step but the first one needs the
// touch of a token that is enrolled already. Real services, real TLS, real
// U2FHID frames.
#include <map>
#include <string>

#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/one_site.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::e2e {
namespace {

using attestation::v1::TokenState;
using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;

// Ann has two keys, enrolled in this order.
class TokenLifeTest : public testing::Test {
 protected:
  void SetUp() override {
    site_.CloneKey();
    ASSERT_OK_AND_ASSIGN(const CommandRecord first, site_.Enrol());
    ASSERT_EQ(first.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << first.ShortDebugString();
    first_ = site_.Tokens().begin()->first;
    site_.PlugInSecondKey();
    ASSERT_OK_AND_ASSIGN(second_enrolment_, site_.Enrol());
    ASSERT_EQ(second_enrolment_.state(),
              command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << second_enrolment_.ShortDebugString();
    for (const auto& token : site_.Tokens()) {
      if (token.first != first_) second_ = token.first;
    }
    ASSERT_NE(second_, "");
  }

  absl::StatusOr<CommandRecord> Act(const std::string& what,
                                    const std::string& token) {
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(token);
    CommandItem item;
    item.set_device("account:ann");
    item.set_operation("u2fi.token." + what);
    item.set_message(proof::Encode(arguments));
    ASSIGN_OR_RETURN(const CommandRecord submitted,
                     site_.Submit(item, proof::v1::PURPOSE_TOKEN, "g1"));
    return site_.Wait(submitted.name());
  }
  void ExpectDone(const std::string& what, const std::string& token) {
    ASSERT_OK_AND_ASSIGN(const CommandRecord done, Act(what, token));
    EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << done.ShortDebugString();
  }
  void ExpectDenied(const std::string& what, const std::string& token,
                    const std::string& reason) {
    ASSERT_OK_AND_ASSIGN(const CommandRecord ended, Act(what, token));
    EXPECT_NE(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
    EXPECT_EQ(ended.reason(), reason) << ended.ShortDebugString();
  }
  // The key that must touch is not there: the agent says so at the deadline, at
  // which the gate's own sweeper may be first.
  void ExpectUnanswered(const std::string& what, const std::string& token) {
    ASSERT_OK_AND_ASSIGN(const CommandRecord ended, Act(what, token));
    EXPECT_NE(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
    EXPECT_THAT(ended.reason(),
                testing::AnyOf("TOKEN_ABSENT", "APPROVE_BY_PASSED"))
        << ended.ShortDebugString();
  }
  TokenState StateOf(const std::string& token) { return site_.Tokens()[token]; }

  OneSite site_;
  std::string first_, second_;
  CommandRecord second_enrolment_;
};

TEST_F(TokenLifeTest, ASecondKeyJoinsWithTheTouchOfTheFirst) {
  ASSERT_EQ(second_enrolment_.proof().approvals_size(), 2);
  EXPECT_EQ(second_enrolment_.proof().approvals(0).token_id(), second_);
  EXPECT_EQ(second_enrolment_.proof().approvals(1).token_id(), first_);
  EXPECT_EQ(site_.Account().keys_size(), 2);
}

TEST_F(TokenLifeTest, TheSecondRemovesTheFirstAndNobodyRemovesTheLast) {
  ExpectDone("revoke", first_);
  EXPECT_EQ(StateOf(first_), attestation::v1::TOKEN_STATE_REVOKED);
  ASSERT_EQ(site_.Account().keys_size(), 1);
  EXPECT_EQ(site_.Account().keys(0).token_id(), second_);
  ExpectDenied("revoke", second_, "NO_CREDENTIALS");
  EXPECT_EQ(StateOf(second_), attestation::v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenLifeTest, WithoutTheOtherKeyNothingIsRemoved) {
  site_.TellSecondKey("unplug");
  ExpectUnanswered("revoke", first_);
  EXPECT_EQ(StateOf(first_), attestation::v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenLifeTest, ASuspendedKeyComesBackWithTheTouchOfTheOther) {
  ExpectDone("suspend", first_);
  EXPECT_EQ(StateOf(first_), attestation::v1::TOKEN_STATE_SUSPENDED);
  EXPECT_FALSE(site_.Account().keys(0).active());
  ExpectDone("resume", first_);
  EXPECT_EQ(StateOf(first_), attestation::v1::TOKEN_STATE_ACTIVE);
  EXPECT_TRUE(site_.Account().keys(0).active());
}

TEST_F(TokenLifeTest, AClonesTouchQuarantinesUntilAnotherKeyResumes) {
  site_.TellSecondKey("unplug");
  site_.SwapKeyForItsClone();
  ExpectUnanswered("suspend", second_);
  ASSERT_EQ(StateOf(first_), attestation::v1::TOKEN_STATE_QUARANTINED);
  // Nobody but the second key lets it in again, and it is not there.
  ExpectUnanswered("resume", first_);
  site_.TellSecondKey("plug");
  ExpectDone("resume", first_);
  EXPECT_EQ(StateOf(first_), attestation::v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenLifeTest, ARecoveryKeyBeginsARecoveryAndNothingElse) {
  site_.PlugInRecoveryKey();
  ASSERT_OK_AND_ASSIGN(const CommandRecord enrolled,
                       site_.Enrol(/*recovery=*/true));
  ASSERT_EQ(enrolled.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << enrolled.ShortDebugString();
  const std::string recovery = enrolled.proof().approvals(0).token_id();
  ExpectDone("recover", recovery);
  EXPECT_EQ(site_.Recovering(), attestation::v1::RECOVERY_STATE_WAITING);
  site_.TellToken("unplug");
  site_.TellSecondKey("unplug");
  ExpectUnanswered("revoke", first_);
}

}  // namespace
}  // namespace u2fi::e2e
