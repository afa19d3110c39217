#include "services/device-registry/applier.h"

#include "gmock/gmock.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

// What Apply() refuses before it looks at a proof; the acts have tests of
// their own (enrolment_test, provisioning_test).
class ApplierTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeWorld();
    request_ = EnrolRequest(site_.alice, {{&site_.alice, &site_.gw1}});
  }

  absl::Status Apply(const rpc::Caller& caller) {
    return core_->applier().Apply(caller, request_).status();
  }
  // Refused with INVALID_FIELD naming `field`, and nothing happened.
  void ExpectBadField(const std::string& field) {
    const size_t rows = AuditRows();
    const absl::Status status = Apply(gate_);
    EXPECT_THAT(status, HasReason(reason::kInvalidField));
    EXPECT_THAT(FieldsOf(status), ElementsAre(Key(field)));
    EXPECT_EQ(AuditRows(), rows);
  }

  v1::ApplyRequest request_;
};

TEST_F(ApplierTest, TakesTheRequestAsItIs) { EXPECT_OK(Apply(gate_)); }

TEST_F(ApplierTest, RefusesARequestWithoutTenant) {
  request_.clear_tenant();
  ExpectBadField("tenant");
}

TEST_F(ApplierTest, RefusesARequestWithoutApprovals) {
  request_.clear_approvals();
  ExpectBadField("approvals");
}

TEST_F(ApplierTest, RefusesNineApprovals) {
  while (request_.approvals_size() < 9) {
    *request_.add_approvals() = request_.approvals(0);
  }
  ExpectBadField("approvals");
}

TEST_F(ApplierTest, RefusesARequestWithoutItems) {
  request_.clear_items();
  ExpectBadField("items");
}

TEST_F(ApplierTest, RefusesMoreItemsThanABatchHas) {
  while (request_.items_size() < 1001) request_.add_items();
  ExpectBadField("items");
}

TEST_F(ApplierTest, RefusesATransactionThatIsNoId) {
  request_.set_transaction("T1");
  ExpectBadField("transaction");
}

TEST_F(ApplierTest, RefusesWhatIsNoCommand) {
  request_.mutable_items(0)->set_command("junk");
  EXPECT_THAT(Apply(gate_), HasReason(reason::kCommandFormat));
}

TEST_F(ApplierTest, RefusesAnOperationOfADevice) {
  request_.mutable_items(0)->set_command(
      site_.CommandBytes("door.unlock", "{}"));
  EXPECT_THAT(Apply(gate_), HasReason(reason::kOperationUnknown));
}

TEST_F(ApplierTest, RefusesAnOperationThatAnotherServiceApplies) {
  request_.mutable_items(0)->set_command(
      site_.CommandBytes("u2fi.token.recover", ""));
  EXPECT_THAT(Apply(gate_), HasReason(reason::kOperationUnknown));
}

TEST_F(ApplierTest, RefusesWhatIsNoStatement) {
  request_.mutable_approvals(0)->set_statement("junk");
  EXPECT_THAT(Apply(gate_), HasReason(reason::kStatementFormat));
}

TEST_F(ApplierTest, RefusesAPurposeThatTheOperationDoesNotHave) {
  proof::FakeRequest fake;
  fake.purpose = proof::v1::PURPOSE_COMMAND;
  fake.commands = {request_.items(0).command()};
  fake.touches = {{&site_.alice, &site_.gw1}};
  *request_.mutable_approvals() = site_.Prove(fake).approvals();
  EXPECT_THAT(Apply(gate_), HasReason(reason::kPurposeNotAllowed));
}

TEST_F(ApplierTest, RemembersTheCommandWithItsEffect) {
  ASSERT_OK(Apply(gate_));
  const int commits = Commits();
  ASSERT_OK_AND_ASSIGN(const auto again,
                       core_->applier().Apply(gate_, request_));
  EXPECT_TRUE(again.results(0).already_applied());
  EXPECT_EQ(Commits(), commits);
}

TEST_F(ApplierTest, RemembersItAfterARestart) {
  ASSERT_OK(Apply(gate_));
  RestartCore();
  ASSERT_OK_AND_ASSIGN(const auto again,
                       core_->applier().Apply(gate_, request_));
  EXPECT_TRUE(again.results(0).already_applied());
}

TEST_F(ApplierTest, ForgetsNothingWhileAProofOfItCouldBeAccepted) {
  ASSERT_OK(Apply(gate_));
  clock_.Advance(absl::Hours(23));
  ASSERT_OK_AND_ASSIGN(const auto again,
                       core_->applier().Apply(gate_, request_));
  EXPECT_TRUE(again.results(0).already_applied());
}

}  // namespace
}  // namespace u2fi::device_registry
