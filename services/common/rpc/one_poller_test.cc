#include "services/common/rpc/one_poller.h"

#include <unistd.h>

#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/common/rpc/fake_echo.h"
#include "services/common/sync/sync.h"

namespace u2fi::rpc {
namespace {

// Whether this machine is one where gRPC has two threads for callbacks.
bool Applies() { return sysconf(_SC_NPROCESSORS_CONF) < 6; }

TEST(OnePollerTest, AThreadRestsWhereThereAreTwo) {
  const OnePoller poller;
  EXPECT_EQ(poller.resting(), Applies());
}

TEST(OnePollerTest, ItComesAndGoesAgainAndAgain) {
  for (int i = 0; i < 20; ++i) {
    const OnePoller poller;
    EXPECT_EQ(poller.resting(), Applies());
  }
}

TEST(OnePollerTest, TheLastThreadNeverRests) {
  const OnePoller first;
  const OnePoller second(absl::Milliseconds(100));
  EXPECT_FALSE(Applies() && second.resting());
}

// Calls of the callback API, of both ends, go on.
TEST(OnePollerTest, CallbacksRunMeanwhile) {
  const OnePoller poller;
  CallbackEcho echo;
  grpc::ServerBuilder builder;
  builder.RegisterService(&echo);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto stub = test::Echo::NewStub(server->InProcessChannel({}));
  Mutex mutex;
  CondVar changed;
  int ended = 0;
  constexpr int kCalls = 50;
  grpc::ClientContext contexts[kCalls];
  test::EchoMessage requests[kCalls];
  test::EchoMessage responses[kCalls];
  for (int i = 0; i < kCalls; ++i) {
    stub->async()->Say(&contexts[i], &requests[i], &responses[i],
                       [&](const grpc::Status&) {
                         MutexLock lock(mutex);
                         ++ended;
                         changed.NotifyAll();
                       });
  }
  {
    MutexLock lock(mutex);
    while (ended < kCalls) changed.Wait(mutex);
  }
  server->Shutdown();
}

}  // namespace
}  // namespace u2fi::rpc
