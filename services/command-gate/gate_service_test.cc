#include "services/command-gate/gate_service.h"

#include <cstdlib>

#include "services/command-gate/fake_issuer.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/rpc/test_caller.h"

namespace u2fi::command_gate {
namespace {

// Drives nothing forward.
class NoExecutor : public audit::Executor {
 public:
  void Schedule(std::function<void()>) override {}
};

// The tenant t1 has an OIDC issuer.
class GateServiceTest : public GateTestCase {
 protected:
  GateServiceTest() {
    std::string folder = testing::TempDir() + "/gate_XXXXXX";
    const std::string file = std::string(mkdtemp(folder.data())) + "/jwks";
    EXPECT_OK(WriteFileDurably(file, issuer_.Set().dump(), 0600));
    auto login = AccountLogin::Create(
        clock_,
        {{"t1", {FakeIssuer::kIssuer, FakeIssuer::kAudience, file, "sub"}}});
    EXPECT_OK(login);
    login_ = *std::move(login);
    request_.set_request_id(std::string(32, 'a'));
    request_.mutable_item()->set_device("account:ann");
    request_.mutable_item()->set_operation("u2fi.enrol");
    request_.mutable_options()->set_on_behalf_of("ann");
    request_.mutable_options()->set_purpose(proof::v1::PURPOSE_ENROL);
    request_.mutable_options()->mutable_place()->set_gateway("g1");
    attestation_.enrolled = 0;
  }
  absl::Status Submit(const std::string& tenant = "t1") {
    GateService service(gate().submitter, gate().commands, gate().flow,
                        no_executor_, login_.get());
    return service
        .Submit(rpc::TestCaller("client/" + tenant + "/app"), request_)
        .status();
  }
  absl::Status SubmitBatch() {
    v1::SubmitBatchRequest batch;
    batch.set_request_id(request_.request_id());
    *batch.mutable_options() = request_.options();
    batch.mutable_options()->set_purpose(proof::v1::PURPOSE_COMMAND);
    for (int i = 0; i < 2; ++i) {
      batch.add_items()->set_device("cam-1");
      batch.mutable_items(i)->set_operation("camera.on");
    }
    GateService service(gate().submitter, gate().commands, gate().flow,
                        no_executor_, login_.get());
    return service.SubmitBatch(rpc::TestCaller("client/t1/app"), batch)
        .status();
  }
  // What client/t1/app has asked for in ann's name, as `caller`.
  absl::Status Cancel(const std::string& caller) {
    GateService service(gate().submitter, gate().commands, gate().flow,
                        no_executor_, login_.get());
    if (cancel_.name().empty()) {
      SignIn();
      const auto asked =
          service.Submit(rpc::TestCaller("client/t1/app"), request_);
      EXPECT_OK(asked);
      cancel_.set_name(asked->command().name());
      cancel_.set_on_behalf_of("ann");
    }
    return service.Cancel(rpc::TestCaller(caller), cancel_).status();
  }
  void SignIn() {
    request_.mutable_options()->set_id_token(issuer_.Token(clock_.Now()));
  }

  NoExecutor no_executor_;
  FakeIssuer issuer_;
  std::unique_ptr<AccountLogin> login_;
  v1::SubmitCommandRequest request_;
  v1::CancelCommandRequest cancel_;
};

TEST_F(GateServiceTest, AFirstTokenNeedsTheIssuersToken) {
  EXPECT_THAT(Submit(), HasReason(reason::kIdTokenInvalid));
  EXPECT_TRUE(Rows().empty());
  SignIn();
  EXPECT_OK(Submit());
}

TEST_F(GateServiceTest, SomebodyElsesTokenIsNotEnough) {
  nlohmann::json claims = FakeIssuer::Claims(clock_.Now());
  claims["sub"] = "bob";
  request_.mutable_options()->set_id_token(issuer_.Token(claims));
  EXPECT_THAT(Submit(), HasReason(reason::kIdTokenInvalid));
}

TEST_F(GateServiceTest, ABatchNeedsItToo) {
  EXPECT_THAT(SubmitBatch(), HasReason(reason::kIdTokenInvalid));
  SignIn();
  EXPECT_OK(SubmitBatch());
}

TEST_F(GateServiceTest, AFreshTokenIsTheSameRequest) {
  SignIn();
  ASSERT_OK(Submit());
  clock_.Advance(absl::Seconds(1));
  SignIn();
  EXPECT_OK(Submit());
}

TEST_F(GateServiceTest, InTheNameOfAnAccountOnlyWhoIsSignedInCancels) {
  EXPECT_THAT(Cancel("client/t1/other"), HasReason(reason::kIdTokenInvalid));
  EXPECT_THAT(Cancel("operator/t1/olga"), HasReason(reason::kIdTokenInvalid));
  cancel_.set_id_token(issuer_.Token(clock_.Now()));
  EXPECT_OK(Cancel("client/t1/other"));
}

TEST_F(GateServiceTest, SomebodyElsesTokenCancelsNothing) {
  nlohmann::json claims = FakeIssuer::Claims(clock_.Now());
  claims["sub"] = "bob";
  cancel_.set_id_token(issuer_.Token(claims));
  EXPECT_THAT(Cancel("client/t1/other"), HasReason(reason::kIdTokenInvalid));
}

TEST_F(GateServiceTest, TheRequesterCancelsWithout) {
  EXPECT_OK(Cancel("client/t1/app"));
}

TEST_F(GateServiceTest, AnotherTenantsClientsNeedNone) {
  // The next question: its gateway is not there.
  EXPECT_THAT(Submit("t2"), HasReason(reason::kGatewayOffline));
}

TEST_F(GateServiceTest, WithoutIssuersNobodyNeedsOne) {
  login_.reset();
  EXPECT_OK(Submit());
}

}  // namespace
}  // namespace u2fi::command_gate
