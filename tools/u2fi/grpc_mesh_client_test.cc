#include "tools/u2fi/grpc_mesh_client.h"

#include "gtest/gtest.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "tools/dev-ca/test_ca.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

using testing::ElementsAre;

// One of each service; they answer with what was asked for.
class FakeGate : public gate::CommandGate::Service {
  grpc::Status SubmitCommand(grpc::ServerContext*,
                             const gate::SubmitCommandRequest* request,
                             gate::SubmitCommandResponse* response) override {
    response->mutable_command()->set_name(request->request_id());
    return grpc::Status::OK;
  }
  grpc::Status GetCommand(grpc::ServerContext*, const gate::GetCommandRequest*,
                          gate::GetCommandResponse*) override {
    return rpc::ToGrpcStatus(
        Error(reason::kResourceUnknown, "unknown", {{"command", "c1"}}));
  }
  grpc::Status WatchCommand(
      grpc::ServerContext*, const gate::WatchCommandRequest*,
      grpc::ServerWriter<gate::WatchCommandResponse>* writer) override {
    for (int i = 0; i < 3; ++i) {
      gate::WatchCommandResponse response;
      response.mutable_command()->set_name(std::to_string(i));
      writer->Write(response);
    }
    return grpc::Status::OK;
  }
};

class FakeRegistry : public registry::DeviceRegistry::Service {
  grpc::Status GetModel(grpc::ServerContext*,
                        const registry::GetModelRequest* request,
                        registry::GetModelResponse* response) override {
    response->mutable_model()->set_name(request->name());
    return grpc::Status::OK;
  }
  grpc::Status GetJwks(grpc::ServerContext*, const registry::GetJwksRequest*,
                       registry::GetJwksResponse*) override {
    return grpc::Status::OK;
  }
};

// Takes the pieces of a BLOB and says how many bytes there were.
class FakeAttestation : public attestation::Attestation::Service {
 public:
  // Refuses after this many pieces.
  int most = 100;

 private:
  grpc::Status ImportMetadata(
      grpc::ServerContext*,
      grpc::ServerReader<attestation::ImportMetadataRequest>* reader,
      attestation::ImportMetadataResponse* response) override {
    attestation::ImportMetadataRequest piece;
    uint64_t bytes = 0;
    for (int i = 0; reader->Read(&piece); ++i) {
      if (i == most) {
        return rpc::ToGrpcStatus(Error(reason::kMessageSize, "too large"));
      }
      bytes += piece.chunk().size();
      response->set_entries(piece.validate_only() ? 1 : 0);
    }
    response->set_number(bytes);
    return grpc::Status::OK;
  }
};

class FakeAudit : public audit_api::Audit::Service {
  grpc::Status ExportAudit(
      grpc::ServerContext*, const audit_api::ExportAuditRequest*,
      grpc::ServerWriter<audit_api::ExportAuditResponse>* writer) override {
    audit_api::ExportAuditResponse response;
    response.add_records()->mutable_key()->set_kid("one");
    response.add_records()->mutable_key()->set_kid("two");
    writer->Write(response);
    return grpc::Status::OK;
  }
};

class GrpcMeshClientTest : public testing::Test {
 protected:
  GrpcMeshClientTest() {
    services_.Add<gate::CommandGate>(gate_)
        .Add<registry::DeviceRegistry>(registry_)
        .Add<attestation::Attestation>(attestation_)
        .Add<audit_api::Audit>(audit_);
    settings_.gate = Serve("service/command-gate");
    settings_.trust_domain = "test";
    CallAs("operator/t1/olga");
  }

  void CallAs(const std::string& identity) {
    const std::string file = ca_.Files(identity).certificate;
    settings_.identity = file.substr(0, file.rfind('/'));
  }

  // Serves everything with this identity; the address.
  std::string Serve(const std::string& identity) {
    identities_.push_back(ca_.Identity(identity));
    auto server = rpc::Server::ListenMutualTls(
        services_, {}, *identities_.back(), "127.0.0.1:0");
    EXPECT_OK(server);
    servers_.push_back(*std::move(server));
    return "127.0.0.1:" + std::to_string(servers_.back()->port());
  }

  absl::StatusOr<registry::GetModelResponse> GetModel() {
    auto client = GrpcMeshClient::Create(settings_);
    if (!client.ok()) return client.status();
    registry::GetModelRequest request;
    request.set_name("models/camera");
    return (*client)->GetModel(request);
  }

  dev_ca::TestCa ca_;
  FakeGate gate_;
  FakeRegistry registry_;
  FakeAttestation attestation_;
  FakeAudit audit_;
  rpc::ServiceList services_;
  std::vector<std::unique_ptr<rpc::TlsIdentity>> identities_;
  std::vector<std::unique_ptr<rpc::Server>> servers_;
  Settings settings_;
};

TEST_F(GrpcMeshClientTest, OneProcessServesEverything) {
  ASSERT_OK_AND_ASSIGN(const auto response, GetModel());
  EXPECT_EQ(response.model().name(), "models/camera");
}

TEST_F(GrpcMeshClientTest, AServiceOfItsOwnMustShowItsOwnIdentity) {
  settings_.registry = Serve("service/device-registry");
  EXPECT_OK(GetModel());
  settings_.registry = Serve("service/challenge");
  EXPECT_THAT(GetModel(), HasReason(reason::kPeerUnavailable));
}

TEST_F(GrpcMeshClientTest, ARefusalKeepsItsReason) {
  ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
  const auto response = client->GetCommand({});
  EXPECT_THAT(response, HasReason(reason::kResourceUnknown));
  EXPECT_EQ(MetadataOf(response.status())["command"], "c1");
}

TEST_F(GrpcMeshClientTest, WithoutAnAddressOrAnIdentityNothingIsTried) {
  Settings settings = settings_;
  settings.gate.clear();
  EXPECT_THAT(GrpcMeshClient::Create(settings),
              HasReason(reason::kInvalidField));
  settings = settings_;
  settings.identity.clear();
  EXPECT_THAT(GrpcMeshClient::Create(settings),
              HasReason(reason::kInvalidField));
}

TEST_F(GrpcMeshClientTest, AnIdentityThatIsNotThereIsSaidToBeAFolder) {
  settings_.identity = "/no-such-folder";
  const auto client = GrpcMeshClient::Create(settings_);
  EXPECT_THAT(client, HasReason(reason::kFileUnavailable));
  EXPECT_THAT(std::string(client.status().message()),
              testing::HasSubstr("is a folder with tls.crt"));
}

TEST_F(GrpcMeshClientTest, EveryStateOfAStreamComes) {
  ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
  std::vector<std::string> names;
  EXPECT_OK(client->WatchCommand({}, absl::Seconds(20), [&](const auto& now) {
    names.push_back(now.command().name());
    return absl::OkStatus();
  }));
  EXPECT_THAT(names, ElementsAre("0", "1", "2"));
}

TEST_F(GrpcMeshClientTest, AReaderThatStopsEndsTheStreamWithItsError) {
  ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
  EXPECT_THAT(client->WatchCommand({}, absl::Seconds(20),
                                   [](const auto&) {
                                     return Error(reason::kInternal, "enough");
                                   }),
              HasReason(reason::kInternal));
}

TEST_F(GrpcMeshClientTest, ALongBlobGoesInPieces) {
  CallAs("operator/-/root");
  ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
  const std::string blob(3'000'000, 'x');
  ASSERT_OK_AND_ASSIGN(const auto response, client->ImportMetadata(blob, true));
  EXPECT_EQ(response.number(), blob.size());
  EXPECT_EQ(response.entries(), 1u);
}

TEST_F(GrpcMeshClientTest, ABlobThatIsRefusedHalfWayHasItsReason) {
  CallAs("operator/-/root");
  attestation_.most = 2;
  ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
  EXPECT_THAT(client->ImportMetadata(std::string(8'000'000, 'x'), false),
              HasReason(reason::kMessageSize));
}

TEST_F(GrpcMeshClientTest, TheAuditOfEveryProcessIsExportedOnce) {
  settings_.registry = Serve("service/device-registry");
  settings_.attestation = Serve("service/attestation");
  settings_.challenge = Serve("service/challenge");
  ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
  std::vector<std::string> kids;
  EXPECT_OK(client->ExportAudit({}, [&](const auto& record) {
    kids.push_back(record.key().kid());
    return absl::OkStatus();
  }));
  EXPECT_THAT(kids, ElementsAre("one", "two", "one", "two", "one", "two", "one",
                                "two"));
}

TEST_F(GrpcMeshClientTest, AnAuditWithOneAddressForTwoServicesIsNotExported) {
  settings_.registry = Serve("service/device-registry");
  settings_.attestation = Serve("service/attestation");
  for (const std::string& twice : {settings_.gate, settings_.attestation}) {
    settings_.challenge = twice;
    ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
    const absl::Status status =
        client->ExportAudit({}, [](const auto&) { return absl::OkStatus(); });
    EXPECT_TRUE(FieldsOf(status).count("--challenge")) << twice;
  }
}

TEST_F(GrpcMeshClientTest, OneProcessHasTheWholeAudit) {
  ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
  EXPECT_OK(
      client->ExportAudit({}, [](const auto&) { return absl::OkStatus(); }));
}

TEST_F(GrpcMeshClientTest, AnAuditThatWouldLackAServiceIsNotExported) {
  settings_.registry = Serve("service/device-registry");
  settings_.attestation = Serve("service/attestation");
  ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
  const absl::Status status =
      client->ExportAudit({}, [](const auto&) { return absl::OkStatus(); });
  EXPECT_TRUE(IsUsageError(status));
  EXPECT_TRUE(FieldsOf(status).count("--challenge"));
}

TEST_F(GrpcMeshClientTest, AGateOfAMeshHasNotTheWholeAudit) {
  services_ = rpc::ServiceList();
  services_.Add<gate::CommandGate>(gate_).Add<audit_api::Audit>(audit_);
  settings_.gate = Serve("service/command-gate");
  // Also if somebody says that the gate serves it.
  for (const std::string& registry : {std::string(), settings_.gate}) {
    settings_.registry = registry;
    ASSERT_OK_AND_ASSIGN(const auto client, GrpcMeshClient::Create(settings_));
    const absl::Status status =
        client->ExportAudit({}, [](const auto&) { return absl::OkStatus(); });
    EXPECT_TRUE(FieldsOf(status).count("--registry")) << registry;
  }
}

}  // namespace
}  // namespace u2fi::cli
