#include "services/common/u2fhid/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::u2fhid {
namespace {

class UnixSocketTest : public testing::Test {
 protected:
  // Bazel's sandbox paths are longer than a socket address may be.
  UnixSocketTest() {
    char folder[] = "/tmp/u2fiXXXXXX";
    folder_ = mkdtemp(folder);
    path_ = folder_ + "/s";
  }
  ~UnixSocketTest() override {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }

  std::string folder_;
  std::string path_;
};

TEST_F(UnixSocketTest, AClientReachesTheListener) {
  ASSERT_OK_AND_ASSIGN(UnixListener listener,
                       UnixListener::Listen(path_, SOCK_STREAM));
  ASSERT_OK_AND_ASSIGN(const FileDescriptor client,
                       ConnectUnix(path_, SOCK_STREAM));
  EXPECT_TRUE(listener.Accept().is_open());
}

TEST_F(UnixSocketTest, AcceptWithoutAClientGivesNothing) {
  ASSERT_OK_AND_ASSIGN(UnixListener listener,
                       UnixListener::Listen(path_, SOCK_STREAM));
  EXPECT_FALSE(listener.Accept().is_open());
}

TEST_F(UnixSocketTest, OnlyItsUserMayConnect) {
  ASSERT_OK_AND_ASSIGN(const UnixListener listener,
                       UnixListener::Listen(path_, SOCK_STREAM));
  struct stat about;
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(UnixSocketTest, TheListenerTakesItsPathAway) {
  {
    ASSERT_OK_AND_ASSIGN(const UnixListener listener,
                         UnixListener::Listen(path_, SOCK_STREAM));
  }
  EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, TheSocketOfADeadProcessIsReplaced) {
  ASSERT_OK_AND_ASSIGN(UnixListener dead,
                       UnixListener::Listen(path_, SOCK_STREAM));
  // Closes without taking the path away, as a killed process does.
  ASSERT_EQ(shutdown(dead.fd(), SHUT_RDWR), 0);
  ASSERT_EQ(close(dup2(open("/dev/null", O_RDONLY), dead.fd())), 0);
  EXPECT_OK(UnixListener::Listen(path_, SOCK_STREAM).status());
}

TEST_F(UnixSocketTest, ALivingListenerIsNotReplaced) {
  ASSERT_OK_AND_ASSIGN(const UnixListener listener,
                       UnixListener::Listen(path_, SOCK_STREAM));
  EXPECT_THAT(UnixListener::Listen(path_, SOCK_STREAM).status(),
              HasReason(reason::kInvalidField));
}

TEST_F(UnixSocketTest, AFileIsNotReplaced) {
  std::ofstream(path_) << "precious";
  EXPECT_THAT(UnixListener::Listen(path_, SOCK_STREAM).status(),
              HasReason(reason::kInvalidField));
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, APathThatDoesNotFitIsRefused) {
  EXPECT_THAT(UnixListener::Listen("/tmp/" + std::string(103, 'x'), SOCK_STREAM)
                  .status(),
              HasReason(reason::kInvalidField));
}

TEST_F(UnixSocketTest, AnEmptyPathIsRefused) {
  EXPECT_THAT(ConnectUnix("", SOCK_STREAM).status(),
              HasReason(reason::kInvalidField));
}

TEST_F(UnixSocketTest, NobodyListening) {
  EXPECT_THAT(ConnectUnix(path_, SOCK_STREAM).status(),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(UnixSocketTest, WhereNobodyListensIsSaid) {
  const auto client = ConnectUnix(path_, SOCK_SEQPACKET);
  EXPECT_THAT(std::string(client.status().message()),
              testing::HasSubstr(path_));
}

}  // namespace
}  // namespace u2fi::u2fhid
