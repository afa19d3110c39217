// A rule that wants the user verified, and a key that does so by a PIN, which
// somebody at the gateway types. Real services, real TLS, real CTAPHID frames,
// libfido2, a device that verifies by itself.
#include <atomic>
#include <deque>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "services/common/audit/verify_export.h"
#include "services/common/proof/rules.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "services/common/sync/sync.h"
#include "tests/e2e/one_site.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;
using gateway_agent::ApprovalDesk;
using gateway_agent::PinPrompt;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Somebody at the gateway who types what they were told to, one PIN for each
// time that one is wanted; then waits, or says no.
class Typist {
 public:
  explicit Typist(ApprovalDesk& desk)
      : desk_(desk), working_([this] {
          while (!stop_) Look();
        }) {}
  ~Typist() {
    stop_ = true;
    working_.join();
  }

  void Type(const std::string& pin) {
    MutexLock lock(mutex_);
    pins_.push_back(pin);
  }
  void SayNoAfterwards() { says_no_ = true; }
  // How many tries were left when a PIN was wanted.
  std::vector<int> Tries() {
    MutexLock lock(mutex_);
    return tries_;
  }

 private:
  void Look() {
    for (const PinPrompt& prompt : desk_.WantedPins()) Answer(prompt);
    std::this_thread::yield();
  }
  void Answer(const PinPrompt& prompt) {
    std::string pin;
    {
      MutexLock lock(mutex_);
      const std::string now =
          prompt.text.approval_id + " " + std::to_string(prompt.tries_left);
      if (now != last_) tries_.push_back(prompt.tries_left);
      last_ = now;
      if (!pins_.empty()) pin = pins_.front();
      if (!pins_.empty()) pins_.pop_front();
    }
    const std::string& id = prompt.text.approval_id;
    if (!pin.empty()) {
      EXPECT_OK(desk_.GivePin({id, prompt.tries_left, false, pin}));
    } else if (says_no_) {
      desk_.Decline(id, "button");
    }
  }

  ApprovalDesk& desk_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> says_no_{false};
  Mutex mutex_;
  std::deque<std::string> pins_ ABSL_GUARDED_BY(mutex_);
  std::string last_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> tries_ ABSL_GUARDED_BY(mutex_);
  std::thread working_;
};

class PinTest : public testing::Test {
 protected:
  // The camera turns on only for a verified user; off for anybody's touch.
  void SetUp() override {
    ClassifyOperations();
    // A key with a PIN registers with it only.
    typist_.Type(kKeyPin);
    ASSERT_OK_AND_ASSIGN(const CommandRecord enrolled, site_.Enrol());
    ASSERT_EQ(enrolled.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << enrolled.ShortDebugString();
    ASSERT_OK_AND_ASSIGN(const CommandRecord provisioned, site_.Provision());
    ASSERT_EQ(provisioned.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << provisioned.ShortDebugString();
    at_first_ = typist_.Tries().size();
  }
  void ClassifyOperations() {
    device_registry::v1::UpdateModelRequest model;
    model.mutable_model()->set_name("models/camera");
    model.mutable_model()->set_etag("1");
    for (const auto& [operation, rule] :
         {std::make_pair("camera.on", proof::TouchUvRule()),
          std::make_pair("camera.off", proof::TouchRule())}) {
      auto& classified = *model.mutable_model()->add_operations();
      classified.set_operation(operation);
      *classified.mutable_rule() = rule;
    }
    ASSERT_OK(site_.registry().policies().UpdateModel(
        rpc::TestCaller("operator/t1/olga"), model));
  }
  // The tries that were left, since the beginning of the test.
  std::vector<int> Tries() {
    std::vector<int> tries = typist_.Tries();
    tries.erase(tries.begin(), tries.begin() + at_first_);
    return tries;
  }

  OneSite site_{{}, KeyKind::kFido2WithPin};
  Typist typist_{site_.approvals()};
  size_t at_first_ = 0;
};

TEST_F(PinTest, ThePinAndATouchTurnTheCameraOn) {
  typist_.Type(kKeyPin);
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString();
  EXPECT_THAT(site_.camera_journal(), HasSubstr("camera.on"));
  EXPECT_THAT(Tries(), ElementsAre(8));
}

TEST_F(PinTest, AWrongPinTurnsNothingOn) {
  typist_.Type("wrong");
  typist_.SayNoAfterwards();
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Run("camera.on"));
  EXPECT_EQ(ended.reason(), "DECLINED") << ended.ShortDebugString();
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.on")));
  EXPECT_THAT(Tries(), ElementsAre(8, 7));
}

TEST_F(PinTest, AfterAWrongPinTheRightOneIsTaken) {
  typist_.Type("wrong");
  typist_.Type(kKeyPin);
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(Tries(), ElementsAre(8, 7));
}

TEST_F(PinTest, AfterThreeWrongOnesTheKeyMustBePulledOut) {
  for (int i = 0; i < 3; ++i) typist_.Type("wrong");
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Run("camera.on"));
  EXPECT_EQ(ended.reason(), "PIN_AUTH_BLOCKED") << ended.ShortDebugString();
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.on")));
  site_.TellToken("unplug");
  site_.TellToken("plug");
  typist_.Type(kKeyPin);
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(Tries(), ElementsAre(8, 7, 6, 5));
}

TEST_F(PinTest, WithoutThePinATouchTurnsNothingOn) {
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Run("camera.on"));
  EXPECT_EQ(ended.state(), command_gate::v1::COMMAND_STATE_EXPIRED)
      << ended.ShortDebugString();
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.on")));
}

TEST_F(PinTest, WhereATouchIsEnoughNoPinIsWanted) {
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.off"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(Tries(), IsEmpty());
}

TEST_F(PinTest, TheAuditVerifiesAndHoldsThatTheUserWasVerified) {
  typist_.Type(kKeyPin);
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
  ASSERT_EQ(done.proof().approvals_size(), 1);
  const proof::v1::Approval& touch = done.proof().approvals(0);
  proof::v1::AuthorizationStatement statement;
  ASSERT_TRUE(statement.ParseFromString(touch.statement()));
  EXPECT_TRUE(statement.required().uv());
  // User present and user verified.
  EXPECT_EQ(touch.authenticator_data().at(32), '\x05');
  const std::string file = site_.ExportAudit();
  audit::Anchors anchors;
  ASSERT_OK(anchors.Add(site_.camera_pins()));
  std::istringstream input(file);
  audit::VerifyExportOptions options;
  options.complete = true;
  const audit::ExportReport report =
      VerifyExport(input, anchors, std::move(options));
  EXPECT_FALSE(report.fault.has_value()) << report.fault->why;
  EXPECT_GT(report.verified, 0u);
  EXPECT_EQ(report.unverifiable, 0u);
}

}  // namespace
}  // namespace u2fi::e2e
