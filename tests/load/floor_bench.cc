// gate.floor.cpu_us: what the wire of one critical command costs when nothing
// happens at its ends. The same calls and messages of the same sizes as the
// standalone and its agents exchange, over mutual TLS with the same gRPC: two
// unary calls, four messages down and four up on a gateway's stream. No store,
// no signature, no key, no broker, no device. It tells how near to the bound
// of gate.standalone.cpu_us a program on this gRPC can come.
// gate.floor.commit_cpu_us: one durable commit of one record on SQLite, 32
// callers at a time.
#include <atomic>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "services/common/crypto/bare_verifier.h"
#include "services/common/crypto/key_test_util.h"
#include "services/common/random/system_random.h"
#include "services/common/store/sqlite_store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "tests/contract/store/temp_dir.h"
#include "tests/e2e/programs.h"
#include "tests/load/bench_line.h"
#include "tests/load/ceremonies.h"
#include "tests/load/interleaved.h"
#include "tests/ports/free_port.h"
#include "tools/dev-ca/test_ca.h"
#include "u2fi/command_gate/v1/gate.grpc.pb.h"
#include "u2fi/gateway/v1/link.grpc.pb.h"

namespace u2fi::load {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

constexpr char kName[] = "gate.floor.cpu_us";
constexpr char kCommitName[] = "gate.floor.commit_cpu_us";
constexpr char kBaseline[] = "one bare P-256 verification";
// As gate_bench.
constexpr int kGateways = 12;
constexpr int kInFlight = 32;
constexpr int kWarmUp = 200;
constexpr int kCommands = 3000;
// Bytes of a command with its statement, and of an answer, as they are.
constexpr size_t kQuestionSize = 700;
constexpr size_t kAnswerSize = 500;

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file),
                     std::istreambuf_iterator<char>());
}

// A bidirectional reactor with a queue of messages to write. Thread-safe.
template <typename Reactor, typename Out>
class Queued : public Reactor {
 public:
  void Send(Out message) {
    MutexLock lock(mutex_);
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) this->StartWrite(&queue_.front());
  }
  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    queue_.pop_front();
    if (ok && !queue_.empty()) this->StartWrite(&queue_.front());
  }

 private:
  Mutex mutex_;
  std::deque<Out> queue_ ABSL_GUARDED_BY(mutex_);
};

// Which commands have ended, and who waits for them. Thread-safe.
class Ends {
 public:
  void Wait(const std::string& id, grpc::ServerUnaryReactor* reactor) {
    {
      MutexLock lock(mutex_);
      const auto [entry, waits] = waiting_.emplace(id, reactor);
      if (waits) return;
      waiting_.erase(entry);
    }
    reactor->Finish(grpc::Status::OK);
  }
  void End(const std::string& id) {
    grpc::ServerUnaryReactor* reactor = nullptr;
    {
      MutexLock lock(mutex_);
      const auto [entry, nobody] = waiting_.emplace(id, nullptr);
      if (nobody) return;
      reactor = entry->second;
      waiting_.erase(entry);
    }
    reactor->Finish(grpc::Status::OK);
  }

 private:
  Mutex mutex_;
  // Null: it ended before anybody waited.
  std::map<std::string, grpc::ServerUnaryReactor*> waiting_
      ABSL_GUARDED_BY(mutex_);
};

// A gateway's stream at the server.
class FloorStream
    : public Queued<grpc::ServerBidiReactor<GatewayMessage, MeshMessage>,
                    MeshMessage> {
 public:
  explicit FloorStream(Ends& ends) : ends_(ends) { StartRead(&incoming_); }

  void Ask(const std::string& id) {
    MeshMessage ask;
    ask.mutable_approval_request()->set_approval_id(id);
    ask.mutable_approval_request()->set_statement(
        std::string(kQuestionSize, 's'));
    Send(std::move(ask));
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    if (incoming_.has_approval_answer()) {
      Approved(incoming_.approval_answer().approval_id());
    }
    if (incoming_.has_command_result()) {
      const std::string& id = incoming_.command_result().command_id();
      MeshMessage ack;
      ack.mutable_result_ack()->add_message_ids(id);
      Send(std::move(ack));
      ends_.End(id);
    }
    StartRead(&incoming_);
  }
  void OnDone() override { delete this; }

 private:
  void Approved(const std::string& id) {
    MeshMessage outcome;
    outcome.mutable_approval_outcome()->set_approval_id(id);
    Send(std::move(outcome));
    MeshMessage execute;
    execute.set_traceparent(id);
    execute.mutable_execute_command()->set_command(
        std::string(kQuestionSize, 'c'));
    Send(std::move(execute));
  }

  Ends& ends_;
  GatewayMessage incoming_;
};

class FloorLink : public gateway::v1::GatewayLink::CallbackService {
 public:
  explicit FloorLink(Ends& ends) : ends_(ends) {}

  // The stream that takes the next command; null if there are not all yet.
  FloorStream* Next() {
    MutexLock lock(mutex_);
    if (streams_.size() < kGateways) return nullptr;
    return streams_[next_++ % kGateways];
  }

 private:
  grpc::ServerBidiReactor<GatewayMessage, MeshMessage>* Connect(
      grpc::CallbackServerContext*) override {
    MutexLock lock(mutex_);
    streams_.push_back(new FloorStream(ends_));
    return streams_.back();
  }

  Ends& ends_;
  Mutex mutex_;
  std::vector<FloorStream*> streams_ ABSL_GUARDED_BY(mutex_);
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
};

class FloorGate : public command_gate::v1::CommandGate::CallbackService {
 public:
  FloorGate(FloorLink& link, Ends& ends) : link_(link), ends_(ends) {}

  grpc::ServerUnaryReactor* SubmitCommand(
      grpc::CallbackServerContext* context,
      const command_gate::v1::SubmitCommandRequest*,
      command_gate::v1::SubmitCommandResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    FloorStream* stream = link_.Next();
    if (stream == nullptr) {
      reactor->Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "not yet"));
      return reactor;
    }
    const std::string id = absl::StrCat("c", ++last_);
    stream->Ask(id);
    response->mutable_command()->set_name(id);
    response->mutable_command()->set_command(std::string(kAnswerSize, 'c'));
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerUnaryReactor* WaitCommand(
      grpc::CallbackServerContext* context,
      const command_gate::v1::WaitCommandRequest* request,
      command_gate::v1::WaitCommandResponse* response) override {
    response->mutable_command()->set_command(std::string(kAnswerSize, 'c'));
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    ends_.Wait(request->name(), reactor);
    return reactor;
  }

 private:
  FloorLink& link_;
  Ends& ends_;
  std::atomic<uint64_t> last_{0};
};

// A gateway's end of the stream: it answers at once.
class FloorAgent
    : public Queued<grpc::ClientBidiReactor<GatewayMessage, MeshMessage>,
                    GatewayMessage> {
 public:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (incoming_.has_approval_request()) {
      const std::string& id = incoming_.approval_request().approval_id();
      GatewayMessage received;
      received.mutable_approval_received()->set_approval_id(id);
      Send(std::move(received));
      GatewayMessage answer;
      answer.mutable_approval_answer()->set_approval_id(id);
      answer.mutable_approval_answer()->mutable_assertion()->set_client_data(
          std::string(kAnswerSize, 'a'));
      Send(std::move(answer));
    }
    if (incoming_.has_execute_command()) Execute(incoming_.traceparent());
    StartRead(&incoming_);
  }
  void OnDone(const grpc::Status&) override {
    MutexLock lock(mutex_);
    done_ = true;
    changed_.NotifyAll();
  }
  void RunUntilDone() {
    StartRead(&incoming_);
    StartCall();
    MutexLock lock(mutex_);
    while (!done_) changed_.Wait(mutex_);
  }

 private:
  void Execute(const std::string& id) {
    GatewayMessage accepted;
    accepted.mutable_command_accepted()->set_command_id(id);
    Send(std::move(accepted));
    GatewayMessage result;
    result.mutable_command_result()->set_command_id(id);
    Send(std::move(result));
  }

  MeshMessage incoming_;
  Mutex mutex_;
  CondVar changed_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address,
                                         const std::string& certificate,
                                         const std::string& key,
                                         const std::string& roots) {
  grpc::SslCredentialsOptions options;
  options.pem_cert_chain = TextOf(certificate);
  options.pem_private_key = TextOf(key);
  options.pem_root_certs = TextOf(roots);
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(options),
                                   arguments);
}

// `floor_bench --serve ADDRESS CERT KEY ROOTS`.
int Serve(char** argv) {
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_key_cert_pairs.push_back({TextOf(argv[4]), TextOf(argv[3])});
  options.pem_root_certs = TextOf(argv[5]);
  Ends ends;
  FloorLink link(ends);
  FloorGate gate(link, ends);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[2], grpc::SslServerCredentials(options));
  builder.RegisterService(&link);
  builder.RegisterService(&gate);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  server->Wait();
  return 0;
}

// `floor_bench --agent ADDRESS CERT KEY ROOTS`.
int RunAgent(char** argv) {
  const auto stub = gateway::v1::GatewayLink::NewStub(
      ChannelTo(argv[2], argv[3], argv[4], argv[5]));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  FloorAgent agent;
  stub->async()->Connect(&context, &agent);
  agent.RunUntilDone();
  return 0;
}

bool RunOne(command_gate::v1::CommandGate::Stub& stub) {
  command_gate::v1::SubmitCommandRequest submit;
  submit.mutable_item()->set_json(std::string(kAnswerSize, 'c'));
  command_gate::v1::SubmitCommandResponse submitted;
  grpc::ClientContext first;
  first.set_wait_for_ready(true);
  if (!stub.SubmitCommand(&first, submit, &submitted).ok()) return false;
  command_gate::v1::WaitCommandRequest wait;
  wait.set_name(submitted.command().name());
  command_gate::v1::WaitCommandResponse ended;
  grpc::ClientContext second;
  return stub.WaitCommand(&second, wait, &ended).ok();
}

int RunMany(command_gate::v1::CommandGate::Stub& stub, int count) {
  std::atomic<int> left{count};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  threads.reserve(kInFlight);
  for (int i = 0; i < kInFlight; ++i) {
    threads.emplace_back([&] {
      while (left.fetch_sub(1) > 0) failed += RunOne(stub) ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failed;
}

double CpuSeconds(const e2e::Programs& programs,
                  const std::vector<std::string>& names) {
  absl::Duration cpu;
  for (pid_t pid : programs.PidsOf(names)) cpu += e2e::CpuOf(pid);
  return absl::ToDoubleSeconds(cpu);
}

// Seconds of processor time of one bare P-256 verification.
double BareVerification() {
  constexpr int kCalls = 2000;
  const crypto::TestKey key = crypto::TestKey::Generate(crypto::KeyType::kP256);
  const auto algorithm = crypto::SignatureAlgorithm::kEcdsaSha256;
  const std::string signature = key.Sign(algorithm, "message");
  const crypto::BareVerifier bare(key.public_key(), algorithm, "message");
  const double start = ThreadCpuSeconds();
  for (int i = 0; i < kCalls; ++i) Require(bare.Verify(signature));
  return (ThreadCpuSeconds() - start) / kCalls;
}

int Measure() {
  const dev_ca::TestCa ca;
  const store::TempDir folder;
  e2e::Programs programs(folder.Join(""));
  const std::string address = absl::StrCat("127.0.0.1:", FreePort());
  const auto start = [&](const std::string& name, const std::string& flag,
                         const std::string& identity) {
    const rpc::TlsFiles files = ca.Files(identity);
    programs.Start(name, {"/proc/self/exe", flag, address, files.certificate,
                          files.key, files.roots});
    return name;
  };
  std::vector<std::string> names = {
      start("server", "--serve", "service/command-gate")};
  for (int i = 0; i < kGateways; ++i) {
    names.push_back(start(absl::StrCat("agent-", i), "--agent",
                          absl::StrCat("gateway/t1/s1/g", i)));
  }
  const rpc::TlsFiles files = ca.Files("client/t1/app");
  const auto stub = command_gate::v1::CommandGate::NewStub(
      ChannelTo(address, files.certificate, files.key, files.roots));
  for (int i = 0; !RunOne(*stub); ++i) {
    if (i == 100) {
      std::cerr << "floor_bench: the agents do not connect\n";
      return 1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  if (RunMany(*stub, kWarmUp) > 0) return 1;
  const double bare = BareVerification();
  const double before = CpuSeconds(programs, names);
  if (RunMany(*stub, kCommands) > 0) return 1;
  PrintBenchLine({kName,
                  (CpuSeconds(programs, names) - before) / kCommands * 1e6,
                  "us", kBaseline, bare * 1e6});
  return 0;
}

double ProcessCpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

void MeasureCommit() {
  const store::TempDir folder;
  store::SqliteOptions options;
  options.path = folder.Join("store.db");
  const auto opened =
      store::OpenSqliteStore(options, SystemClock(), SystemRandom());
  Require(opened.ok());
  store::Store& engine = *opened->store;
  const auto place = store::Partition::Make("bench", "tenant");
  const store::Epoch epoch = engine.Get(*place, {})->epoch;
  const double bare = BareVerification();
  const double before = ProcessCpuSeconds();
  std::atomic<int> next{0};
  std::vector<std::thread> threads;
  threads.reserve(kInFlight);
  for (int i = 0; i < kInFlight; ++i) {
    threads.emplace_back([&] {
      for (int n = next++; n < kCommands; n = next++) {
        store::CommitRequest commit;
        commit.epoch = epoch;
        commit.put = {{absl::StrCat("c/", n), std::string(kQuestionSize, 'v')}};
        commit.durability = store::Durability::kDurable;
        Require(engine.Commit(*place, commit).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  PrintBenchLine({kCommitName, (ProcessCpuSeconds() - before) / kCommands * 1e6,
                  "us", kBaseline, bare * 1e6});
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) {
  const std::string flag = argc == 6 ? argv[1] : "";
  if (flag == "--serve") return u2fi::load::Serve(argv);
  if (flag == "--agent") return u2fi::load::RunAgent(argv);
  using u2fi::load::IsAskedFor;
  if (IsAskedFor(argc, argv, u2fi::load::kCommitName)) {
    u2fi::load::MeasureCommit();
  }
  if (!IsAskedFor(argc, argv, u2fi::load::kName)) return 0;
  return u2fi::load::Measure();
}
