// What happens to tokens without a touch: they are lost, and operators let
// another one in, or take the rights of one. Real services, real TLS, real
// U2FHID frames.
#include <unistd.h>

#include <cstring>
#include <string>

#include "gmock/gmock.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/one_site.h"
#include "u2fi/attestation/records/v1/records.pb.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kTries = 5000;

// Ann has one key; the camera pins it.
class RecoveryTest : public testing::Test {
 protected:
  void SetUp() override {
    ExpectDone(site_.Enrol());
    ExpectDone(site_.Provision());
    lost_ = site_.Tokens().begin()->first;
  }

  static void ExpectDone(const absl::StatusOr<CommandRecord>& record) {
    ASSERT_OK(record);
    ASSERT_EQ(record->state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << record->ShortDebugString();
  }
  static void ExpectNotDone(const absl::StatusOr<CommandRecord>& record) {
    ASSERT_OK(record);
    EXPECT_NE(record->state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << record->ShortDebugString();
  }

  // Two operators agree to let another key in.
  void Recover() {
    attestation::v1::StartRecoveryRequest start;
    start.set_request_id(std::string(32, 'a'));
    start.set_account("ann");
    start.set_reason("she lost her only key");
    ASSERT_OK_AND_ASSIGN(const auto started,
                         site_.attestation().recoveries.Start(
                             rpc::TestCaller("operator/t1/olga"), start));
    recovery_ = started.recovery().name().substr(strlen("recoveries/"));
    attestation::v1::ApproveRecoveryRequest approve;
    approve.set_name(started.recovery().name());
    ASSERT_OK(site_.attestation().recoveries.Approve(
        rpc::TestCaller("operator/t1/otto"), approve));
  }
  absl::Status Tell() { return site_.attestation().teller.Tell().status(); }

  // The waiting time is over: no clock of this site is moved, so both services
  // find an earlier time in their records.
  void LetTheWaitPass() {
    const auto now = static_cast<uint64_t>(UnixMillis(site_.clock()));
    Rewrite<attestation::records::v1::RecoveryRow>("attestation",
                                                   "r/" + recovery_, now);
    Rewrite<device_registry::records::v1::RecoveryRow>("device-registry",
                                                       "recovery/ann", now);
  }
  template <typename Row>
  void Rewrite(const char* service, const std::string& key, uint64_t open_ms) {
    const auto partition = *store::Partition::Make(service, "t1");
    ASSERT_OK_AND_ASSIGN(const store::Snapshot read,
                         site_.store().Get(partition, {key}));
    Row row;
    ASSERT_TRUE(row.ParseFromString(read.entries[0].value));
    ASSERT_GT(row.open_ms(), open_ms);
    row.set_open_ms(open_ms);
    store::CommitRequest commit;
    commit.epoch = read.epoch;
    commit.put = {{key, row.SerializeAsString()}};
    ASSERT_OK(site_.store().Commit(partition, commit));
  }
  // Ann's only key is lost, and she has another one in her hand.
  void LoseTheKey() {
    site_.TellToken("unplug");
    site_.PlugInSecondKey();
  }
  void LetNewKeyIn() {
    Recover();
    ASSERT_OK(Tell());
    LetTheWaitPass();
    ExpectDone(site_.Enrol());
  }
  bool RegistryHearsOfTheReset() {
    device_registry::v1::GetDeviceRequest request;
    request.set_name("devices/cam-1");
    for (int i = 0; i < kTries; ++i) {
      const auto found = site_.registry().reader().GetDevice(
          rpc::TestCaller("operator/t1/olga"), request);
      EXPECT_OK(found);
      if (found->device().reported_pins_revision() == 0) return true;
      usleep(1000);
    }
    return false;
  }
  // Whether the agent comes to know that the lost token is revoked.
  bool AgentDenies() {
    for (int i = 0; i < kTries; ++i) {
      const auto denied = site_.agent_site().Denied();
      EXPECT_OK(denied);
      for (const std::string& token : denied->tokens()) {
        if (token == lost_) return true;
      }
      usleep(1000);
    }
    return false;
  }
  absl::Status Revoke() {
    attestation::v1::RevokeTokenRequest revoke;
    revoke.set_name("tokens/" + lost_);
    revoke.set_allow_last(true);
    return site_.attestation()
        .admin.Revoke(rpc::TestCaller("operator/t1/olga"), revoke)
        .status();
  }

  OneSite site_;
  std::string lost_, recovery_;
};

TEST_F(RecoveryTest, TheNewKeyCountsForWhatIsNewAndForNothingThatIsPinned) {
  LoseTheKey();
  LetNewKeyIn();
  ASSERT_EQ(site_.Account().keys_size(), 2);
  EXPECT_TRUE(site_.Account().keys(1).has_recover_time());
  site_.AddSecondCamera();
  ExpectDone(site_.Provision({}, {}, "cam-2"));
  ExpectDone(site_.Run("camera.on", "cam-2"));
  // The first camera has never heard of the new key.
  ExpectNotDone(site_.Run("camera.on"));
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.on")));
  // And obeys the old one, should it be found.
  site_.TellSecondKey("unplug");
  site_.TellToken("plug");
  ExpectDone(site_.Run("camera.on"));
}

TEST_F(RecoveryTest, ADeviceThatWasResetStartsAgainWithTheNewKey) {
  LoseTheKey();
  LetNewKeyIn();
  // Not from afar: the camera is not blank.
  EXPECT_THAT(site_.Provision(), HasReason(reason::kDeviceState));
  ASSERT_OK(site_.ResetCamera());
  ASSERT_TRUE(RegistryHearsOfTheReset());
  ExpectDone(site_.Provision());
  ExpectDone(site_.Run("camera.on"));
}

TEST_F(RecoveryTest, WithoutTheWaitAndWithoutTheRegistryNobodyIsLetIn) {
  LoseTheKey();
  Recover();
  ExpectNotDone(site_.Enrol());
  EXPECT_EQ(site_.Account().keys_size(), 1);
}

TEST_F(RecoveryTest, ATokenThatAnOperatorRevokesIsDeniedAtTheGateway) {
  ASSERT_OK(Revoke());
  ASSERT_OK(Tell());
  EXPECT_TRUE(AgentDenies());
  EXPECT_EQ(site_.Account().keys_size(), 0);
}

TEST_F(RecoveryTest, ItIsDeniedOnceTheRegistryIsBack) {
  site_.SetRegistryAway(true);
  ASSERT_OK(Revoke());
  EXPECT_THAT(Tell(), HasReason(reason::kPeerUnavailable));
  ASSERT_EQ(site_.Account().keys_size(), 1);
  site_.SetRegistryAway(false);
  ASSERT_OK(Tell());
  EXPECT_TRUE(AgentDenies());
  EXPECT_EQ(site_.Account().keys_size(), 0);
}

TEST_F(RecoveryTest, ASuspendedTokenIsNotBelievedAndNotDenied) {
  attestation::v1::SuspendTokenRequest suspend;
  suspend.set_name("tokens/" + lost_);
  ASSERT_OK(site_.attestation().admin.Suspend(
      rpc::TestCaller("operator/t1/olga"), suspend));
  ASSERT_OK(Tell());
  EXPECT_FALSE(site_.Account().keys(0).active());
  EXPECT_EQ(site_.agent_site().Denied()->tokens_size(), 0);
}

}  // namespace
}  // namespace u2fi::e2e
