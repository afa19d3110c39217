// u2fi.audit.v1.Audit over real TLS: who may call it, and how its streams end.
#include "services/common/audit/audit_server.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::audit {
namespace {

class AuditServerTest : public testing::Test {
 protected:
  void SetUp() override {
    identities_.push_back(ca_.Identity("service/command-gate"));
    auto server =
        rpc::Server::ListenMutualTls(rpc::ServiceList().Add<v1::Audit>(audit_),
                                     {}, *identities_.back(), "127.0.0.1:0");
    ASSERT_OK(server);
    server_ = *std::move(server);
    Decide();
  }
  void TearDown() override { server_->Shutdown(absl::Seconds(1)); }

  void Decide() {
    Transition transition;
    transition.epoch =
        store_.Get(*store::Partition::Make("command-gate", "t1"), {})->epoch;
    transition.rows.push_back(TestRow());
    ASSERT_OK(deciders_.Decide("t1", std::move(transition)));
  }
  std::unique_ptr<v1::Audit::Stub> StubOf(const std::string& caller) {
    identities_.push_back(ca_.Identity(caller));
    return v1::Audit::NewStub(rpc::NewChannel(
        *identities_.back(), absl::StrCat("127.0.0.1:", server_->port()),
        "command-gate"));
  }
  // How an export by `caller` ends; `rows_` counts what came.
  absl::Status Export(const std::string& caller,
                      const v1::ExportAuditRequest& request) {
    const auto stub = StubOf(caller);
    grpc::ClientContext context;
    rpc::PrepareCall(context, absl::Seconds(10));
    const auto stream = stub->ExportAudit(&context, request);
    v1::ExportAuditResponse response;
    while (stream->Read(&response)) Count(response);
    return rpc::FromGrpcStatus(stream->Finish());
  }
  void Count(const v1::ExportAuditResponse& response) {
    for (const v1::AuditRecord& record : response.records()) {
      rows_ += record.has_row() ? 1 : 0;
    }
  }

  dev_ca::TestCa ca_;
  store::MemoryStore store_{SystemClock(), SystemRandom()};
  ThreadExecutor executor_{2};
  TenantDeciders deciders_{store_, SystemClock(), SystemRandom(), executor_,
                           "command-gate"};
  AuditServer audit_{
      {store_, SystemClock(), {"command-gate"}, "u2fi.test", "0", ""},
      executor_};
  std::vector<std::unique_ptr<rpc::TlsIdentity>> identities_;
  std::unique_ptr<rpc::Server> server_;
  int rows_ = 0;
};

TEST_F(AuditServerTest, AnOperatorGetsTheRowsOfItsTenant) {
  EXPECT_OK(Export("operator/t1/olga", {}));
  EXPECT_EQ(rows_, 1);
}

TEST_F(AuditServerTest, AnOperatorOfAnotherTenantGetsNone) {
  EXPECT_OK(Export("operator/t2/otto", {}));
  EXPECT_EQ(rows_, 0);
}

TEST_F(AuditServerTest, AClientMayNotCall) {
  EXPECT_THAT(Export("client/t1/app", {}),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(AuditServerTest, ABadRequestGetsItsTypedError) {
  v1::ExportAuditRequest request;
  request.set_tenant("t2");
  EXPECT_THAT(Export("operator/t1/olga", request),
              HasReason(reason::kTenantMismatch));
}

TEST_F(AuditServerTest, AStreamThatFollowsGetsNewRowsUntilItsCallerGoes) {
  const auto stub = StubOf("operator/t1/olga");
  grpc::ClientContext context;
  rpc::PrepareCall(context, absl::Seconds(20));
  v1::ExportAuditRequest request;
  request.set_follow(true);
  const auto stream = stub->ExportAudit(&context, request);
  v1::ExportAuditResponse response;
  while (rows_ < 1 && stream->Read(&response)) Count(response);
  Decide();
  while (rows_ < 2 && stream->Read(&response)) Count(response);
  EXPECT_EQ(rows_, 2);
  context.TryCancel();
  while (stream->Read(&response)) Count(response);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace u2fi::audit
