#include "services/device-registry/sweeper.h"

#include "services/device-registry/registry_keys.h"
#include "services/device-registry/registry_test_case.h"
#include "services/device-registry/transactions.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

class SweeperTest : public RegistryTestCase {
 protected:
  absl::StatusOr<int> Sweep() { return core_->sweeper().Sweep(); }
  v1::TransactionState State() { return Transaction(command_id()).state(); }
};

TEST_F(SweeperTest, FiresNothingWhereNothingIs) {
  EXPECT_THAT(Sweep(), IsOkAndHolds(0));
}

TEST_F(SweeperTest, RollsBackAtTheDeadlineAndNotBefore) {
  MakeEnrolledWorld();
  ArmAndStage();
  clock_.Advance(absl::Minutes(2) - absl::Milliseconds(1));
  EXPECT_THAT(Sweep(), IsOkAndHolds(0));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(Sweep(), IsOkAndHolds(1));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_ROLLED_BACK);
  EXPECT_EQ(Transaction(command_id()).reason(), "EXECUTE_BY_PASSED");
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_CLAIMED);
  EXPECT_EQ(Device().gateway(), "");
}

TEST_F(SweeperTest, FiresOnce) {
  MakeEnrolledWorld();
  ArmAndStage();
  clock_.Advance(absl::Minutes(2));
  EXPECT_THAT(Sweep(), IsOkAndHolds(1));
  EXPECT_THAT(Sweep(), IsOkAndHolds(0));
}

TEST_F(SweeperTest, FindsItsTenantsAfterARestart) {
  MakeEnrolledWorld();
  ArmAndStage();
  RestartCore();
  clock_.Advance(absl::Minutes(2));
  EXPECT_THAT(Sweep(), IsOkAndHolds(1));
}

TEST_F(SweeperTest, FindsATenantThatAFailoverForgot) {
  const auto backup = memory_.TakeBackup();
  MakeEnrolledWorld();
  memory_.FailOverTo(backup);
  // The process learns of the new store before it decides anything.
  ASSERT_OK(deciders_->Follow());
  MakeEnrolledWorld();
  ArmAndStage();
  clock_.Advance(absl::Minutes(2));
  EXPECT_THAT(Sweep(), IsOkAndHolds(1));
}

// Its replica stops within seconds, but what fires cannot be taken back.
TEST_F(SweeperTest, AClockThatRunsAheadFiresNothing) {
  MakeEnrolledWorld();
  ArmAndStage();
  FakeClock wrong(clock_.Now() + absl::Hours(25));
  audit::TenantDeciders deciders(memory_, wrong, random_, executor_, kService);
  DeviceTokens::Options tokens;
  tokens.keys = {proof::FakeKey("token-signer")};
  RegistryCore replica(
      {memory_, deciders, wrong, random_, site_.rp_id, std::move(tokens)});
  EXPECT_THAT(replica.sweeper().Sweep(), IsOkAndHolds(0));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_STAGED);
}

// Damage in one place must not stop what is due elsewhere.
TEST_F(SweeperTest, ATimerThatCannotFireHoldsUpNoOther) {
  MakeEnrolledWorld();
  ArmAndStage();
  ASSERT_OK_AND_ASSIGN(const auto partition,
                       store::Partition::Make(kService, "acme"));
  ASSERT_OK_AND_ASSIGN(const auto seen, memory_.Get(partition, {}));
  records::v1::TimerRow row;
  row.set_schema(1);
  store::CommitRequest commit;
  commit.epoch = seen.epoch;
  commit.put = {
      {key::Timer(1, kTransactionTimer, "gone"), row.SerializeAsString()}};
  ASSERT_OK(memory_.Commit(partition, commit).status());
  clock_.Advance(absl::Minutes(2));
  EXPECT_THAT(Sweep(), HasReason(reason::kResourceUnknown));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_ROLLED_BACK);
}

TEST_F(SweeperTest, ACommittedTransactionIsNotRolledBack) {
  MakeBoundWorld();
  clock_.Advance(absl::Minutes(2));
  EXPECT_THAT(Sweep(), IsOkAndHolds(0));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_COMMITTED);
}

TEST_F(SweeperTest, RaisesAnAlarmIfTheDeviceDoesNotConfirm) {
  MakeBoundWorld();
  clock_.Advance(absl::Minutes(2) + absl::Seconds(30));
  EXPECT_THAT(Sweep(), IsOkAndHolds(1));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_ALARM);
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_BOUND);
}

TEST_F(SweeperTest, AConfirmedTransactionRaisesNone) {
  MakeBoundWorld();
  ASSERT_OK(core_->confirmations().Confirm(gate_, ConfirmRequest()));
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Sweep(), IsOkAndHolds(0));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_CONFIRMED);
}

TEST_F(SweeperTest, TriesAgainAfterTheStoreWasAway) {
  MakeEnrolledWorld();
  ArmAndStage();
  clock_.Advance(absl::Minutes(2));
  store_.SetAway(true);
  EXPECT_THAT(Sweep(), HasReason(reason::kStoreUnavailable));
  store_.SetAway(false);
  EXPECT_THAT(Sweep(), IsOkAndHolds(1));
}

}  // namespace
}  // namespace u2fi::device_registry
