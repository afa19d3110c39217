#ifndef U2FI_SERVICES_COMMAND_GATE_GATEWAY_LINK_TEST_CASE_H_
#define U2FI_SERVICES_COMMAND_GATE_GATEWAY_LINK_TEST_CASE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/command-gate/fake_registry.h"
#include "services/command-gate/gateway_link_server.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::command_gate {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

// Notes what came up.
class FakeEvents : public GatewayEvents {
 public:
  void OnConnected(const GatewaySession& session,
                   const gateway::v1::Hello&) override {
    MutexLock lock(mutex_);
    connected_.push_back(session);
    changed_.NotifyAll();
  }
  void OnMessage(const GatewaySession&,
                 const GatewayMessage& message) override {
    if (during) during(message);
    MutexLock lock(mutex_);
    ids_.push_back(message.message_id());
    changed_.NotifyAll();
  }
  // What happens while a message is taken. To be set before there is any.
  std::function<void(const GatewayMessage& message)> during;
  std::vector<std::string> WaitForMessages(size_t count) {
    MutexLock lock(mutex_);
    while (ids_.size() < count) changed_.Wait(mutex_);
    return ids_;
  }
  GatewaySession WaitForConnection() {
    MutexLock lock(mutex_);
    while (connected_.empty()) changed_.Wait(mutex_);
    return connected_.back();
  }
  size_t connected() {
    MutexLock lock(mutex_);
    return connected_.size();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<GatewaySession> connected_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> ids_ ABSL_GUARDED_BY(mutex_);
};

// Counts what it is given.
class CountingExecutor : public audit::Executor {
 public:
  explicit CountingExecutor(int threads) : threads_(threads) {}

  void Schedule(std::function<void()> work) override {
    threads_.Schedule(std::move(work));
    MutexLock lock(mutex_);
    ++scheduled_;
    changed_.NotifyAll();
  }
  int scheduled() {
    MutexLock lock(mutex_);
    return scheduled_;
  }
  void WaitUntilScheduled(int count) {
    MutexLock lock(mutex_);
    while (scheduled_ < count) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int scheduled_ ABSL_GUARDED_BY(mutex_) = 0;
  audit::ThreadExecutor threads_;
};

// A gate with the gateways' streams behind mutual TLS, and gateways.
class GatewayLinkTestCase : public testing::Test {
 protected:
  // Messages are handled on so many threads.
  explicit GatewayLinkTestCase(int threads = 2,
                               const Clock& clock = SystemClock())
      : clock_(clock), executor_(threads) {}

  // A gateway's end of a stream.
  struct Link {
    std::unique_ptr<gateway::v1::GatewayLink::Stub> stub;
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<GatewayMessage, MeshMessage>>
        stream;

    absl::Status End() {
      MeshMessage message;
      while (stream->Read(&message)) {
      }
      return rpc::FromGrpcStatus(stream->Finish());
    }
    MeshMessage Read() {
      MeshMessage message;
      EXPECT_TRUE(stream->Read(&message));
      return message;
    }
  };

  void SetUp() override {
    link_server_ = std::make_unique<GatewayLinkServer>(parts_);
    identities_.push_back(ca_.Identity("service/command-gate"));
    auto server = rpc::Server::ListenMutualTls(
        rpc::ServiceList().Add<gateway::v1::GatewayLink>(*link_server_), {},
        *identities_.back(), "127.0.0.1:0");
    ASSERT_OK(server);
    server_ = *std::move(server);
  }
  void TearDown() override { server_->Shutdown(absl::ZeroDuration()); }

  std::unique_ptr<Link> Open(const std::string& identity) {
    identities_.push_back(ca_.Identity(identity));
    auto link = std::make_unique<Link>();
    link->stub = gateway::v1::GatewayLink::NewStub(rpc::NewChannel(
        *identities_.back(), absl::StrCat("127.0.0.1:", server_->port()),
        "command-gate"));
    link->stream = link->stub->Connect(&link->context);
    return link;
  }
  static GatewayMessage Hello(uint32_t min = 1, uint32_t max = 1) {
    GatewayMessage message;
    message.mutable_hello()->set_format_min(min);
    message.mutable_hello()->set_format_max(max);
    return message;
  }
  std::unique_ptr<Link> Connected(
      const std::string& identity = "gateway/t1/s1/g1") {
    auto link = Open(identity);
    link->stream->Write(Hello());
    welcome_ = link->Read().welcome();
    return link;
  }
  static GatewayMessage Numbered(const std::string& id) {
    GatewayMessage message;
    message.set_message_id(id);
    message.mutable_command_accepted();
    return message;
  }

  // A heartbeat, and something that comes to the events after it.
  static void Beat(Link& link) {
    GatewayMessage beat;
    beat.mutable_heartbeat();
    link.stream->Write(beat);
    link.stream->Write(Numbered("after"));
  }

  absl::Status Acknowledge(const std::string& id) {
    MeshMessage message;
    message.mutable_result_ack()->add_message_ids(id);
    return sessions_.Send("t1", "g1", std::move(message));
  }

  const Clock& clock_;
  dev_ca::TestCa ca_;
  FakeRegistry registry_;
  FakeEvents events_;
  CountingExecutor executor_;
  GatewaySessions sessions_{SystemClock(), absl::Seconds(5)};
  GatewayLinkServer::Parts parts_{clock_,  registry_, sessions_,
                                  events_, executor_, absl::Seconds(7)};
  std::vector<std::unique_ptr<rpc::TlsIdentity>> identities_;
  std::unique_ptr<GatewayLinkServer> link_server_;
  std::unique_ptr<rpc::Server> server_;
  gateway::v1::Welcome welcome_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_LINK_TEST_CASE_H_
