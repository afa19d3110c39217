// streams.mtls.idle_bytes: what one idle stream of a gateway costs the gate in
// memory, beside a bare gRPC server with the same certificates and the same
// kind of stream, which does nothing at all.
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "tests/contract/store/redis_server.h"
#include "tests/contract/store/temp_dir.h"
#include "tests/e2e/process_site.h"
#include "tests/load/bench_line.h"
#include "tests/load/idle_streams.h"

namespace u2fi::load {
namespace {

constexpr int kStreams = 2000;
// What a server needs once, for the first streams, is not counted.
constexpr int kWarmUp = 50;
constexpr char kName[] = "streams.mtls.idle_bytes";

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file),
                     std::istreambuf_iterator<char>());
}

// A stream that welcomes and then does nothing.
class BareStream : public grpc::ServerBidiReactor<gateway::v1::GatewayMessage,
                                                  gateway::v1::MeshMessage> {
 public:
  BareStream() {
    welcome_.mutable_welcome();
    StartRead(&incoming_);
    StartWrite(&welcome_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) Finish(grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  gateway::v1::GatewayMessage incoming_;
  gateway::v1::MeshMessage welcome_;
};

class BareLink : public gateway::v1::GatewayLink::CallbackService {
  grpc::ServerBidiReactor<gateway::v1::GatewayMessage,
                          gateway::v1::MeshMessage>*
  Connect(grpc::CallbackServerContext*) override {
    return new BareStream();
  }
};

// Runs as a process of its own: `streams_bench --bare ADDRESS CERT KEY ROOTS`.
int ServeBare(char** argv) {
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_key_cert_pairs.push_back({TextOf(argv[4]), TextOf(argv[3])});
  options.pem_root_certs = TextOf(argv[5]);
  BareLink service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[2], grpc::SslServerCredentials(options));
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  server->Wait();
  return 0;
}

// Bytes that each of kStreams idle streams adds to the process `pid`; negative
// if some did not open.
double BytesPerStream(pid_t pid, const std::string& address,
                      const std::string& roots,
                      const std::vector<GatewayIdentity>& identities) {
  IdleStreams streams;
  int64_t before = 0;
  for (size_t i = 0; i < identities.size(); ++i) {
    if (!streams.Open(address, identities[i], roots)) return -1;
    if (i + 1 == kWarmUp) before = e2e::ResidentBytesOf(pid);
  }
  return static_cast<double>(e2e::ResidentBytesOf(pid) - before) / kStreams;
}

absl::Status CreateGateways(e2e::ProcessSite& site,
                            const std::vector<GatewayIdentity>& identities) {
  device_registry::v1::CreateAccountRequest account;
  account.set_account_id("ann");
  account.mutable_account()->set_display_name("Ann");
  device_registry::v1::CreateAccountResponse account_made;
  grpc::ClientContext first;
  absl::Status status = rpc::FromGrpcStatus(
      site.operators().CreateAccount(&first, account, &account_made));
  if (!status.ok()) return status;
  device_registry::v1::CreateSiteRequest place;
  place.set_site_id("s1");
  place.mutable_site()->set_owner("ann");
  device_registry::v1::CreateSiteResponse place_made;
  grpc::ClientContext second;
  status = rpc::FromGrpcStatus(
      site.operators().CreateSite(&second, place, &place_made));
  for (size_t i = 0; status.ok() && i < identities.size(); ++i) {
    device_registry::v1::CreateGatewayRequest request;
    request.set_gateway_id(absl::StrCat("g", i));
    request.mutable_gateway()->set_site("s1");
    request.mutable_gateway()->set_public_key(identities[i].spki);
    device_registry::v1::CreateGatewayResponse made;
    grpc::ClientContext context;
    rpc::PrepareCall(context, absl::Seconds(10));
    status = rpc::FromGrpcStatus(
        site.operators().CreateGateway(&context, request, &made));
  }
  return status;
}

int Measure() {
  const auto site = e2e::ProcessSite::Start({/*mesh=*/true, 0});
  if (!site.ok()) {
    std::cerr << "streams_bench: " << site.status() << "\n";
    return 1;
  }
  const dev_ca::TestCa& ca = (*site)->ca();
  std::vector<GatewayIdentity> identities;
  identities.reserve(kWarmUp + kStreams);
  for (int i = 0; i < kWarmUp + kStreams; ++i) {
    identities.push_back(MakeGatewayIdentity(ca, absl::StrCat("g", i)));
  }
  const absl::Status created = CreateGateways(**site, identities);
  if (!created.ok()) {
    std::cerr << "streams_bench: " << created << "\n";
    return 1;
  }
  const rpc::TlsFiles files = ca.Files("service/challenge");
  const std::string roots = TextOf(files.roots);
  const std::string bare_address =
      absl::StrCat("127.0.0.1:", store::FreePort());
  (*site)->programs().Start(
      "bare", {"/proc/self/exe", "--bare", bare_address, files.certificate,
               files.key, files.roots});
  const double bare = BytesPerStream((*site)->programs().PidOf("bare"),
                                     bare_address, roots, identities);
  const double ours = BytesPerStream((*site)->programs().PidOf("command-gate"),
                                     (*site)->GateAddress(), roots, identities);
  if (ours < 0 || bare < 0) {
    std::cerr << "streams_bench: a stream did not open\n" << (*site)->Logs();
    return 1;
  }
  PrintBenchLine({kName, ours, "B", "a bare gRPC server's stream", bare});
  return 0;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) {
  if (argc == 6 && std::string(argv[1]) == "--bare") {
    return u2fi::load::ServeBare(argv);
  }
  if (!u2fi::load::IsAskedFor(argc, argv, u2fi::load::kName)) return 0;
  return u2fi::load::Measure();
}
