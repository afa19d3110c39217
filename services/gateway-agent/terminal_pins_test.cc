#include "services/gateway-agent/terminal_pins.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <thread>

#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "services/gateway-agent/fake_mesh.h"
#include "services/gateway-agent/fake_questions.h"
#include "services/gateway-agent/fake_tokens.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;

class SilentCue : public Cue {
 public:
  void On(const CueText&) override {}
  void WantPin(const PinPrompt&) override {}
  void Off(const CueText&, const std::string&) override {}
};

// A question whose key wants the PIN tulip-7, in a process whose terminal
// `input` is.
class Gateway {
 public:
  explicit Gateway(int input) : input_(input) {
    tokens_.Plug("p1", "k1", false, true);
    tokens_.SetPin("p1", "tulip-7", 8);
    tokens_.Touch("p1");
  }
  bool IsApproved() {
    TerminalPins pins(desk_, input_, shown_);
    desk_.OnMessage(questions_.VerifiedApproval("q1", "k1"));
    return mesh_.WaitFor(GatewayMessage::kApprovalAnswer)
        .approval_answer()
        .has_assertion();
  }
  // Nothing is asked for where nobody could type.
  bool AsksNobody() {
    TerminalPins pins(desk_, input_, shown_);
    desk_.OnMessage(questions_.VerifiedApproval("q1", "k1"));
    while (desk_.WantedPins().empty()) std::this_thread::yield();
    desk_.Decline("q1", "button");
    mesh_.WaitFor(GatewayMessage::kApprovalAnswer);
    return shown_.str().empty();
  }

 private:
  const int input_;
  FakeClock clock_;
  const AgentIdentity identity_{"t1", "s1", "g1",
                                crypto::P256PrivateKey::Generate(), "rp"};
  const FakeQuestions questions_{identity_,
                                 static_cast<uint64_t>(UnixMillis(clock_))};
  FakeTokens tokens_;
  SilentCue cue_;
  FakeMesh mesh_;
  std::ostringstream shown_;
  ApprovalDesk desk_{identity_, clock_, tokens_, cue_, mesh_};
};

// Types once nothing that is typed is shown.
void TypeHidden(int person, int terminal, const std::string& line) {
  termios now;
  do {
    ASSERT_EQ(tcgetattr(terminal, &now), 0);
  } while ((now.c_lflag & ECHO) != 0);
  ASSERT_EQ(write(person, line.data(), line.size()),
            static_cast<ssize_t>(line.size()));
}

TEST(TerminalPinsTest, WhoeverSitsThereTypesThePin) {
  const int person = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_EQ(grantpt(person), 0);
  ASSERT_EQ(unlockpt(person), 0);
  const std::string name = ptsname(person);
  const pid_t child = fork();
  if (child == 0) {
    // The agent, whose terminal it is.
    setsid();
    Gateway gateway(open(name.c_str(), O_RDWR));
    _exit(gateway.IsApproved() ? 0 : 1);
  }
  const int terminal = open(name.c_str(), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  TypeHidden(person, terminal, "tulip-7\n");
  int state = 0;
  ASSERT_EQ(waitpid(child, &state, 0), child);
  EXPECT_TRUE(WIFEXITED(state));
  EXPECT_EQ(WEXITSTATUS(state), 0);
  close(terminal);
  close(person);
}

TEST(TerminalPinsTest, WhereNobodyCanTypeNobodyIsAsked) {
  const int nowhere = open("/dev/null", O_RDONLY);
  EXPECT_TRUE(Gateway(nowhere).AsksNobody());
  close(nowhere);
}

}  // namespace
}  // namespace u2fi::gateway_agent
