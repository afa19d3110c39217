#include "services/device-registry/applier.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/registry_test_case.h"
#include "u2fi/proof/v1/operations.pb.h"

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

// Batches of acts on alice's three tokens, one touch for all of it.
class ApplierBatchTest : public RegistryTestCase {
 protected:
  // What is done to which token.
  using Step = std::pair<std::string, std::string>;

  void SetUp() override {
    MakeEnrolledWorld();
    for (proof::FakeToken* token : {&second_, &third_}) {
      NextRequest();
      ASSERT_OK(Apply(EnrolRequest(
          *token, {{token, &site_.gw1}, {&site_.alice, &site_.gw1}})));
    }
    NextRequest();
  }
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request) {
    return core_->applier().Apply(gate_, request);
  }
  std::string ActBytes(const Step& step, uint32_t index) {
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(step.second);
    proof::v1::Command command =
        site_.Command("u2fi.token." + step.first, proof::Encode(arguments));
    command.set_command_id(
        proof::CommandId("acme", "uri alice", site_.request_id, index));
    command.set_index(index);
    return proof::Encode(command);
  }
  v1::ApplyRequest Batch(const std::vector<Step>& steps, proof::FakeToken& by) {
    proof::FakeRequest fake;
    fake.purpose = proof::v1::PURPOSE_TOKEN;
    for (uint32_t i = 0; i < steps.size(); ++i) {
      fake.commands.push_back(ActBytes(steps[i], i));
    }
    fake.touches = {{&by, &site_.gw1}};
    const auto approvals = site_.ApproveAll(fake);
    v1::ApplyRequest request;
    request.set_tenant("acme");
    for (uint32_t i = 0; i < steps.size(); ++i) {
      const proof::v1::Proof proof =
          proof::FakeSite::ProofOf(approvals, fake.commands, i);
      *request.mutable_approvals() = proof.approvals();
      common::v1::BatchItem& item = *request.add_items();
      item.set_command(fake.commands[i]);
      item.set_index(i);
      *item.mutable_path() = proof.path();
    }
    return request;
  }
  // Suspends the first and the third, approved by the second.
  v1::ApplyRequest GoodBatch() {
    return Batch({{"suspend", site_.alice.id}, {"suspend", third_.id}},
                 second_);
  }
  void ExpectNothing(const v1::ApplyRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(Apply(request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
    EXPECT_EQ(Active(), 3);
  }
  int Active() {
    const v1::Account account = Account();
    return static_cast<int>(
        std::count_if(account.keys().begin(), account.keys().end(),
                      [](const v1::AccountKey& key) { return key.active(); }));
  }

  proof::FakeToken second_{"tok-alice2", "alice"};
  proof::FakeToken third_{"tok-alice3", "alice"};
};

TEST_F(ApplierBatchTest, OneTouchIsForAllOfItInOneCommit) {
  const int commits = Commits();
  ASSERT_OK_AND_ASSIGN(const auto applied, Apply(GoodBatch()));
  EXPECT_EQ(applied.results_size(), 2);
  EXPECT_EQ(Active(), 1);
  EXPECT_EQ(Commits(), commits + 1);
}

TEST_F(ApplierBatchTest, TheSameBatchAgainChangesNothing) {
  const v1::ApplyRequest request = GoodBatch();
  ASSERT_OK(Apply(request));
  const int commits = Commits();
  ASSERT_OK_AND_ASSIGN(const auto again, Apply(request));
  EXPECT_TRUE(again.results(0).already_applied());
  EXPECT_TRUE(again.results(1).already_applied());
  EXPECT_EQ(Commits(), commits);
}

TEST_F(ApplierBatchTest, APartMayComeFirstAndTheRestLater) {
  const v1::ApplyRequest all = GoodBatch();
  v1::ApplyRequest part = all;
  part.mutable_items()->DeleteSubrange(0, 1);
  ASSERT_OK(Apply(part));
  EXPECT_EQ(Active(), 2);
  ASSERT_OK_AND_ASSIGN(const auto applied, Apply(all));
  EXPECT_FALSE(applied.results(0).already_applied());
  EXPECT_TRUE(applied.results(1).already_applied());
  EXPECT_EQ(Active(), 1);
}

TEST_F(ApplierBatchTest, IfOneActIsRefusedNoneHappens) {
  ExpectNothing(
      Batch({{"suspend", site_.alice.id}, {"revoke", second_.id}}, second_),
      reason::kRuleNotSatisfied);
}

TEST_F(ApplierBatchTest, EachActSeesWhatTheOneBeforeDid) {
  ASSERT_OK(
      Apply(Batch({{"suspend", third_.id}, {"resume", third_.id}}, second_)));
  EXPECT_EQ(Active(), 3);
  NextRequest();
  ExpectNothing(Batch({{"revoke", third_.id}, {"suspend", third_.id}}, second_),
                reason::kResourceUnknown);
}

TEST_F(ApplierBatchTest, ATokenThatAnActTookAwayApprovesNoLaterOne) {
  ExpectNothing(
      Batch({{"suspend", second_.id}, {"suspend", third_.id}}, second_),
      reason::kTokenNotPinned);
}

TEST_F(ApplierBatchTest, AnIndexThatIsNotTheCommandsIsRefused) {
  v1::ApplyRequest request = GoodBatch();
  request.mutable_items(1)->set_index(0);
  ExpectNothing(request, reason::kPathInvalid);
}

TEST_F(ApplierBatchTest, APathThatIsTooShortIsRefused) {
  v1::ApplyRequest request = GoodBatch();
  request.mutable_items(1)->clear_path();
  ExpectNothing(request, reason::kPathInvalid);
}

TEST_F(ApplierBatchTest, APathThatLeadsElsewhereIsRefused) {
  v1::ApplyRequest request = GoodBatch();
  (*request.mutable_items(1)->mutable_path(0))[0] ^= 1;
  ExpectNothing(request, reason::kCommandMismatch);
}

TEST_F(ApplierBatchTest, AnActThatWasNotTouchedForIsRefused) {
  v1::ApplyRequest request = GoodBatch();
  request.mutable_items(1)->set_command(ActBytes({"revoke", third_.id}, 1));
  ExpectNothing(request, reason::kCommandMismatch);
}

TEST_F(ApplierBatchTest, ACommandThatIsThereTwiceIsRefused) {
  v1::ApplyRequest request = GoodBatch();
  *request.add_items() = request.items(0);
  ExpectNothing(request, reason::kInvalidField);
}

}  // namespace
}  // namespace u2fi::device_registry
