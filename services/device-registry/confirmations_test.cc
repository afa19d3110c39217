#include "services/device-registry/confirmations.h"

#include <vector>

#include "gmock/gmock.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

class ConfirmationsTest : public RegistryTestCase {
 protected:
  void SetUp() override { MakeBoundWorld(); }

  absl::StatusOr<v1::ConfirmResponse> Confirm(
      const v1::ConfirmRequest& request) {
    return core_->confirmations().Confirm(gate_, request);
  }

  v1::OutcomeRequest OutcomeRequest() {
    v1::OutcomeRequest request;
    request.set_tenant("acme");
    request.set_transaction(command_id());
    return request;
  }

  v1::ConfirmRequest Report(uint64_t revision, const std::string& hash) {
    v1::ConfirmRequest request;
    request.set_tenant("acme");
    request.set_gateway("gw-1");
    gateway::v1::PinsReport& report = *request.add_reports();
    report.set_device("lock-1");
    report.set_pins_revision(revision);
    report.set_pins_hash(hash);
    return request;
  }

  v1::TransactionState State() { return Transaction(command_id()).state(); }
};

TEST_F(ConfirmationsTest, AResultConfirms) {
  ASSERT_OK(Confirm(ConfirmRequest()));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_CONFIRMED);
  EXPECT_TRUE(Transaction(command_id()).devices(0).confirmed());
  EXPECT_EQ(Device().reported_pins_revision(), 1u);
  ASSERT_OK_AND_ASSIGN(const auto list,
                       core_->reader().ListBindings(operator_, {}));
  EXPECT_EQ(list.bindings(0).state(), v1::BINDING_STATE_ACTIVE);
}

TEST_F(ConfirmationsTest, AReportConfirmsToo) {
  ASSERT_OK(Confirm(Report(1, Device().pins_hash())));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_CONFIRMED);
}

TEST_F(ConfirmationsTest, TheSameWordAgainChangesNothing) {
  ASSERT_OK(Confirm(ConfirmRequest()));
  const int commits = Commits();
  ASSERT_OK(Confirm(ConfirmRequest()));
  EXPECT_EQ(Commits(), commits);
}

TEST_F(ConfirmationsTest, ABlankDeviceDoesNotConfirm) {
  ASSERT_OK(Confirm(Report(0, "")));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_COMMITTED);
}

TEST_F(ConfirmationsTest, ARefusalDoesNotConfirm) {
  v1::ConfirmRequest request = ConfirmRequest();
  request.mutable_results(0)->set_reason("STAGE_UNKNOWN");
  request.mutable_results(0)->clear_pins_revision();
  request.mutable_results(0)->clear_pins_hash();
  ASSERT_OK(Confirm(request));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_COMMITTED);
  const int commits = Commits();
  ASSERT_OK(Confirm(request));
  EXPECT_EQ(Commits(), commits);
}

TEST_F(ConfirmationsTest, APinSetThatIsUnknownRaisesAnAlarm) {
  memory_.FlushHints();
  std::vector<std::string> heard;
  const auto watch = core_->events().Subscribe(
      {"", {v1::EVENT_KIND_ALARM}}, [&](const EventBus::Event& event) {
        heard.push_back(event->resource());
      });
  ASSERT_OK(Confirm(Report(1, std::string(32, 'x'))));
  memory_.FlushHints();
  EXPECT_THAT(heard, testing::ElementsAre("devices/lock-1"));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_COMMITTED);
}

TEST_F(ConfirmationsTest, RefusesAnotherGateway) {
  v1::ConfirmRequest request = ConfirmRequest();
  request.set_gateway("gw-2");
  EXPECT_THAT(Confirm(request), HasReason(reason::kGatewayMismatch));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_COMMITTED);
}

TEST_F(ConfirmationsTest, RecordsTheOthersBesideAnUnknownDevice) {
  v1::ConfirmRequest request = ConfirmRequest();
  *request.add_results() = request.results(0);
  request.mutable_results(0)->set_device("lock-9");
  EXPECT_THAT(Confirm(request), HasReason(reason::kResourceUnknown));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_CONFIRMED);
}

TEST_F(ConfirmationsTest, NothingIsRecordedOfADeviceWithoutGateway) {
  ImportDevice("lock-2");
  v1::ConfirmRequest request = Report(0, "");
  request.mutable_reports(0)->set_device("lock-2");
  const int commits = Commits();
  EXPECT_OK(Confirm(request));
  EXPECT_EQ(Commits(), commits);
}

TEST_F(ConfirmationsTest, RefusesAHashWithoutRevision) {
  EXPECT_THAT(Confirm(Report(0, std::string(32, 'x'))),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(Confirm(Report(1, "")), HasReason(reason::kInvalidField));
}

TEST_F(ConfirmationsTest, RefusesAReasonThatIsNone) {
  v1::ConfirmRequest request = ConfirmRequest();
  request.mutable_results(0)->set_reason("it did not work");
  EXPECT_THAT(Confirm(request), HasReason(reason::kInvalidField));
}

TEST_F(ConfirmationsTest, AnotherTenantsDeviceIsUnknown) {
  v1::ConfirmRequest request = ConfirmRequest();
  request.set_tenant("other");
  EXPECT_THAT(Confirm(request), HasReason(reason::kResourceUnknown));
}

TEST_F(ConfirmationsTest, ConfirmsAfterTheAlarmToo) {
  clock_.Advance(absl::Minutes(3));
  ASSERT_THAT(core_->sweeper().Sweep(), IsOkAndHolds(1));
  ASSERT_EQ(State(), v1::TRANSACTION_STATE_ALARM);
  ASSERT_OK(Confirm(ConfirmRequest()));
  EXPECT_EQ(State(), v1::TRANSACTION_STATE_CONFIRMED);
}

TEST_F(ConfirmationsTest, TheOutcomeHasCommandProofAndToken) {
  RestartCore();
  ASSERT_OK_AND_ASSIGN(const auto outcome,
                       core_->confirmations().Outcome(gate_, OutcomeRequest()));
  ASSERT_EQ(outcome.commits_size(), 1);
  EXPECT_EQ(outcome.commits(0).transaction(), command_id());
  EXPECT_FALSE(outcome.commits(0).item().command().empty());
  EXPECT_EQ(outcome.commits(0).approvals_size(), 1);
  EXPECT_FALSE(outcome.commits(0).access_token().jwt().empty());
}

TEST_F(ConfirmationsTest, TheOutcomeOfADeviceThatIsNotInItIsUnknown) {
  v1::OutcomeRequest request = OutcomeRequest();
  request.set_device("lock-9");
  EXPECT_THAT(core_->confirmations().Outcome(gate_, request),
              HasReason(reason::kResourceUnknown));
}

TEST_F(ConfirmationsTest, AnotherTenantsOutcomeIsUnknown) {
  v1::OutcomeRequest request = OutcomeRequest();
  request.set_tenant("other");
  EXPECT_THAT(core_->confirmations().Outcome(gate_, request),
              HasReason(reason::kResourceUnknown));
}

}  // namespace
}  // namespace u2fi::device_registry
