#include "services/gateway-agent/pin_command.h"

#include <unistd.h>

#include <sstream>
#include <string>
#include <vector>

#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::EnterPinRequest;
using gateway::v1::StatusResponse;
using testing::HasSubstr;

// A question q1 whose key has the PIN tulip-7.
class PinCommandTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(pipe_), 0); }
  void TearDown() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }
  absl::Status Run(const std::string& typed) {
    EXPECT_EQ(write(pipe_[1], typed.data(), typed.size()),
              static_cast<ssize_t>(typed.size()));
    return TypePin({[this] { return Status(); },
                    [this](const EnterPinRequest& in) { return Enter(in); },
                    [this](absl::Duration) { looks_again_ = true; }},
                   pipe_[0], shown_);
  }
  absl::StatusOr<StatusResponse> Status() {
    StatusResponse status;
    if (!open_) return status;
    auto& question = *status.add_questions();
    question.set_approval_id("q1");
    question.set_text("camera.on on cam-1");
    // The key looks at the PIN for a while.
    if (checks_ && !looks_again_) return status;
    question.mutable_pin()->set_tries_left(tries_);
    question.mutable_pin()->set_was_wrong(tries_ < 8);
    return status;
  }
  absl::Status Enter(const EnterPinRequest& request) {
    EXPECT_EQ(request.approval_id(), "q1");
    EXPECT_EQ(request.tries_left(), tries_);
    EXPECT_EQ(request.last_try(), tries_ == 1);
    entered_.push_back(request.pin());
    checks_ = true;
    looks_again_ = false;
    open_ = request.pin() != "tulip-7";
    --tries_;
    return absl::OkStatus();
  }

  int pipe_[2];
  std::ostringstream shown_;
  bool open_ = true;
  bool checks_ = false;
  bool looks_again_ = false;
  uint32_t tries_ = 8;
  std::vector<std::string> entered_;
};

TEST_F(PinCommandTest, ThePinIsGivenForWhatIsShown) {
  EXPECT_OK(Run("tulip-7\n"));
  EXPECT_THAT(entered_, testing::ElementsAre("tulip-7"));
  EXPECT_THAT(shown_.str(), HasSubstr("camera.on on cam-1"));
  EXPECT_THAT(shown_.str(), HasSubstr("Touch it"));
}

TEST_F(PinCommandTest, AWrongOneIsAskedForAgain) {
  EXPECT_OK(Run("wrong\ntulip-7\n"));
  EXPECT_THAT(entered_, testing::ElementsAre("wrong", "tulip-7"));
  EXPECT_THAT(shown_.str(), HasSubstr("tries left: 7"));
}

TEST_F(PinCommandTest, WhoeverTypesMayLeave) {
  EXPECT_THAT(Run("wrong\n\n"), HasReason(reason::kTokenCancelled));
  EXPECT_THAT(entered_, testing::ElementsAre("wrong"));
}

TEST_F(PinCommandTest, WithoutAQuestionThereIsNothingToType) {
  open_ = false;
  EXPECT_THAT(Run(""), HasReason(reason::kResourceUnknown));
}

}  // namespace
}  // namespace u2fi::gateway_agent
