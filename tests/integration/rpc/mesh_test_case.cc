#include "tests/integration/rpc/mesh_test_case.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"

namespace u2fi::rpc {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(20);

}  // namespace

void MeshTestCase::Listen(const ServerOptions& options,
                          const std::string& identity) {
  server_tls_ = ca_.Identity(identity);
  server_ = Server::ListenMutualTls(ServiceList().Add<test::Echo>(echo_),
                                    options, *server_tls_, "127.0.0.1:0")
                .value();
}

std::string MeshTestCase::Target() const {
  return absl::StrCat("ipv4:127.0.0.1:", server_->port());
}

std::shared_ptr<grpc::Channel> MeshTestCase::ChannelOf(
    const std::string& identity) {
  client_tls_.push_back(ca_.Identity(identity));
  return NewChannel(*client_tls_.back(), Target(), "command-gate");
}

std::shared_ptr<grpc::Channel> MeshTestCase::RawChannel(
    const dev_ca::Leaf* leaf) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ca_.ca().certificate();
  if (leaf != nullptr) {
    const dev_ca::Issued issued = ca_.ca().Issue(*leaf);
    options.pem_cert_chain = issued.certificate;
    options.pem_private_key = issued.key;
  }
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(Target(), grpc::SslCredentials(options),
                                   arguments);
}

grpc::Status MeshTestCase::SayRaw(const std::shared_ptr<grpc::Channel>& channel,
                                  const std::string& text) {
  grpc::ClientContext context;
  PrepareCall(context, kTimeout);
  test::EchoMessage request;
  request.set_text(text);
  test::EchoMessage response;
  grpc::Status status =
      test::Echo::NewStub(channel)->Say(&context, request, &response);
  if (status.ok()) EXPECT_EQ(response.text(), text);
  return status;
}

absl::Status MeshTestCase::Say(const std::shared_ptr<grpc::Channel>& channel,
                               const std::string& text) {
  return FromGrpcStatus(SayRaw(channel, text));
}

grpc::Status MeshTestCase::CallRaw(
    const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
    absl::string_view request, std::string* response) {
  grpc::ClientContext context;
  PrepareCall(context, kTimeout);
  const grpc::Slice slice(request.data(), request.size());
  const grpc::ByteBuffer bytes(&slice, 1);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel);
  const auto call = stub.PrepareUnaryCall(&context, path, bytes, &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (response != nullptr && status.ok()) {
    std::vector<grpc::Slice> slices;
    answer.Dump(&slices);
    for (const grpc::Slice& part : slices) {
      response->append(reinterpret_cast<const char*>(part.begin()),
                       part.size());
    }
  }
  return status;
}

}  // namespace u2fi::rpc
