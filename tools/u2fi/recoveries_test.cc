#include "tools/u2fi/recoveries.h"

#include <sstream>

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RecoveriesTest : public testing::Test {
 protected:
  RecoveriesTest() {
    attestation::Recovery& recovery = mesh_.recovery;
    recovery.set_name("recoveries/r-1");
    recovery.set_account("ann");
    recovery.set_state(attestation::RECOVERY_STATE_REQUESTED);
    recovery.set_reason("lost on a train");
    recovery.add_approvers("operator/t1/olga");
    recovery.mutable_open_time()->set_seconds(1700000000);
    recovery.mutable_expire_time()->set_seconds(1700600000);
  }

  FakeMesh mesh_;
  FakeRandomSource random_;
  std::ostringstream said_;
  Output output_{said_, false};
  Recoveries recoveries_{mesh_, random_, output_};
};

TEST_F(RecoveriesTest, OneIsStartedApprovedAndCancelled) {
  EXPECT_OK(recoveries_.Start("ann", "lost", std::string(32, '7')));
  EXPECT_OK(recoveries_.Approve("r-1"));
  EXPECT_OK(recoveries_.Cancel("recoveries/r-1"));
  EXPECT_THAT(
      mesh_.calls(),
      ElementsAre("StartRecovery request_id: \"" + std::string(32, '7') +
                      "\" account: \"ann\" reason: \"lost\"",
                  "ApproveRecovery name: \"recoveries/r-1\"",
                  "CancelRecovery name: \"recoveries/r-1\""));
}

TEST_F(RecoveriesTest, EachStateSaysWhatComesNext) {
  attestation::Recovery& recovery = mesh_.recovery;
  EXPECT_OK(recoveries_.Approve("r-1"));
  EXPECT_EQ(said_.str(),
            "recoveries/r-1  ann  REQUESTED: another operator approves before "
            "2023-11-21T20:53:20Z  (lost on a train; operator/t1/olga)\n");
  recovery.set_state(attestation::RECOVERY_STATE_WAITING);
  EXPECT_OK(recoveries_.Approve("r-1"));
  EXPECT_THAT(said_.str(),
              HasSubstr("WAITING: opens at 2023-11-14T22:13:20Z  ("));
  recovery.set_state(attestation::RECOVERY_STATE_OPEN);
  EXPECT_OK(recoveries_.Approve("r-1"));
  EXPECT_THAT(said_.str(), HasSubstr("OPEN: a new key enrols before 2023-11-"));
  recovery.set_state(attestation::RECOVERY_STATE_DONE);
  EXPECT_OK(recoveries_.Approve("r-1"));
  EXPECT_THAT(said_.str(), HasSubstr("ann  DONE  (lost"));
}

TEST_F(RecoveriesTest, AllPagesAreListed) {
  mesh_.recoveries.resize(2);
  *mesh_.recoveries[0].add_recoveries() = mesh_.recovery;
  mesh_.recoveries[0].set_next_page_token("more");
  *mesh_.recoveries[1].add_recoveries() = mesh_.recovery;
  EXPECT_OK(recoveries_.List("ann"));
  EXPECT_THAT(mesh_.calls(),
              ElementsAre("ListRecoveries account: \"ann\"",
                          "ListRecoveries account: \"ann\" page_token: "
                          "\"more\""));
}

TEST_F(RecoveriesTest, AnUnclearStartSaysHowItIsRepeated) {
  mesh_.error = Error(reason::kPeerUnavailable, "away");
  const absl::Status status = recoveries_.Start("ann", "lost", "");
  EXPECT_EQ(MetadataOf(status)["request_id"].size(), 32u);
}

}  // namespace
}  // namespace u2fi::cli
