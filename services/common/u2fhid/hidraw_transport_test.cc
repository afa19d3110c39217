#include "services/common/u2fhid/hidraw_transport.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "services/common/status/status_matchers.h"

namespace u2fi::u2fhid {
namespace {

// The other end of a socket pair plays the kernel: it keeps the borders of
// what is written, as hidraw does.
class HidrawTransportTest : public testing::Test {
 protected:
  HidrawTransportTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
    kernel_ = FileDescriptor(ends[0]);
    transport_ = std::make_unique<HidrawTransport>(FileDescriptor(ends[1]),
                                                   SystemClock());
  }
  // What the token sends.
  void FromToken(const std::string& bytes) {
    EXPECT_EQ(write(kernel_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string ToToken() {
    char bytes[128];
    const ssize_t size = read(kernel_.get(), bytes, sizeof(bytes));
    return size < 0 ? "" : std::string(bytes, static_cast<size_t>(size));
  }
  static absl::Duration Soon() {
    return SystemClock().Uptime() + absl::Milliseconds(5);
  }

  FileDescriptor kernel_;
  std::unique_ptr<HidrawTransport> transport_;
};

TEST_F(HidrawTransportTest, AReportIsWrittenWithNumberZeroInFront) {
  Report report{};
  report.fill(7);
  EXPECT_OK(transport_->Send(report, Soon()));
  EXPECT_EQ(ToToken(), std::string(1, '\0') + std::string(64, '\x07'));
}

TEST_F(HidrawTransportTest, AReportIsReadAsItIs) {
  FromToken(std::string(64, 'r'));
  ASSERT_OK_AND_ASSIGN(const Report report, transport_->Receive(Soon()));
  EXPECT_EQ(BytesOf(report), std::string(64, 'r'));
}

TEST_F(HidrawTransportTest, AShortReportIsRefusedAndTheNextOneRead) {
  FromToken(std::string(63, 's'));
  FromToken(std::string(64, 'r'));
  EXPECT_THAT(transport_->Receive(Soon()), HasReason(reason::kTokenFrame));
  EXPECT_OK(transport_->Receive(Soon()));
}

TEST_F(HidrawTransportTest, ALongReportIsRefused) {
  FromToken(std::string(65, 'l'));
  EXPECT_THAT(transport_->Receive(Soon()), HasReason(reason::kTokenFrame));
}

TEST_F(HidrawTransportTest, SilenceIsATimeout) {
  EXPECT_THAT(transport_->Receive(Soon()), HasReason(reason::kTokenTimeout));
}

TEST_F(HidrawTransportTest, APulledTokenIsRemoved) {
  kernel_ = FileDescriptor();
  EXPECT_THAT(transport_->Receive(Soon()), HasReason(reason::kTokenRemoved));
}

TEST_F(HidrawTransportTest, ADeviceThatCannotBeWrittenIsRemoved) {
  HidrawTransport reader(FileDescriptor(open("/dev/null", O_RDONLY)),
                         SystemClock());
  EXPECT_THAT(reader.Send(Report(), Soon()), HasReason(reason::kTokenRemoved));
}

}  // namespace
}  // namespace u2fi::u2fhid
