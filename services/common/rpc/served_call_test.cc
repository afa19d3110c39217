#include "services/common/rpc/served_call.h"

#include <thread>

#include "grpcpp/server_context.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

ServedCall CallOn(const grpc::ServerContextBase& context, const char* caller) {
  return {&context, TestCaller(caller), absl::InfiniteFuture(), {}, {}};
}

TEST(ServedCallTest, ThereIsNoCallerOutsideACall) {
  const grpc::ServerContext context;
  EXPECT_EQ(CurrentCall(), nullptr);
  EXPECT_THAT(CallerOf(context), HasReason(reason::kCallerUnknown));
}

TEST(ServedCallTest, ThereIsOneInsideIt) {
  const grpc::ServerContext context;
  const ServedCall call = CallOn(context, "client/t1/app");
  const CallScope scope(call);
  ASSERT_OK_AND_ASSIGN(const Caller caller, CallerOf(context));
  EXPECT_EQ(caller.name(), "app");
}

TEST(ServedCallTest, AnotherCallHasNoCaller) {
  const grpc::ServerContext context;
  const grpc::ServerContext other;
  const ServedCall call = CallOn(context, "client/t1/app");
  const CallScope scope(call);
  EXPECT_THAT(CallerOf(other), HasReason(reason::kCallerUnknown));
}

TEST(ServedCallTest, AnotherThreadHasNoCall) {
  const grpc::ServerContext context;
  const ServedCall call = CallOn(context, "client/t1/app");
  const CallScope scope(call);
  std::thread([&context] {
    EXPECT_THAT(CallerOf(context), HasReason(reason::kCallerUnknown));
  }).join();
}

TEST(ServedCallTest, CallsNest) {
  const grpc::ServerContext outer;
  const grpc::ServerContext inner;
  const ServedCall outer_call = CallOn(outer, "client/t1/app");
  const ServedCall inner_call = CallOn(inner, "service/command-gate");
  const CallScope outer_scope(outer_call);
  {
    const CallScope inner_scope(inner_call);
    EXPECT_OK(CallerOf(inner));
    EXPECT_THAT(CallerOf(outer), HasReason(reason::kCallerUnknown));
  }
  EXPECT_OK(CallerOf(outer));
}

TEST(ServedCallTest, LogLinesTellOfTheCall) {
  const grpc::ServerContext context;
  ServedCall call = CallOn(context, "client/t1/app");
  call.log.trace_id = "t1";
  {
    const CallScope scope(call);
    EXPECT_EQ(logging::CurrentContext()->trace_id, "t1");
  }
  EXPECT_EQ(logging::CurrentContext(), nullptr);
}

}  // namespace
}  // namespace u2fi::rpc
