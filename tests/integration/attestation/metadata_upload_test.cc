// ImportMetadata over mutual TLS: who may, and what pieces it takes.
#include "services/attestation/metadata_upload.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/attestation/attestation_server.h"
#include "services/attestation/metadata_test_case.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/server.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::attestation {
namespace {

class MetadataUploadTest : public MetadataTestCase {
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

  static v1::ImportMetadataRequest Piece(const std::string& chunk) {
    v1::ImportMetadataRequest request;
    request.set_chunk(chunk);
    return request;
  }

  absl::StatusOr<v1::ImportMetadataResponse> Upload(
      const std::vector<v1::ImportMetadataRequest>& pieces,
      const std::string& caller = "operator/-/root") {
    const auto identity = ca_.Identity(caller);
    const auto channel = rpc::NewChannel(
        *identity, absl::StrCat("127.0.0.1:", server_->port()), "attestation");
    const auto stub = v1::Attestation::NewStub(channel);
    grpc::ClientContext context;
    rpc::PrepareCall(context, absl::Seconds(20));
    v1::ImportMetadataResponse response;
    const auto writer = stub->ImportMetadata(&context, &response);
    for (const v1::ImportMetadataRequest& piece : pieces) {
      if (!writer->Write(piece)) break;
    }
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response;
  }

  dev_ca::TestCa ca_;
  audit::ThreadExecutor serving_{2};
  AttestationServer service_{here_, serving_};
  std::unique_ptr<rpc::TlsIdentity> identity_;
  std::unique_ptr<rpc::Server> server_;
};

TEST_F(MetadataUploadTest, ABlobInPiecesIsImported) {
  const std::string blob = Blob(7, {});
  ASSERT_OK_AND_ASSIGN(
      const v1::ImportMetadataResponse response,
      Upload({Piece(blob.substr(0, 100)), Piece(blob.substr(100))}));
  EXPECT_EQ(response.number(), 7u);
  EXPECT_EQ((*here_.metadata.Current())->number, 7u);
}

TEST_F(MetadataUploadTest, ValidateOnlyCountsInTheFirstPiece) {
  const std::string blob = Blob(7, {});
  v1::ImportMetadataRequest first = Piece(blob.substr(0, 100));
  first.set_validate_only(true);
  ASSERT_OK(Upload({first, Piece(blob.substr(100))}));
  EXPECT_EQ(*here_.metadata.Current(), nullptr);
}

TEST_F(MetadataUploadTest, HalfABlobIsRefused) {
  EXPECT_THAT(Upload({Piece(Blob(7, {}).substr(0, 100))}),
              HasReason(reason::kMetadataFormat));
  EXPECT_THAT(Upload({}), HasReason(reason::kMetadataFormat));
}

TEST_F(MetadataUploadTest, ALargePieceIsRefused) {
  EXPECT_THAT(Upload({Piece(std::string(kMaxMetadataChunk + 1, 'x'))}),
              HasReason(reason::kMessageSize));
}

TEST_F(MetadataUploadTest, MoreThanABlobMayHaveIsRefused) {
  const v1::ImportMetadataRequest piece =
      Piece(std::string(kMaxMetadataChunk, 'x'));
  EXPECT_THAT(Upload(std::vector<v1::ImportMetadataRequest>(33, piece)),
              HasReason(reason::kMessageSize));
}

TEST_F(MetadataUploadTest, ATenantIsRefused) {
  v1::ImportMetadataRequest piece = Piece(Blob(7, {}));
  piece.set_tenant("t1");
  EXPECT_THAT(Upload({piece}), HasReason(reason::kInvalidField));
}

TEST_F(MetadataUploadTest, OnlyOperatorsOfThePlatformMay) {
  for (const char* caller : {"operator/t1/olga", "client/t1/app",
                             "service/command-gate", "service/portal"}) {
    EXPECT_THAT(Upload({Piece(Blob(7, {}))}, caller),
                HasReason(reason::kCallerNotAllowed))
        << caller;
  }
}

}  // namespace
}  // namespace u2fi::attestation
