// Who may call what: every rpc with every kind of caller, over mutual TLS.
#include <map>
#include <memory>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "services/attestation/attestation_server.h"
#include "services/attestation/metadata_test_case.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/server.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::attestation {
namespace {

using Callers = std::set<std::string>;

const char* const kCallers[] = {
    "service/command-gate", "service/portal",  "service/challenge",
    "operator/t1/olga",     "operator/-/root", "client/t1/app",
    "gateway/t1/s1/g1",
};

// What design and protos say, written down once more.
const std::map<std::string, Callers>& Allowed() {
  static const auto* const allowed = [] {
    const Callers gate = {"service/command-gate"};
    const Callers all = {"operator/t1/olga", "client/t1/app", "service/portal"};
    const Callers operators = {"operator/t1/olga"};
    auto* table = new std::map<std::string, Callers>;
    for (const char* name : {"ListCandidates", "VerifyRegistration",
                             "VerifyAssertion", "Apply", "WatchTokens"}) {
      (*table)[name] = gate;
    }
    for (const char* name :
         {"GetToken", "ListTokens", "UpdateToken", "SuspendToken",
          "RevokeToken", "CancelRecovery", "ListRecoveries"}) {
      (*table)[name] = all;
    }
    for (const char* name :
         {"UpdateEnrolmentPolicy", "StartRecovery", "ApproveRecovery"}) {
      (*table)[name] = operators;
    }
    (*table)["GetEnrolmentPolicy"] = {"operator/t1/olga", "service/portal",
                                      "service/command-gate"};
    (*table)["ImportMetadata"] = {"operator/-/root"};
    return table;
  }();
  return *allowed;
}

class RolesTest : public MetadataTestCase {
 protected:
  void SetUp() override {
    identity_ = ca_.Identity("service/attestation");
    rpc::ServiceList services;
    services.Add<v1::Attestation>(service_);
    auto server =
        rpc::Server::ListenMutualTls(services, {}, *identity_, "127.0.0.1:0");
    ASSERT_OK(server);
    server_ = *std::move(server);
  }
  void TearDown() override { server_->Shutdown(absl::ZeroDuration()); }

  // What an empty call comes to.
  absl::Status Call(const std::shared_ptr<grpc::Channel>& channel,
                    const std::string& method) {
    grpc::ClientContext context;
    rpc::PrepareCall(context, absl::Seconds(10));
    const grpc::Slice empty;
    const grpc::ByteBuffer request(&empty, 1);
    grpc::CompletionQueue queue;
    grpc::GenericStub stub(channel);
    const auto call = stub.PrepareUnaryCall(
        &context, "/u2fi.attestation.v1.Attestation/" + method, request,
        &queue);
    call->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    call->Finish(&answer, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return rpc::FromGrpcStatus(status);
  }

  dev_ca::TestCa ca_;
  audit::ThreadExecutor serving_{2};
  AttestationServer service_{here_, serving_};
  std::unique_ptr<rpc::TlsIdentity> identity_;
  std::unique_ptr<rpc::Server> server_;
};

TEST_F(RolesTest, TheTableNamesEveryRpc) {
  const auto* const service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
          v1::Attestation::service_full_name());
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    EXPECT_EQ(Allowed().count(service->method(i)->name()), 1u)
        << service->method(i)->name();
  }
  EXPECT_EQ(Allowed().size(), static_cast<size_t>(service->method_count()));
}

TEST_F(RolesTest, NobodyElseMayCall) {
  for (const char* caller : kCallers) {
    const auto identity = ca_.Identity(caller);
    const auto channel = rpc::NewChannel(
        *identity, absl::StrCat("127.0.0.1:", server_->port()), "attestation");
    for (const auto& [method, callers] : Allowed()) {
      if (callers.count(caller) != 0) continue;
      EXPECT_THAT(Call(channel, method), HasReason(reason::kCallerNotAllowed))
          << caller << " " << method;
    }
  }
}

TEST_F(RolesTest, WhoMayCallGetsAnAnswerOfTheService) {
  for (const char* caller : kCallers) {
    const auto identity = ca_.Identity(caller);
    const auto channel = rpc::NewChannel(
        *identity, absl::StrCat("127.0.0.1:", server_->port()), "attestation");
    for (const auto& [method, callers] : Allowed()) {
      if (callers.count(caller) == 0 || method == "WatchTokens") continue;
      const absl::Status status = Call(channel, method);
      EXPECT_NE(ReasonOf(status), reason::kCallerNotAllowed.name)
          << caller << " " << method;
      EXPECT_NE(ReasonOf(status), reason::kUnimplemented.name)
          << caller << " " << method;
    }
  }
}

}  // namespace
}  // namespace u2fi::attestation
