#include "tests/load/verify_server.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "services/attestation/attestation_server.h"
#include "services/attestation/webauthn_test_case.h"
#include "services/common/rpc/server.h"

namespace u2fi::load {
namespace {

// Threads that work on calls, as the service's own default.
constexpr int kThreads = 8;

void Require(bool passed, const char* what) {
  if (passed) return;
  std::fprintf(stderr, "verify_server: %s\n", what);
  std::exit(1);
}

// The service with what its tests make: tokens that sign whatever is asked.
class Service : public attestation::WebAuthnTestCase {
 public:
  void TestBody() override {}

  void EnrolAll() {
    // As many tokens as an account may have.
    attestation::v1::UpdateEnrolmentPolicyRequest most;
    const rpc::Caller olga = rpc::TestCaller("operator/t1/olga");
    attestation::v1::GetEnrolmentPolicyRequest get;
    *most.mutable_policy() = core_.policy.Get(olga, get)->policy();
    most.mutable_policy()->set_tokens_per_account(2 * VerifyServer::kTokens);
    Require(core_.policy.Update(olga, most).ok(), "the policy does not change");
    for (int i = 0; i < VerifyServer::kTokens; ++i) {
      fido::FakeU2fToken& token = u2f_.emplace_back();
      token.key_handle = std::string(64, static_cast<char>('a' + i));
      Require((i == 0 ? Enrol(token)
                      : EnrolSecond(u2f_[0], token, static_cast<char>('0' + i)))
                  .ok(),
              "a U2F token is not enrolled");
      EnrolWebAuthn(i);
    }
  }
  std::string U2fAnswer(int token, uint32_t counter) {
    const std::string statement = AskForTouch();
    return Assertion(statement, Answer(u2f_[static_cast<size_t>(token)],
                                       statement, counter))
        .SerializeAsString();
  }
  std::string WebAuthnAnswer(int token, uint32_t counter) {
    const std::string statement = AskAt(Place::kPortal);
    const auto& by = *webauthn_[static_cast<size_t>(token)];
    return AssertionAt(Place::kPortal, statement,
                       AnswerAt(Place::kPortal, by, statement, counter))
        .SerializeAsString();
  }
  attestation::AttestationServer& server() { return server_; }

 private:
  void EnrolWebAuthn(int i) {
    const fido::AlgorithmCase& kind = fido::kAlgorithmCases[0];
    const crypto::TestKey& key =
        *keys_.emplace_back(std::make_unique<crypto::TestKey>(
            crypto::TestKey::Generate(kind.type)));
    fido::FakeWebAuthnToken& token = *webauthn_.emplace_back(
        std::make_unique<fido::FakeWebAuthnToken>(Token("packed", kind)));
    token.key = &key;
    token.cose = fido::CosePairsOf(key, kind);
    token.credential_id = std::string(32, static_cast<char>('a' + i));
    const auto verified =
        core_.registrations.Verify(RegistrationAt(Place::kPortal, token));
    Require(verified.ok(), "a WebAuthn token is not registered");
    attestation::v1::ApplyRequest apply =
        ApplyAt(Place::kPortal, *verified, token, static_cast<char>('A' + i));
    *apply.add_approvals() =
        EnrolApproval(u2f_[0], apply.items(0).command(), 200);
    Require(core_.applier.Apply(apply).ok(),
            "a WebAuthn token is not enrolled");
  }

  std::vector<fido::FakeU2fToken> u2f_;
  std::vector<std::unique_ptr<crypto::TestKey>> keys_;
  std::vector<std::unique_ptr<fido::FakeWebAuthnToken>> webauthn_;
  audit::ThreadExecutor calls_{kThreads};
  attestation::AttestationServer server_{core_, calls_};
};

// Answers on gRPC's own thread and does nothing: what the wire alone costs.
class NoWork : public attestation::v1::Attestation::CallbackService {
  grpc::ServerUnaryReactor* VerifyAssertion(
      grpc::CallbackServerContext* context,
      const attestation::v1::VerifyAssertionRequest*,
      attestation::v1::VerifyAssertionResponse*) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

void WriteText(int fd, const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t more =
        write(fd, text.data() + written, text.size() - written);
    Require(more > 0, "cannot write");
    written += static_cast<size_t>(more);
  }
}

std::string FramedWith(const std::string& text) {
  return absl::StrCat(text.size(), "\n", text);
}

// What runs in the other process; never returns.
[[noreturn]] void Serve(const dev_ca::TestCa& ca, int answers, int out,
                        int stop) {
  // As all programs of the mesh.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const auto identity = ca.Identity("service/attestation");
  auto service = std::make_unique<Service>();
  service->EnrolAll();
  std::string text;
  for (int i = 0; i < answers; ++i) {
    const auto counter = static_cast<uint32_t>(1000 + i);
    const int token = i % VerifyServer::kTokens;
    text += FramedWith(service->U2fAnswer(token, counter));
    text += FramedWith(service->WebAuthnAnswer(token, counter));
  }
  rpc::ServiceList services;
  services.Add<attestation::v1::Attestation>(service->server());
  auto server =
      rpc::Server::ListenMutualTls(services, {}, *identity, "127.0.0.1:0");
  Require(server.ok(), "cannot listen");
  NoWork no_work;
  int bare_port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", identity->ForServer(), &bare_port);
  builder.RegisterService(&no_work);
  const auto bare = builder.BuildAndStart();
  Require(bare != nullptr, "cannot listen twice");
  WriteText(out, absl::StrCat((*server)->port(), "\n", bare_port, "\n", text));
  close(out);
  char byte = 0;
  while (read(stop, &byte, 1) > 0) {
  }
  (*server)->Shutdown(absl::ZeroDuration());
  _exit(0);
}

std::string ReadAll(int fd) {
  std::string text;
  char buffer[65536];
  ssize_t got = 0;
  while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

// The number before the next line's end.
size_t NextNumber(const std::string& text, size_t& at) {
  const size_t end = text.find('\n', at);
  Require(end != std::string::npos, "the server did not start");
  const size_t number = std::strtoul(text.c_str() + at, nullptr, 10);
  at = end + 1;
  return number;
}

}  // namespace

VerifyServer::VerifyServer(const dev_ca::TestCa& ca, int answers) {
  int from[2], to[2];
  Require(pipe(from) == 0 && pipe(to) == 0, "no pipes");
  pid_ = fork();
  Require(pid_ >= 0, "cannot fork");
  if (pid_ == 0) {
    close(from[0]);
    close(to[1]);
    Serve(ca, answers, from[1], to[0]);
  }
  close(from[1]);
  close(to[0]);
  stop_ = to[1];
  const std::string text = ReadAll(from[0]);
  close(from[0]);
  size_t at = 0;
  port_ = static_cast<int>(NextNumber(text, at));
  bare_port_ = static_cast<int>(NextNumber(text, at));
  for (int i = 0; i < 2 * answers; ++i) {
    const size_t size = NextNumber(text, at);
    (i % 2 == 0 ? u2f_ : webauthn_).push_back(text.substr(at, size));
    at += size;
  }
}

VerifyServer::~VerifyServer() {
  close(stop_);
  int status = 0;
  waitpid(pid_, &status, 0);
}

double VerifyServer::CpuSeconds() const {
  clockid_t clock;
  timespec time;
  Require(clock_getcpuclockid(pid_, &clock) == 0 &&
              clock_gettime(clock, &time) == 0,
          "the server is gone");
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace u2fi::load
