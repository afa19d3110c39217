#include "services/attestation/applier.h"

#include <functional>
#include <utility>

#include "gmock/gmock.h"
#include "services/attestation/attestation_test_case.h"
#include "services/common/audit/row.h"

namespace u2fi::attestation {
namespace {

using ::testing::SizeIs;

// An act of a batch: what is done to which token.
using Step = std::pair<std::string, fido::FakeU2fToken>;

// Batches of acts on ann's three tokens, one touch for all of it. What holds
// for a single act is in token_operations_test and enrolment_test.
class ApplierBatchTest : public AttestationTestCase {
 protected:
  void SetUp() override {
    third_.key_handle = std::string(64, 't');
    ASSERT_OK(Enrol(token_));
    ASSERT_OK(EnrolSecond(token_, other_token_));
    ASSERT_OK(EnrolSecond(token_, third_, 'c'));
  }
  // The bytes of act `index`.
  std::string ActBytes(const Step& step, uint32_t index) {
    proof::v1::Command command;
    EXPECT_TRUE(command.ParseFromString(
        TokenAct(step.first, IdOf(step.second), {}, 'd').items(0).command()));
    command.set_command_id(proof::CommandId(
        "t1", "spiffe://test/client/t1/app ann", std::string(32, 'd'), index));
    command.set_index(index);
    return *proof::EncodeCommand(command);
  }
  // The touch of `by` over the batch of these commands.
  proof::v1::Approval TouchOver(const proof::MerkleTree& tree,
                                const fido::FakeU2fToken& by) {
    proof::v1::AuthorizationStatement statement =
        Template(proof::v1::PURPOSE_TOKEN);
    statement.set_batch_root(crypto::ToString(tree.root()));
    statement.set_batch_size(tree.size());
    common::v1::Candidate candidate;
    candidate.set_token_id(IdOf(by));
    const std::string bytes = Issue(statement, {candidate});
    return proof::ToApproval(bytes, Answer(by, bytes, 1));
  }
  v1::ApplyRequest BatchOf(const std::vector<std::string>& commands,
                           const std::vector<fido::FakeU2fToken>& by) {
    std::vector<crypto::Digest> leaves;
    leaves.reserve(commands.size());
    for (const std::string& bytes : commands) {
      leaves.push_back(proof::Leaf(bytes));
    }
    const proof::MerkleTree tree = *proof::MerkleTree::Of(std::move(leaves));
    v1::ApplyRequest apply;
    apply.set_tenant("t1");
    for (const fido::FakeU2fToken& token : by) {
      *apply.add_approvals() = TouchOver(tree, token);
    }
    for (uint32_t i = 0; i < commands.size(); ++i) {
      common::v1::BatchItem& item = *apply.add_items();
      item.set_command(commands[i]);
      item.set_index(i);
      for (const std::string& hash : tree.Path(i)) item.add_path(hash);
    }
    return apply;
  }
  v1::ApplyRequest Batch(const std::vector<Step>& steps,
                         const std::vector<fido::FakeU2fToken>& by) {
    std::vector<std::string> commands;
    for (uint32_t i = 0; i < steps.size(); ++i) {
      commands.push_back(ActBytes(steps[i], i));
    }
    return BatchOf(commands, by);
  }
  // Suspends the first and the third, approved by the second.
  v1::ApplyRequest GoodBatch() {
    return Batch({{"suspend", token_}, {"suspend", third_}}, {other_token_});
  }
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request) {
    return core_.applier.Apply(request);
  }
  // The good batch with one fault: refused for that, and nothing happened.
  void ExpectRefused(const std::function<void(v1::ApplyRequest&)>& fault,
                     const Reason& reason) {
    v1::ApplyRequest request = GoodBatch();
    fault(request);
    ExpectNothing(request, reason);
  }
  void ExpectNothing(const v1::ApplyRequest& request, const Reason& reason) {
    const size_t rows = AuditRows().size();
    EXPECT_THAT(Apply(request), HasReason(reason));
    EXPECT_EQ(AuditRows().size(), rows);
    for (const auto& token : {token_, other_token_, third_}) {
      EXPECT_EQ(StateOf(token), v1::TOKEN_STATE_ACTIVE);
    }
  }

  fido::FakeU2fToken third_;
};

TEST_F(ApplierBatchTest, OneTouchIsForAllOfIt) {
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse applied, Apply(GoodBatch()));
  ASSERT_THAT(applied.results(), SizeIs(2));
  EXPECT_EQ(applied.results(0).resource(), "tokens/" + IdOf(token_));
  EXPECT_EQ(applied.results(1).resource(), "tokens/" + IdOf(third_));
  EXPECT_FALSE(applied.results(1).already_applied());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_SUSPENDED);
  EXPECT_EQ(StateOf(other_token_), v1::TOKEN_STATE_ACTIVE);
  EXPECT_EQ(StateOf(third_), v1::TOKEN_STATE_SUSPENDED);
}

TEST_F(ApplierBatchTest, TheSameBatchAgainChangesNothing) {
  const v1::ApplyRequest request = GoodBatch();
  ASSERT_OK(Apply(request));
  const size_t rows = AuditRows().size();
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse again, Apply(request));
  for (const common::v1::ApplyResult& result : again.results()) {
    EXPECT_TRUE(result.already_applied());
  }
  EXPECT_EQ(again.results(1).resource(), "tokens/" + IdOf(third_));
  EXPECT_EQ(AuditRows().size(), rows);
}

TEST_F(ApplierBatchTest, APartMayComeFirstAndTheRestLater) {
  const v1::ApplyRequest all = GoodBatch();
  v1::ApplyRequest part = all;
  part.mutable_items()->DeleteSubrange(0, 1);
  ASSERT_OK(Apply(part));
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse applied, Apply(all));
  EXPECT_FALSE(applied.results(0).already_applied());
  EXPECT_TRUE(applied.results(1).already_applied());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_SUSPENDED);
}

TEST_F(ApplierBatchTest, IfOneActIsRefusedNoneHappens) {
  ExpectNothing(
      Batch({{"suspend", token_}, {"resume", third_}}, {other_token_}),
      reason::kTokenState);
}

TEST_F(ApplierBatchTest, EachActSeesWhatTheOneBeforeDid) {
  ASSERT_OK(
      Apply(Batch({{"suspend", token_}, {"resume", token_}}, {other_token_})));
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(ApplierBatchTest, ATokenThatAnActTookAwayApprovesNoLaterOne) {
  ExpectNothing(
      Batch({{"suspend", other_token_}, {"suspend", third_}}, {other_token_}),
      reason::kTokenNotPinned);
}

TEST_F(ApplierBatchTest, TwoDoNotTakeEachOtherAway) {
  ExpectNothing(Batch({{"revoke", token_}, {"revoke", other_token_}},
                      {token_, other_token_}),
                reason::kApprovalsNotDistinct);
}

TEST_F(ApplierBatchTest, EachActHasItsRule) {
  ExpectNothing(
      Batch({{"suspend", token_}, {"revoke", other_token_}}, {other_token_}),
      reason::kRuleNotSatisfied);
}

TEST_F(ApplierBatchTest, AnIndexThatIsNotTheCommandsIsRefused) {
  ExpectRefused([](auto& request) { request.mutable_items(1)->set_index(0); },
                reason::kPathInvalid);
}

TEST_F(ApplierBatchTest, APathThatIsTooShortIsRefused) {
  ExpectRefused([](auto& request) { request.mutable_items(1)->clear_path(); },
                reason::kPathInvalid);
}

TEST_F(ApplierBatchTest, APathThatLeadsElsewhereIsRefused) {
  ExpectRefused(
      [](auto& request) {
        (*request.mutable_items(1)->mutable_path(0))[0] ^= 1;
      },
      reason::kCommandMismatch);
}

TEST_F(ApplierBatchTest, AnActThatWasNotTouchedForIsRefused) {
  ExpectRefused(
      [this](auto& request) {
        request.mutable_items(1)->set_command(ActBytes({"revoke", third_}, 1));
      },
      reason::kCommandMismatch);
}

TEST_F(ApplierBatchTest, AWrongSignatureIsRefused) {
  ExpectRefused(
      [this](auto& request) {
        request.mutable_approvals(0)->set_signature(
            other_token_.Sign("something", "else"));
      },
      reason::kSignatureInvalid);
}

TEST_F(ApplierBatchTest, AStrangersTouchIsRefused) {
  fido::FakeU2fToken stranger;
  stranger.key_handle = std::string(64, 's');
  ExpectNothing(Batch({{"suspend", token_}, {"suspend", third_}}, {stranger}),
                reason::kTokenNotPinned);
}

TEST_F(ApplierBatchTest, AnAlteredRelayIsRefused) {
  ExpectRefused(
      [](auto& request) {
        request.mutable_approvals(0)->set_touched_at_ms(
            request.approvals(0).touched_at_ms() + 1);
      },
      reason::kRelayInvalid);
}

TEST_F(ApplierBatchTest, AfterExecuteByItIsRefused) {
  const v1::ApplyRequest request = GoodBatch();
  clock_.Advance(absl::Hours(1));
  ExpectNothing(request, reason::kExecuteByPassed);
}

TEST_F(ApplierBatchTest, AnItemThatIsThereTwiceIsRefused) {
  ExpectRefused([](auto& request) { *request.add_items() = request.items(0); },
                reason::kInvalidField);
}

TEST_F(ApplierBatchTest, AnotherAccountsItemIsRefused) {
  ExpectRefused(
      [this](auto& request) {
        proof::v1::Command command;
        command.ParseFromString(ActBytes({"suspend", third_}, 1));
        command.set_device("account:bob");
        request.mutable_items(1)->set_command(proof::Encode(command));
      },
      reason::kAccountMismatch);
}

TEST_F(ApplierBatchTest, ARecoveryGoesAlone) {
  ExpectNothing(
      Batch({{"suspend", token_}, {"recover", third_}}, {other_token_}),
      reason::kInvalidField);
}

TEST_F(ApplierBatchTest, AnEnrolmentGoesAlone) {
  fido::FakeU2fToken fourth;
  fourth.key_handle = std::string(64, 'f');
  ASSERT_OK_AND_ASSIGN(const auto verified,
                       core_.registrations.Verify(Registration(fourth)));
  const std::string enrol = EnrolCommand(verified, 'e');
  ExpectNothing(
      BatchOf({ActBytes({"suspend", token_}, 0), enrol}, {other_token_}),
      reason::kInvalidField);
}

TEST_F(ApplierBatchTest, AnActOfAnotherServiceIsRefused) {
  ExpectRefused(
      [this](auto& request) {
        proof::v1::Command command;
        command.ParseFromString(ActBytes({"suspend", third_}, 1));
        command.set_operation("u2fi.account.gateways");
        request.mutable_items(1)->set_command(proof::Encode(command));
      },
      reason::kOperationUnknown);
}

// Another replica was faster with one of them.
TEST_F(ApplierBatchTest, ALostRaceIsAskedAgain) {
  const v1::ApplyRequest all = GoodBatch();
  v1::ApplyRequest part = all;
  part.mutable_items()->DeleteSubrange(1, 1);
  store_.BeforeNextCommit(
      [&] { ASSERT_OK(other_replica_.applier.Apply(part)); });
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse applied, Apply(all));
  EXPECT_TRUE(applied.results(0).already_applied());
  EXPECT_FALSE(applied.results(1).already_applied());
  EXPECT_EQ(StateOf(third_), v1::TOKEN_STATE_SUSPENDED);
}

TEST_F(ApplierBatchTest, TheRowsHoldTheTouchOnceAndEachItsPlace) {
  const v1::ApplyRequest request = GoodBatch();
  ASSERT_OK(Apply(request));
  const auto rows =
      audit::RowsIn(memory_, *store::Partition::Make("attestation", "t1"));
  ASSERT_GE(rows.size(), 2u);
  const audit::v1::AuditBody& first = rows[rows.size() - 2].body;
  const audit::v1::AuditBody& second = rows.back().body;
  EXPECT_EQ(first.command(), request.items(0).command());
  EXPECT_THAT(first.approvals(), SizeIs(1));
  EXPECT_THAT(first.path(), SizeIs(1));
  EXPECT_EQ(second.command(), request.items(1).command());
  EXPECT_EQ(second.index(), 1u);
  EXPECT_EQ(second.path(0), request.items(1).path(0));
  EXPECT_THAT(second.approvals(), SizeIs(0));
  ASSERT_THAT(second.approval_refs(), SizeIs(1));
  EXPECT_EQ(second.approval_refs(0),
            crypto::ToString(audit::ApprovalDigest(request.approvals(0))));
}

}  // namespace
}  // namespace u2fi::attestation
