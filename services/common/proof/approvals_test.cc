#include "services/common/proof/approvals.h"

#include "services/common/proof/fake_case.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

class ApprovalsTest : public testing::Test {
 protected:
  ApprovalsTest() { c_.Ask("vault.open", {c_.Alice(), c_.Bob()}); }
  const ApprovalList& list() { return c_.proof.approvals(); }

  FakeCase c_;
};

TEST_F(ApprovalsTest, AreTakenApartInOrder) {
  ASSERT_OK(CheckSizes(list()));
  ASSERT_OK_AND_ASSIGN(const Approvals approvals, Approvals::Parse(list()));
  ASSERT_EQ(approvals.list().size(), 2u);
  EXPECT_EQ(approvals.list()[1].statement.account(), "bob");
  EXPECT_EQ(approvals.common().account(), "alice");
  EXPECT_FALSE(approvals.list()[0].from_browser());
  EXPECT_OK(approvals.CheckAgreement());
}

TEST_F(ApprovalsTest, EightPartsAtTheirBoundsFit) {
  v1::Approval& first = *c_.proof.mutable_approvals(0);
  first.mutable_statement()->resize(2048);
  first.mutable_client_data()->resize(2048);
  first.mutable_authenticator_data()->resize(512);
  first.mutable_signature()->resize(512);
  first.mutable_relay_signature()->resize(72);
  while (c_.proof.approvals_size() < 8) {
    *c_.proof.add_approvals() = c_.proof.approvals(0);
  }
  EXPECT_OK(CheckSizes(list()));
}

// A registration's statement is for no batch, and so approves no command.
TEST_F(ApprovalsTest, AStatementWithoutABatchIsNoApproval) {
  v1::AuthorizationStatement statement;
  statement.ParseFromString(list()[0].statement());
  statement.set_purpose(v1::PURPOSE_ENROL);
  statement.clear_site();
  statement.clear_batch_root();
  statement.clear_batch_size();
  c_.proof.mutable_approvals(0)->set_statement(statement.SerializeAsString());
  EXPECT_THAT(Approvals::Parse(list()), HasReason(reason::kStatementFormat));
}

TEST_F(ApprovalsTest, TheLatestTouchIsTheTime) {
  c_.proof.mutable_approvals(1)->set_touched_at_ms(c_.site.now_ms + 5);
  EXPECT_EQ(Approvals::Parse(list())->touched_at_ms(), c_.site.now_ms + 5);
}

TEST_F(ApprovalsTest, AGoodSignatureIsCheckedOnce) {
  ASSERT_OK_AND_ASSIGN(Approvals approvals, Approvals::Parse(list()));
  const std::string point = c_.site.alice.key.public_key().point();
  EXPECT_OK(approvals.CheckSignature(0, point));
  EXPECT_OK(approvals.CheckSignature(0, point));
  EXPECT_EQ(approvals.signature_checks(), 1);
  EXPECT_THAT(approvals.CheckSignature(1, point),
              HasReason(reason::kSignatureInvalid));
  EXPECT_THAT(approvals.CheckSignature(0, "no point"),
              HasReason(reason::kSignatureInvalid));
  EXPECT_OK(approvals.CheckSignature(0, point));
}

TEST_F(ApprovalsTest, ARelayIsCheckedUnderItsGateway) {
  ASSERT_OK_AND_ASSIGN(Approvals approvals, Approvals::Parse(list()));
  EXPECT_OK(approvals.CheckRelay(0, c_.site.gw1.key.public_key().point()));
  EXPECT_THAT(approvals.CheckRelay(0, c_.site.gw2.key.public_key().point()),
              HasReason(reason::kRelayInvalid));
}

TEST_F(ApprovalsTest, UnderEnrolTheAccountIsTheSame) {
  for (v1::Approval& approval : *c_.proof.mutable_approvals()) {
    v1::AuthorizationStatement statement;
    statement.ParseFromString(approval.statement());
    statement.set_purpose(v1::PURPOSE_ENROL);
    statement.clear_site();
    statement.set_account("alice");
    approval.set_statement(statement.SerializeAsString());
  }
  EXPECT_OK(Approvals::Parse(list())->CheckAgreement());
}

}  // namespace
}  // namespace u2fi::proof
