// A gate, or whoever stands between it and attestation, in the wrong hands: the
// key signed one statement, another one is shown.
#include "services/attestation/attestation_test_case.h"
#include "tests/attacks/attack_list.h"

namespace u2fi::attacks {
namespace {

using common::v1::OUTCOME_ACCEPTED;

class AtAttestationTest : public attestation::AttestationTestCase,
                          public testing::WithParamInterface<StatementSwap> {
 protected:
  void SetUp() override { ASSERT_OK(Enrol(token_)); }

  bool Accepts(const std::string& statement, const proof::v1::Answer& answer) {
    const auto verified = core_.assertions.Verify(Assertion(statement, answer));
    return verified.ok() && verified->verdict().outcome() == OUTCOME_ACCEPTED;
  }
};

TEST_P(AtAttestationTest, AStatementChangedAfterTheTouchIsRefused) {
  const std::string touched = AskForTouch();
  const proof::v1::Answer answer = Answer(token_, touched, 11);
  proof::v1::AuthorizationStatement shown = *proof::ParseStatement(touched);
  GetParam().edit(shown);
  EXPECT_FALSE(Accepts(proof::Encode(shown), answer));
  EXPECT_TRUE(Accepts(touched, answer));
}

INSTANTIATE_TEST_SUITE_P(Each, AtAttestationTest,
                         testing::ValuesIn(StatementSwaps()),
                         NameOf<StatementSwap>);

// The statement that is shown may be a true one, of a question that is open.
class OpenQuestionTest : public attestation::AttestationTestCase {
 protected:
  void SetUp() override { ASSERT_OK(Enrol(token_)); }

  // The answer to a question about a device, shown as one to `statement`.
  void ExpectRefused(const std::string& statement) {
    const std::string touched = AskForTouch();
    const auto verified = core_.assertions.Verify(
        Assertion(statement, Answer(token_, touched, 11)));
    ASSERT_OK(verified);
    EXPECT_EQ(verified->verdict().reason(), reason::kChallengeMismatch.name);
  }
};

TEST_F(OpenQuestionTest, ATouchForAnotherPurposeIsRefused) {
  ExpectRefused(IssueFor(proof::v1::PURPOSE_TOKEN, "command", IdOf(token_)));
}

TEST_F(OpenQuestionTest, ATouchForAnotherCommandIsRefused) {
  ExpectRefused(AskForTouch());
}

}  // namespace
}  // namespace u2fi::attacks
