// streams.mtls.idle_bytes: what one idle stream of a gateway costs the gate in
// memory, beside a bare gRPC server with the same certificates and the same
// kind of stream, which does nothing at all. streams.plain.idle_bytes: the bare
// server without TLS, which the gate does not speak, beside that with it.
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/contract/store/temp_dir.h"
#include "tests/e2e/process_site.h"
#include "tests/load/bench_line.h"
#include "tests/load/idle_streams.h"
#include "tests/ports/free_port.h"

namespace u2fi::load {
namespace {

constexpr int kStreams = 2000;
// What a server needs once, for the first streams, is not counted.
constexpr int kWarmUp = 50;
constexpr char kName[] = "streams.mtls.idle_bytes";
constexpr char kPlainName[] = "streams.plain.idle_bytes";

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

// Runs as a process of its own: `streams_bench --bare ADDRESS CERT KEY ROOTS`,
// or without TLS `streams_bench --bare ADDRESS`.
int ServeBare(int argc, char** argv) {
  std::shared_ptr<grpc::ServerCredentials> credentials =
      grpc::InsecureServerCredentials();
  if (argc == 6) {
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_key_cert_pairs.push_back({TextOf(argv[4]), TextOf(argv[3])});
    options.pem_root_certs = TextOf(argv[5]);
    credentials = grpc::SslServerCredentials(options);
  }
  BareLink service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[2], credentials);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  server->Wait();
  return 0;
}

// Bytes that each of kStreams idle streams adds to the process `pid`, of which
// `open` opens the one with that number; negative if some did not open.
double BytesPerStream(
    pid_t pid, const std::function<bool(IdleStreams&, size_t number)>& open) {
  IdleStreams streams;
  int64_t before = 0;
  for (size_t i = 0; i < kWarmUp + kStreams; ++i) {
    if (!open(streams, i)) return -1;
    if (i + 1 == kWarmUp) before = e2e::ResidentBytesOf(pid);
  }
  return static_cast<double>(e2e::ResidentBytesOf(pid) - before) / kStreams;
}

// Starts a bare server, with `tls` or without, and gives its address.
std::string StartBare(e2e::ProcessSite& site, const std::string& name,
                      const std::vector<std::string>& tls) {
  std::string address = absl::StrCat("127.0.0.1:", FreePort());
  std::vector<std::string> words = {"/proc/self/exe", "--bare", address};
  words.insert(words.end(), tls.begin(), tls.end());
  site.programs().Start(name, words);
  return address;
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
  const absl::Status created = CreateGateways((*site)->operators(), identities);
  if (!created.ok()) {
    std::cerr << "streams_bench: " << created << "\n";
    return 1;
  }
  const rpc::TlsFiles files = ca.Files("service/challenge");
  const std::string roots = TextOf(files.roots);
  const auto measure = [&](const std::string& name,
                           const std::string& address) {
    return BytesPerStream((*site)->programs().PidOf(name),
                          [&](IdleStreams& streams, size_t i) {
                            return streams.Open(address, identities[i], roots);
                          });
  };
  const std::string plain_address = StartBare(**site, "plain", {});
  const double plain = BytesPerStream((*site)->programs().PidOf("plain"),
                                      [&](IdleStreams& streams, size_t) {
                                        return streams.OpenPlain(plain_address);
                                      });
  const double bare = measure(
      "bare",
      StartBare(**site, "bare", {files.certificate, files.key, files.roots}));
  const double ours = measure("command-gate", (*site)->GateAddress());
  if (ours < 0 || bare < 0 || plain < 0) {
    std::cerr << "streams_bench: a stream did not open\n" << (*site)->Logs();
    return 1;
  }
  PrintBenchLine({kName, ours, "B", "a bare gRPC server's stream", bare});
  PrintBenchLine({kPlainName, plain, "B", "the same with TLS", bare});
  return 0;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) {
  if (argc > 2 && std::string(argv[1]) == "--bare") {
    return u2fi::load::ServeBare(argc, argv);
  }
  if (!u2fi::load::IsAskedFor(argc, argv, u2fi::load::kName) &&
      !u2fi::load::IsAskedFor(argc, argv, u2fi::load::kPlainName)) {
    return 0;
  }
  return u2fi::load::Measure();
}
