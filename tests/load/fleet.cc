#include "tests/load/fleet.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/grpcpp.h"
#include "services/common/file/file.h"
#include "services/common/random/system_random.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/gate_addresses.h"
#include "services/gateway-agent/gates.h"
#include "services/gateway-agent/mesh_link.h"
#include "services/gateway-agent/mesh_sender.h"

namespace u2fi::load {
namespace {

using gateway_agent::GateAddresses;
using gateway_agent::MeshLink;

constexpr char kWord[] = "--fleet";
// What is read keeps as much memory.
constexpr size_t kMaxFile = 16 << 10;
constexpr absl::Duration kLook = absl::Milliseconds(100);
// As the agent's (services/common/rpc/channel.cc).
constexpr int kConnectMs = 5'000;

std::string TextOf(const std::string& path) {
  return ReadFile(path, kMaxFile).value_or("");
}

// Never half of it is seen.
void Write(const std::string& path, const std::string& text) {
  std::ofstream(path + ".new") << text;
  std::rename((path + ".new").c_str(), path.c_str());
}

std::string CountFile(const Fleet& fleet) {
  return absl::StrCat(fleet.folder, "/connected-", fleet.first);
}
std::string GatesFile(const std::string& folder) { return folder + "/gates"; }

// The target that all gateways of this process have now.
class Target {
 public:
  void Set(const std::string& target) {
    MutexLock lock(mutex_);
    if (target == target_) return;
    target_ = target;
    addresses_ = std::make_unique<GateAddresses>(target, SystemRandom(),
                                                 gateway_agent::LookUpHost);
  }
  std::vector<std::string> Shuffled(absl::string_view former) {
    MutexLock lock(mutex_);
    return addresses_->Shuffled(former);
  }

 private:
  Mutex mutex_;
  std::string target_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<GateAddresses> addresses_ ABSL_GUARDED_BY(mutex_);
};

// Places for those who are connecting.
class Turns {
 public:
  // One place, until it is given back or goes.
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(turns) { turns_.Take(); }
    ~Turn() { End(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    void End() {
      if (!ended_.exchange(true)) turns_.GiveBack();
    }

   private:
    Turns& turns_;
    std::atomic<bool> ended_{false};
  };

 private:
  void Take() {
    MutexLock lock(mutex_);
    while (free_ == 0) freed_.Wait(mutex_);
    --free_;
  }
  void GiveBack() {
    MutexLock lock(mutex_);
    ++free_;
    freed_.NotifyOne();
  }

  Mutex mutex_;
  CondVar freed_;
  int free_ ABSL_GUARDED_BY(mutex_) = Fleet::kAtOnce;
};

// The gates as one gateway sees them. As MeshGates, but that reads its files
// again and again, by a thread of its own.
class FleetGates : public gateway_agent::Gates,
                   public gateway_agent::MeshHandler {
 public:
  FleetGates(Target& target, Turns& turns, const std::string& folder,
             int number, const std::string& roots)
      : target_(target), turns_(turns) {
    const std::string files = absl::StrCat(folder, "/g", number);
    options_.pem_root_certs = roots;
    options_.pem_private_key = TextOf(files + ".key");
    options_.pem_cert_chain = TextOf(files + ".crt");
  }

  std::vector<std::string> Addresses(absl::string_view former) override {
    return target_.Shuffled(former);
  }
  std::unique_ptr<gateway::v1::GatewayLink::StubInterface> Connect(
      const std::string& address) override {
    grpc::ChannelArguments arguments;
    // Services are certified for this name too; a client of a test need not
    // look at the URI.
    arguments.SetSslTargetNameOverride("localhost");
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
    auto turn = std::make_shared<Turns::Turn>(turns_);
    {
      MutexLock lock(mutex_);
      turn_ = turn;
    }
    auto channel = grpc::CreateCustomChannel(
        address, grpc::SslCredentials(options_), arguments);
    // The place goes with the connection, if that is not welcomed before.
    return gateway::v1::GatewayLink::NewStub(
        std::shared_ptr<grpc::ChannelInterface>(
            channel.get(), [channel, turn](grpc::ChannelInterface*) {}));
  }

  void OnConnected(const gateway::v1::Welcome&) override {
    MutexLock lock(mutex_);
    const std::shared_ptr<Turns::Turn> turn = turn_.lock();
    if (turn != nullptr) turn->End();
  }
  bool OnMessage(const gateway::v1::MeshMessage&) override { return true; }

 private:
  Target& target_;
  Turns& turns_;
  Mutex mutex_;
  // Of the last connection.
  std::weak_ptr<Turns::Turn> turn_ ABSL_GUARDED_BY(mutex_);
  grpc::SslCredentialsOptions options_;
};

gateway::v1::Hello Greeting() {
  gateway::v1::Hello hello;
  hello.set_format_min(1);
  hello.set_format_max(1);
  return hello;
}

struct Gateway {
  Gateway(Target& target, Turns& turns, const std::string& folder, int number,
          const std::string& roots)
      : gates(target, turns, folder, number, roots),
        link(gates, SystemClock(), SystemRandom(), Greeting, {&gates},
             MeshLink::Options()) {}
  FleetGates gates;
  MeshLink link;
};

[[noreturn]] void Run(const Fleet& fleet) {
  Target target;
  Turns turns;
  const std::string roots = TextOf(fleet.folder + "/roots");
  std::vector<std::unique_ptr<Gateway>> gateways;
  for (int i = 0; i < fleet.size; ++i) {
    gateways.push_back(std::make_unique<Gateway>(target, turns, fleet.folder,
                                                 fleet.first + i, roots));
  }
  bool started = false;
  while (true) {
    const std::string gates = TextOf(GatesFile(fleet.folder));
    if (!gates.empty()) target.Set(gates);
    if (!gates.empty() && !started) {
      for (const auto& gateway : gateways) gateway->link.Start();
      started = true;
    }
    int connected = 0;
    for (const auto& gateway : gateways) {
      connected += gateway->link.IsConnected() ? 1 : 0;
    }
    Write(CountFile(fleet), absl::StrCat(connected));
    absl::SleepFor(kLook);
  }
}

}  // namespace

std::vector<std::string> WordsOf(const Fleet& fleet) {
  return {kWord, fleet.folder, absl::StrCat(fleet.first),
          absl::StrCat(fleet.size)};
}

bool RunIfFleet(int argc, char** argv) {
  Fleet fleet;
  if (argc != 5 || std::string(argv[1]) != kWord ||
      !absl::SimpleAtoi(argv[3], &fleet.first) ||
      !absl::SimpleAtoi(argv[4], &fleet.size)) {
    return false;
  }
  fleet.folder = argv[2];
  Run(fleet);
}

void TellGates(const std::string& folder, const std::string& target) {
  Write(GatesFile(folder), target);
}

int ConnectedOf(const Fleet& fleet) {
  int count = 0;
  return absl::SimpleAtoi(TextOf(CountFile(fleet)), &count) ? count : -1;
}

}  // namespace u2fi::load
