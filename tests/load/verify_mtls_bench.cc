// verify.mtls.webauthn.cpu_rate: assertions that the attestation service
// verifies over gRPC with mutual TLS, per second of its process's processor
// time, eight calls in flight: text, challenge, signature, counter, verdict
// and audit row, in a store in memory. Beside bare ECDSA_verify() of BoringSSL
// per second of processor time.
// verify.mtls.u2f.cpu_rate: the same for U2F answers of a gateway, which carry
// a second signature, the gateway's.
// verify.mtls.floor.cpu_us: the same call to a server in the same process that
// answers at once and with nothing. What the bound of the first one leaves for
// everything but the signature is 1.5 verifications.
#include <algorithm>
#include <thread>
#include <vector>

#include "services/common/crypto/bare_verifier.h"
#include "services/common/crypto/key_test_util.h"
#include "services/common/rpc/channel.h"
#include "tests/load/bench_line.h"
#include "tests/load/ceremonies.h"
#include "tests/load/interleaved.h"
#include "tests/load/verify_server.h"
#include "u2fi/attestation/v1/attestation.grpc.pb.h"

namespace u2fi::load {
namespace {

constexpr int kRounds = 11;
constexpr int kCalls = 160;
// Not measured: connections, first pages, keys into the cache.
constexpr int kWarmUp = 160;

using Stub = attestation::v1::Attestation::Stub;

bool Call(Stub& stub, const std::string& bytes,
          attestation::v1::VerifyAssertionResponse& response) {
  attestation::v1::VerifyAssertionRequest request;
  grpc::ClientContext context;
  rpc::PrepareCall(context, absl::Seconds(30));
  return request.ParseFromString(bytes) &&
         stub.VerifyAssertion(&context, request, &response).ok();
}

bool Verify(Stub& stub, const std::string& bytes) {
  attestation::v1::VerifyAssertionResponse response;
  return Call(stub, bytes, response) &&
         response.verdict().outcome() == common::v1::OUTCOME_ACCEPTED;
}

bool CallBare(Stub& stub, const std::string& bytes) {
  attestation::v1::VerifyAssertionResponse response;
  return Call(stub, bytes, response);
}

// Sends requests [begin, begin + count), those of each token one after the
// other.
using Caller = bool (*)(Stub&, const std::string&);
void SendAll(Caller call, Stub& stub, const std::vector<std::string>& requests,
             int begin, int count) {
  std::vector<std::thread> callers;
  callers.reserve(VerifyServer::kTokens);
  for (int token = 0; token < VerifyServer::kTokens; ++token) {
    callers.emplace_back([&, token] {
      for (int i = token; i < count; i += VerifyServer::kTokens) {
        Require(call(
            stub,
            requests[static_cast<size_t>(begin) + static_cast<size_t>(i)]));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

// Bare verifications per second of processor time.
double BareRate(const crypto::BareVerifier& bare,
                const std::string& signature) {
  const double start = ThreadCpuSeconds();
  for (int i = 0; i < kCalls; ++i) Require(bare.Verify(signature));
  return kCalls / (ThreadCpuSeconds() - start);
}

// Calls, and bare verifications, per second of processor time; of the rounds
// the one with the median ratio.
Rates Measure(Caller call, const VerifyServer& server, Stub& stub,
              const std::vector<std::string>& requests) {
  const crypto::TestKey key = crypto::TestKey::Generate(crypto::KeyType::kP256);
  const auto algorithm = crypto::SignatureAlgorithm::kEcdsaSha256;
  const std::string signature = key.Sign(algorithm, "message");
  const crypto::BareVerifier bare(key.public_key(), algorithm, "message");
  SendAll(call, stub, requests, 0, kWarmUp);
  std::vector<Rates> rounds;
  for (int i = 0; i < kRounds; ++i) {
    const double before = server.CpuSeconds();
    SendAll(call, stub, requests, kWarmUp + i * kCalls, kCalls);
    const double used = server.CpuSeconds() - before;
    rounds.push_back({kCalls / used, BareRate(bare, signature)});
  }
  std::sort(rounds.begin(), rounds.end(), [](const Rates& a, const Rates& b) {
    return a.ours * b.baseline < b.ours * a.baseline;
  });
  return rounds[rounds.size() / 2];
}

void MeasureVerifier(const std::string& name, const VerifyServer& server,
                     Stub& stub, const std::vector<std::string>& requests) {
  const Rates rates = Measure(Verify, server, stub, requests);
  PrintBenchLine({name, rates.ours, "1/s of CPU",
                  "BoringSSL, bare ES256, 1/s of CPU", rates.baseline});
}

void MeasureFloor(const std::string& name, const VerifyServer& server,
                  Stub& stub) {
  const Rates rates = Measure(CallBare, server, stub, server.webauthn());
  PrintBenchLine({name, 1e6 / rates.ours, "us", "BoringSSL, bare ES256",
                  1e6 / rates.baseline});
}

int Main(int argc, char** argv) {
  const std::string webauthn = "verify.mtls.webauthn.cpu_rate";
  const std::string u2f = "verify.mtls.u2f.cpu_rate";
  const std::string floor = "verify.mtls.floor.cpu_us";
  const auto asked = [&](const std::string& name) {
    return IsAskedFor(argc, argv, name);
  };
  if (!asked(webauthn) && !asked(u2f) && !asked(floor)) return 0;
  const dev_ca::TestCa ca;
  const VerifyServer server(ca, kWarmUp + kRounds * kCalls);
  const auto identity = ca.Identity("service/command-gate");
  const auto stub_at = [&](int port) {
    return attestation::v1::Attestation::NewStub(rpc::NewChannel(
        *identity, absl::StrCat("127.0.0.1:", port), "attestation"));
  };
  const auto stub = stub_at(server.port());
  if (asked(webauthn)) {
    MeasureVerifier(webauthn, server, *stub, server.webauthn());
  }
  if (asked(u2f)) MeasureVerifier(u2f, server, *stub, server.u2f());
  if (asked(floor)) MeasureFloor(floor, server, *stub_at(server.bare_port()));
  return 0;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) { return u2fi::load::Main(argc, argv); }
