#include "services/common/rpc/channel.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "services/common/rpc/fake_echo.h"
#include "services/common/rpc/served_call.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {
namespace {

class PrepareCallTest : public testing::Test {
 protected:
  PrepareCallTest()
      : server_(Server::InProcess(ServiceList().Add<test::Echo>(echo_), {}, "d",
                                  "command-gate")
                    .value()) {}

  // What an echo server sees of a call prepared here.
  const EchoLog& Call(absl::Duration timeout) {
    grpc::ClientContext context;
    PrepareCall(context, timeout);
    test::EchoMessage response;
    test::Echo::NewStub(server_->Channel())->Say(&context, {}, &response);
    return echo_.log();
  }

  SyncEcho echo_;
  std::unique_ptr<Server> server_;
  const grpc::ServerContext outer_context_;
  ServedCall outer_{&outer_context_,
                    TestCaller("client/t1/app"),
                    SystemClock().Now() + absl::Seconds(10),
                    {std::string(32, 'a'), std::string(16, 'b'), true},
                    {}};
};

TEST_F(PrepareCallTest, HasTheTimeoutAsDeadline) {
  const absl::Time before = SystemClock().Now();
  const absl::Time deadline = Call(absl::Seconds(30)).deadline();
  EXPECT_GT(deadline, before + absl::Seconds(29));
  EXPECT_LT(deadline, SystemClock().Now() + absl::Seconds(31));
}

TEST_F(PrepareCallTest, EndsBeforeTheCallThatItServes) {
  const CallScope scope(outer_);
  EXPECT_LE(Call(absl::Seconds(30)).deadline(),
            outer_.deadline - absl::Milliseconds(10));
}

TEST_F(PrepareCallTest, ASoonerTimeoutCounts) {
  const CallScope scope(outer_);
  EXPECT_LT(Call(absl::Seconds(5)).deadline(),
            SystemClock().Now() + absl::Seconds(6));
}

TEST_F(PrepareCallTest, PassesTheTraceOn) {
  const CallScope scope(outer_);
  EXPECT_EQ(Call(absl::Seconds(5)).trace_id(), std::string(32, 'a'));
}

TEST_F(PrepareCallTest, OutsideACallANewTraceStarts) {
  EXPECT_NE(Call(absl::Seconds(5)).trace_id(), std::string(32, 'a'));
}

}  // namespace
}  // namespace u2fi::rpc
