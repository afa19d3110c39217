#include "services/common/u2fhid/socket_transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::u2fhid {
namespace {

// In the past: only what can be done at once. Nothing here waits.
constexpr absl::Duration kAtOnce = absl::ZeroDuration();

class SocketTransportTest : public testing::Test {
 protected:
  SocketTransportTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    host_ = std::make_unique<SocketTransport>(FileDescriptor(ends[0]),
                                              SystemClock());
    token_ = std::make_unique<SocketTransport>(FileDescriptor(ends[1]),
                                               SystemClock());
  }

  std::unique_ptr<SocketTransport> host_;
  std::unique_ptr<SocketTransport> token_;
};

TEST_F(SocketTransportTest, ReportsArriveInOrder) {
  ASSERT_OK(host_->Send(Report{1}, kAtOnce));
  ASSERT_OK(host_->Send(Report{2}, kAtOnce));
  EXPECT_THAT(token_->Receive(kAtOnce), IsOkAndHolds(Report{1}));
  EXPECT_THAT(token_->Receive(kAtOnce), IsOkAndHolds(Report{2}));
}

TEST_F(SocketTransportTest, BothEndsSendAndReceive) {
  ASSERT_OK(token_->Send(Report{3}, kAtOnce));
  EXPECT_THAT(host_->Receive(kAtOnce), IsOkAndHolds(Report{3}));
}

TEST_F(SocketTransportTest, NothingThereIsATimeout) {
  EXPECT_THAT(host_->Receive(kAtOnce), HasReason(reason::kTokenTimeout));
}

TEST_F(SocketTransportTest, AFullSocketIsATimeout) {
  absl::Status status;
  for (int i = 0; i < 100'000 && status.ok(); ++i) {
    status = host_->Send(Report{1}, kAtOnce);
  }
  EXPECT_THAT(status, HasReason(reason::kTokenTimeout));
}

TEST_F(SocketTransportTest, AClosedEndIsARemovedToken) {
  token_.reset();
  EXPECT_THAT(host_->Receive(kAtOnce), HasReason(reason::kTokenRemoved));
  EXPECT_THAT(host_->Send(Report{1}, kAtOnce),
              HasReason(reason::kTokenRemoved));
}

TEST_F(SocketTransportTest, WhatWasSentBeforeTheEndStillArrives) {
  ASSERT_OK(token_->Send(Report{4}, kAtOnce));
  token_.reset();
  EXPECT_THAT(host_->Receive(kAtOnce), IsOkAndHolds(Report{4}));
}

TEST_F(SocketTransportTest, AShortPacketIsRefusedAndGone) {
  ASSERT_OK(token_->SendPacket(std::string(63, 's'), kAtOnce));
  ASSERT_OK(token_->Send(Report{5}, kAtOnce));
  EXPECT_THAT(host_->Receive(kAtOnce), HasReason(reason::kTokenFrame));
  EXPECT_THAT(host_->Receive(kAtOnce), IsOkAndHolds(Report{5}));
}

TEST_F(SocketTransportTest, ALongPacketIsRefusedAndGone) {
  ASSERT_OK(token_->SendPacket(std::string(1000, 'l'), kAtOnce));
  ASSERT_OK(token_->Send(Report{5}, kAtOnce));
  EXPECT_THAT(host_->Receive(kAtOnce), HasReason(reason::kTokenFrame));
  EXPECT_THAT(host_->Receive(kAtOnce), IsOkAndHolds(Report{5}));
}

TEST(SocketTransportConnectTest, NobodyListeningIsARemovedToken) {
  EXPECT_THAT(
      SocketTransport::Connect("/tmp/u2fi-no-such-socket", SystemClock())
          .status(),
      HasReason(reason::kTokenRemoved));
}

TEST(SocketTransportConnectTest, APathThatDoesNotFitIsRefused) {
  EXPECT_THAT(
      SocketTransport::Connect(std::string(108, 'x'), SystemClock()).status(),
      HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::u2fhid
