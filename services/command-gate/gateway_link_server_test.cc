#include "services/command-gate/gateway_link_server.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/command-gate/fake_registry.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/crypto/hash.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::command_gate {
namespace {

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

class GatewayLinkServerTest : public testing::Test {
 protected:
  explicit GatewayLinkServerTest(int threads = 2) : executor_(threads) {}

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

  dev_ca::TestCa ca_;
  FakeRegistry registry_;
  FakeEvents events_;
  CountingExecutor executor_;
  GatewaySessions sessions_{SystemClock(), absl::Seconds(5)};
  GatewayLinkServer::Parts parts_{SystemClock(), registry_, sessions_,
                                  events_,       executor_, absl::Seconds(7)};
  std::vector<std::unique_ptr<rpc::TlsIdentity>> identities_;
  std::unique_ptr<GatewayLinkServer> link_server_;
  std::unique_ptr<rpc::Server> server_;
  gateway::v1::Welcome welcome_;
};

TEST_F(GatewayLinkServerTest, AGatewayIsWelcomed) {
  const auto link = Connected();
  EXPECT_GT(welcome_.generation(), 0u);
  EXPECT_EQ(welcome_.format_min(), 1u);
  EXPECT_EQ(welcome_.heartbeat_interval().seconds(), 7);
  EXPECT_EQ(welcome_.limits().open_approvals(), 16u);
}

TEST_F(GatewayLinkServerTest, ItsSessionIsWhatItsCertificateSays) {
  const auto link = Connected();
  const GatewaySession session = events_.WaitForConnection();
  EXPECT_EQ(session.tenant, "t1");
  EXPECT_EQ(session.site, "s1");
  EXPECT_EQ(session.gateway, "g1");
  EXPECT_EQ(
      session.channel_key,
      crypto::ToString(crypto::Sha256(registry_.admitted.at(0).public_key())));
  EXPECT_TRUE(sessions_.FindHere("t1", "g1").has_value());
}

TEST_F(GatewayLinkServerTest, ARegistryThatRefusesEndsTheStream) {
  registry_.admit_status = Error(reason::kGatewayNotActive, "revoked");
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello());
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
  EXPECT_FALSE(sessions_.FindHere("t1", "g1").has_value());
  EXPECT_EQ(events_.connected(), 0u);
}

TEST_F(GatewayLinkServerTest, SomebodyElseThanAGatewayIsRefused) {
  const auto link = Open("client/t1/app");
  EXPECT_THAT(link->End(), StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(GatewayLinkServerTest, AMessageBeforeHelloEndsTheStream) {
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Numbered("m1"));
  EXPECT_THAT(link->End(), HasReason(reason::kMessageUnexpected));
}

TEST_F(GatewayLinkServerTest, ASecondHelloEndsTheStream) {
  const auto link = Connected();
  link->stream->Write(Hello());
  EXPECT_THAT(link->End(), HasReason(reason::kMessageUnexpected));
}

TEST_F(GatewayLinkServerTest, AMessageWithoutBodyEndsTheStream) {
  const auto link = Connected();
  link->stream->Write(GatewayMessage());
  EXPECT_THAT(link->End(), HasReason(reason::kMessageUnexpected));
}

TEST_F(GatewayLinkServerTest, AFormatThatIsTooNewIsRefused) {
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello(2, 3));
  EXPECT_THAT(link->End(), HasReason(reason::kFormatRange));
}

TEST_F(GatewayLinkServerTest, ARangeThatHasOursIsTaken) {
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello(1, 3));
  EXPECT_TRUE(link->Read().has_welcome());
}

TEST_F(GatewayLinkServerTest, MessagesComeUpInOrder) {
  const auto link = Connected();
  for (int i = 0; i < 200; ++i) {
    link->stream->Write(Numbered(std::to_string(i)));
  }
  const std::vector<std::string> ids = events_.WaitForMessages(200);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(ids[i], std::to_string(i));
}

TEST_F(GatewayLinkServerTest, AHeartbeatIsNobodysBusiness) {
  const auto link = Connected();
  GatewayMessage beat;
  beat.mutable_heartbeat();
  link->stream->Write(beat);
  link->stream->Write(Numbered("m1"));
  EXPECT_EQ(events_.WaitForMessages(1).size(), 1u);
}

TEST_F(GatewayLinkServerTest, WhatIsSentGoesDown) {
  const auto link = Connected();
  MeshMessage message;
  message.mutable_cancel_approval()->set_approval_id("a1");
  ASSERT_OK(sessions_.Send("t1", "g1", message));
  EXPECT_EQ(link->Read().cancel_approval().approval_id(), "a1");
}

// It would cost gigabytes: a message may have megabytes.
TEST_F(GatewayLinkServerTest, WhoeverDoesNotReadIsSentNoMore) {
  const auto link = Connected();
  MeshMessage message;
  message.mutable_approval_request()->add_commands(std::string(3 << 20, 'c'));
  absl::Status sent;
  for (int i = 0; i < 60 && sent.ok(); ++i) {
    sent = sessions_.Send("t1", "g1", message);
  }
  EXPECT_THAT(sent, HasReason(reason::kGatewayLimit));
}

// A string that is no UTF-8 makes its message unreadable: that of the
// directory, for all replicas.
TEST_F(GatewayLinkServerTest, AVersionThatIsTooLongIsCutBetweenCharacters) {
  const auto link = Open("gateway/t1/s1/g1");
  GatewayMessage hello = Hello();
  hello.mutable_hello()->set_agent_version(std::string(63, 'v') + "\u00e4");
  link->stream->Write(hello);
  EXPECT_EQ(events_.WaitForConnection().agent_version,
            std::string(63, 'v') + "?");
}

TEST_F(GatewayLinkServerTest, AcknowledgementsGoDownTogether) {
  const auto link = Connected();
  for (int i = 0; i < 32; ++i) ASSERT_OK(Acknowledge(std::to_string(i)));
  const MeshMessage message = link->Read();
  EXPECT_EQ(message.result_ack().message_ids_size(), 32);
  EXPECT_EQ(message.result_ack().message_ids(31), "31");
}

TEST_F(GatewayLinkServerTest, AHeartbeatBringsTheAcknowledgementsThatWait) {
  const auto link = Connected();
  ASSERT_OK(Acknowledge("m1"));
  MeshMessage message;
  message.mutable_cancel_approval();
  ASSERT_OK(sessions_.Send("t1", "g1", message));
  EXPECT_TRUE(link->Read().has_cancel_approval());
  GatewayMessage beat;
  beat.mutable_heartbeat();
  link->stream->Write(beat);
  EXPECT_EQ(link->Read().result_ack().message_ids(0), "m1");
}

TEST_F(GatewayLinkServerTest, TheNewerOfTwoStreamsWins) {
  const auto first = Connected();
  const uint64_t generation = welcome_.generation();
  const auto second = Connected();
  EXPECT_GT(welcome_.generation(), generation);
  EXPECT_THAT(first->End(), HasReason(reason::kStreamReplaced));
}

TEST_F(GatewayLinkServerTest, AGatewayThatIsExpelledHearsWhy) {
  const auto link = Connected();
  sessions_.Expel("t1", "g1", Error(reason::kGatewayNotActive, "revoked"));
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
}

TEST_F(GatewayLinkServerTest, ADenyListThatIsNewerFollowsTheWelcome) {
  registry_.revocations = 3;
  const auto link = Connected();
  EXPECT_EQ(welcome_.revocations_revision(), 3u);
  EXPECT_EQ(link->Read().revocations().revision(), 3u);
}

TEST_F(GatewayLinkServerTest, OneThatTheGatewayHasDoesNot) {
  registry_.revocations = 3;
  const auto link = Open("gateway/t1/s1/g1");
  GatewayMessage hello = Hello();
  hello.mutable_hello()->set_revocations_revision(3);
  link->stream->Write(hello);
  EXPECT_TRUE(link->Read().has_welcome());
  MeshMessage message;
  message.mutable_cancel_approval();
  events_.WaitForConnection();
  ASSERT_OK(sessions_.Send("t1", "g1", message));
  EXPECT_TRUE(link->Read().has_cancel_approval());
}

// An older one, after a backup was put back, and what a lie made of it.
TEST_F(GatewayLinkServerTest, ADenyListThatIsAnotherFollowsTheWelcome) {
  registry_.revocations = 3;
  const auto link = Open("gateway/t1/s1/g1");
  GatewayMessage hello = Hello();
  hello.mutable_hello()->set_revocations_revision(UINT64_MAX);
  link->stream->Write(hello);
  EXPECT_TRUE(link->Read().has_welcome());
  EXPECT_EQ(link->Read().revocations().revision(), 3u);
}

TEST_F(GatewayLinkServerTest, WhoWasSuspendedUnheardOfGoesWithItsHeartbeat) {
  const auto link = Connected();
  registry_.admit_status = Error(reason::kGatewayNotActive, "suspended");
  sessions_.Doubt();
  Beat(*link);
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
}

TEST_F(GatewayLinkServerTest, WhoeverWasRevokedUnheardOfIsToldWithIt) {
  const auto link = Connected();
  registry_.revocations = 4;
  sessions_.Doubt();
  Beat(*link);
  EXPECT_EQ(link->Read().revocations().revision(), 4u);
}

TEST_F(GatewayLinkServerTest, NorDoesItStayByKeepingBackItsHeartbeats) {
  const auto link = Connected();
  registry_.admit_status = Error(reason::kGatewayNotActive, "suspended");
  sessions_.Doubt();
  link->stream->Write(Numbered("m1"));
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
}

TEST_F(GatewayLinkServerTest, WithoutRegistryNotEveryMessageAsksForIt) {
  const auto link = Connected();
  registry_.admit_status =
      WithRetry(Error(reason::kStoreUnavailable, "away"), absl::Seconds(1));
  sessions_.Doubt();
  for (int i = 0; i < 5; ++i) link->stream->Write(Numbered("m"));
  events_.WaitForMessages(5);
  EXPECT_EQ(registry_.admitted.size(), 2u);
}

TEST_F(GatewayLinkServerTest, ItIsAskedUntilTheRegistryAnswersAndThenNoMore) {
  const auto link = Connected();
  registry_.admit_status =
      WithRetry(Error(reason::kStoreUnavailable, "away"), absl::Seconds(1));
  sessions_.Doubt();
  Beat(*link);
  events_.WaitForMessages(1);
  registry_.admit_status = absl::OkStatus();
  for (int i = 0; i < 2; ++i) Beat(*link);
  events_.WaitForMessages(3);
  EXPECT_EQ(registry_.admitted.size(), 3u);
}

TEST_F(GatewayLinkServerTest, AGatewayThatGoesIsGone) {
  const auto link = Connected();
  link->stream->WritesDone();
  EXPECT_OK(link->End());
}

class OneThreadLinkTest : public GatewayLinkServerTest {
 protected:
  static constexpr int kMany = 500;
  static constexpr int kStop = 50;

  OneThreadLinkTest() : GatewayLinkServerTest(1) {
    events_.during = [this](const GatewayMessage& message) {
      if (message.message_id() == "flood") WaitForMore();
    };
  }
  // Sends many messages, as fast as they go.
  void Flood(Link& link) {
    for (int i = 0; i < kMany; ++i) {
      link.stream->Write(Numbered("flood"));
      MutexLock lock(mutex_);
      ++written_;
      changed_.NotifyAll();
    }
  }
  // Returns while the kStop-th of them is taken, which then waits.
  void WaitUntilItStops() {
    MutexLock lock(mutex_);
    while (taken_ < kStop) changed_.Wait(mutex_);
  }
  void GoOn() {
    MutexLock lock(mutex_);
    stopped_ = false;
    changed_.NotifyAll();
  }

 private:
  // Each message takes so long that the next ones are there.
  void WaitForMore() {
    MutexLock lock(mutex_);
    ++taken_;
    changed_.NotifyAll();
    while (written_ < std::min(taken_ + 40, kMany) ||
           (taken_ == kStop && stopped_)) {
      changed_.Wait(mutex_);
    }
  }

  Mutex mutex_;
  CondVar changed_;
  int written_ ABSL_GUARDED_BY(mutex_) = 0;
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = true;
};

TEST_F(OneThreadLinkTest, AGatewayThatNeverPausesKeepsNobodyWaiting) {
  const auto loud = Connected("gateway/t1/s1/g1");
  const auto other = Connected("gateway/t1/s1/g2");
  std::thread flood([&] { Flood(*loud); });
  WaitUntilItStops();
  const int scheduled = executor_.scheduled();
  other->stream->Write(Numbered("other"));
  executor_.WaitUntilScheduled(scheduled + 1);
  GoOn();
  std::vector<std::string> ids = events_.WaitForMessages(kMany + 1);
  flood.join();
  ids.resize(kStop + 40);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), "other"), 1);
}

// Gives each stream the generation 42, and notes what becomes of it.
class FakeClaims : public StreamClaims {
 public:
  absl::StatusOr<GatewaySession> Claim(GatewaySession session) override {
    MutexLock lock(mutex_);
    if (!status_.ok()) return status_;
    if (during_) during_();
    session.generation = 42;
    return session;
  }
  void Heard(const GatewaySession& session) override {
    MutexLock lock(mutex_);
    heard_ = session.generation;
    changed_.NotifyAll();
  }
  void Gone(const GatewaySession& session) override {
    MutexLock lock(mutex_);
    gone_ = session.generation;
    changed_.NotifyAll();
  }
  void Refuse(const absl::Status& status) {
    MutexLock lock(mutex_);
    status_ = status;
  }
  // What happens while a stream is claimed.
  void SetDuring(std::function<void()> during) {
    MutexLock lock(mutex_);
    during_ = std::move(during);
  }
  void WaitUntilHeard() {
    MutexLock lock(mutex_);
    while (heard_ != 42) changed_.Wait(mutex_);
  }
  void WaitUntilGone() {
    MutexLock lock(mutex_);
    while (gone_ != 42) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> during_ ABSL_GUARDED_BY(mutex_);
  uint64_t heard_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t gone_ ABSL_GUARDED_BY(mutex_) = 0;
};

class ClaimedLinkTest : public GatewayLinkServerTest {
 protected:
  ClaimedLinkTest() { parts_.claims = &claims_; }

  FakeClaims claims_;
};

TEST_F(ClaimedLinkTest, TheWelcomeTellsTheGenerationOfTheDirectory) {
  const auto link = Connected();
  EXPECT_EQ(welcome_.generation(), 42u);
  EXPECT_EQ(events_.WaitForConnection().generation, 42u);
}

TEST_F(ClaimedLinkTest, WithoutDirectoryNobodyIsWelcomed) {
  claims_.Refuse(Error(reason::kStoreUnavailable, "away"));
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello());
  EXPECT_THAT(link->End(), HasReason(reason::kStoreUnavailable));
  EXPECT_FALSE(sessions_.FindHere("t1", "g1").has_value());
}

TEST_F(ClaimedLinkTest, WhoIsSuspendedWhileItComesInDoesNotStay) {
  claims_.SetDuring([this] {
    registry_.admit_status = Error(reason::kGatewayNotActive, "suspended");
    sessions_.Expel("t1", "g1", registry_.admit_status);
  });
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello());
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
  EXPECT_EQ(events_.connected(), 0u);
}

TEST_F(ClaimedLinkTest, WhatIsRevokedWhileItComesInIsTold) {
  registry_.revocations = 3;
  claims_.SetDuring([this] {
    registry_.revocations = 4;
    sessions_.SendToTenant("t1", MeshMessage());
  });
  const auto link = Connected();
  EXPECT_EQ(link->Read().revocations().revision(), 3u);
  EXPECT_EQ(link->Read().revocations().revision(), 4u);
}

TEST_F(ClaimedLinkTest, HeartbeatsAreHeard) {
  const auto link = Connected();
  GatewayMessage beat;
  beat.mutable_heartbeat();
  link->stream->Write(beat);
  claims_.WaitUntilHeard();
}

TEST_F(ClaimedLinkTest, TheEndOfAStreamIsTold) {
  {
    const auto link = Connected();
    link->stream->WritesDone();
    EXPECT_OK(link->End());
  }
  claims_.WaitUntilGone();
}

// The fake gives the same generation twice: the second is not newer.
TEST_F(ClaimedLinkTest, AClaimThatCameTooLateIsGivenBack) {
  const auto first = Connected();
  const auto second = Open("gateway/t1/s1/g1");
  second->stream->Write(Hello());
  EXPECT_THAT(second->End(), HasReason(reason::kStreamReplaced));
  claims_.WaitUntilGone();
}

}  // namespace
}  // namespace u2fi::command_gate
