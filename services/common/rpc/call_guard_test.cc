#include "services/common/rpc/call_guard.h"

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::rpc {
namespace {

constexpr char kPath[] = "/a/B";

class CallGuardTest : public testing::Test {
 protected:
  CallGuardTest() {
    options_.max_call_time = absl::Seconds(5);
    options_.max_stream_time = absl::Hours(1);
  }
  // What a call of the service "gate" without a deadline looks like.
  ServedCall Describe(bool stream) {
    CallGuard guard(options_, clock_, random_);
    EXPECT_OK(guard.allow_list().Add(kPath, {{Role::kService}, {"gate"}}));
    const absl::StatusOr<Caller> caller =
        guard.Admit(kPath, static_cast<grpc::AuthContext*>(nullptr));
    return guard.Describe(kPath, *caller, context_, stream);
  }

  CallGuardOptions options_{PeerIdentity::InProcess("d", "gate")};
  FakeClock clock_;
  FakeRandomSource random_;
  grpc::ServerContext context_;
};

TEST_F(CallGuardTest, AdmitsByTheAllowList) {
  CallGuard guard(options_, clock_, random_);
  ASSERT_OK(guard.allow_list().Add(kPath, {{Role::kClient}, {}}));
  const grpc::AuthContext* nobody = nullptr;
  EXPECT_THAT(guard.Admit(kPath, nobody), HasReason(reason::kCallerNotAllowed));
  EXPECT_THAT(guard.Admit("/other", nobody), HasReason(reason::kUnimplemented));
}

TEST_F(CallGuardTest, AsksWhoItIsFirst) {
  CallGuard guard({PeerIdentity::MutualTls("d")}, clock_, random_);
  ASSERT_OK(guard.allow_list().Add(kPath, {{Role::kClient}, {}}));
  EXPECT_THAT(
      guard.Admit(kPath, static_cast<const grpc::AuthContext*>(nullptr)),
      HasReason(reason::kCallerUnknown));
}

TEST_F(CallGuardTest, ACallHasItsLongestTime) {
  EXPECT_EQ(Describe(false).deadline, clock_.Now() + absl::Seconds(5));
}

TEST_F(CallGuardTest, AStreamHasAnother) {
  EXPECT_EQ(Describe(true).deadline, clock_.Now() + absl::Hours(1));
}

TEST_F(CallGuardTest, TheLogTellsPathCallerAndTrace) {
  const ServedCall call = Describe(false);
  EXPECT_EQ(call.log.rpc, kPath);
  EXPECT_EQ(call.log.peer, "spiffe://d/service/gate");
  EXPECT_EQ(call.log.trace_id, call.trace.trace_id);
  EXPECT_EQ(call.trace.trace_id.size(), 32u);
}

}  // namespace
}  // namespace u2fi::rpc
