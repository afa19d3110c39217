#include "tools/device-emulator/control_socket.h"

#include <poll.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device {
namespace {

class ControlSocketTest : public testing::Test {
 protected:
  ControlSocketTest() {
    char folder[] = "/tmp/u2fi-control-XXXXXX";
    path_ = std::string(mkdtemp(folder)) + "/s";
  }
  // Sends a line while the socket serves one client.
  absl::StatusOr<std::string> Ask(ControlSocket& socket,
                                  const std::string& line,
                                  const std::string& reply) {
    absl::StatusOr<std::string> answer;
    std::thread client([&] { answer = SendControl(path_, line); });
    pollfd wait = {socket.fd(), POLLIN, 0};
    poll(&wait, 1, 10'000);
    socket.Serve([&](absl::string_view got) {
      got_ = std::string(got);
      return reply;
    });
    client.join();
    return answer;
  }

  std::string path_;
  std::string got_;
};

TEST_F(ControlSocketTest, AnswersALine) {
  ASSERT_OK_AND_ASSIGN(ControlSocket socket, ControlSocket::Listen(path_));
  EXPECT_THAT(Ask(socket, "reset camera-1", "done\n"),
              IsOkAndHolds(std::string("done\n")));
  EXPECT_EQ(got_, "reset camera-1");
}

TEST_F(ControlSocketTest, CarriesALongAnswer) {
  ASSERT_OK_AND_ASSIGN(ControlSocket socket, ControlSocket::Listen(path_));
  const std::string reply(300'000, 'x');
  EXPECT_THAT(Ask(socket, "list", reply), IsOkAndHolds(reply));
}

TEST_F(ControlSocketTest, DropsALineThatIsTooLong) {
  ASSERT_OK_AND_ASSIGN(ControlSocket socket, ControlSocket::Listen(path_));
  EXPECT_FALSE(
      Ask(socket, std::string(ControlSocket::kMaxLine + 4096, 'x'), "done")
          .ok());
  EXPECT_EQ(got_, "");
}

TEST_F(ControlSocketTest, TellsThatNobodyListens) {
  EXPECT_FALSE(SendControl(path_, "list").ok());
}

}  // namespace
}  // namespace u2fi::device
