// From one replica to another, over mutual TLS on the private listener.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/command-gate/replica_grpc_client.h"
#include "services/command-gate/replica_link_server.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;

class FakeStream : public GatewayStream {
 public:
  absl::Status Enqueue(MeshMessage message) override {
    sent.push_back(message);
    return absl::OkStatus();
  }
  size_t queued() override { return sent.size(); }
  void Close(const absl::Status&) override {}

  std::vector<MeshMessage> sent;
};

class ReplicaLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = rpc::Server::ListenToReplicas(
        rpc::ServiceList().Add<v1::ReplicaLink>(link_server_), {},
        Identity("service/command-gate"), "command-gate", "127.0.0.1:0");
    ASSERT_OK(server);
    server_ = *std::move(server);
    GatewaySession session;
    session.tenant = "t1";
    session.gateway = "g1";
    session.generation = 7;
    ASSERT_OK(sessions_.Add(session, stream_));
    request_.set_tenant("t1");
    request_.set_gateway("g1");
    request_.set_generation(7);
    request_.mutable_message()->mutable_approval_request()->set_approval_id(
        "q1");
  }
  const rpc::TlsIdentity& Identity(const std::string& name) {
    identities_.push_back(ca_.Identity(name));
    return *identities_.back();
  }
  std::string Address() { return absl::StrCat("127.0.0.1:", server_->port()); }
  // As `caller`, who expects a server of the service `expects`.
  absl::Status ForwardAs(const std::string& caller,
                         const std::string& expects = "command-gate") {
    const rpc::TlsIdentity& identity = Identity(caller);
    ReplicaGrpcClient client(
        [&](const std::string& address) {
          return rpc::NewChannel(identity, address, expects);
        },
        absl::Seconds(10));
    return client.Forward(Address(), request_);
  }
  absl::Status Forward() { return ForwardAs("service/command-gate"); }

  dev_ca::TestCa ca_;
  std::vector<std::unique_ptr<rpc::TlsIdentity>> identities_;
  FakeClock clock_;
  GatewaySessions sessions_{clock_, absl::Seconds(5)};
  const std::shared_ptr<FakeStream> stream_ = std::make_shared<FakeStream>();
  ReplicaLinkServer link_server_{sessions_};
  std::unique_ptr<rpc::Server> server_;
  v1::ForwardRequest request_;
};

TEST_F(ReplicaLinkTest, AMessageGoesOnTheStream) {
  ASSERT_OK(Forward());
  ASSERT_EQ(stream_->sent.size(), 1u);
  EXPECT_EQ(stream_->sent[0].approval_request().approval_id(), "q1");
}

TEST_F(ReplicaLinkTest, NoOtherServiceMayCall) {
  for (const char* caller :
       {"service/attestation", "service/device-registry", "service/portal"}) {
    EXPECT_THAT(ForwardAs(caller), HasReason(reason::kCallerUnknown)) << caller;
  }
  EXPECT_TRUE(stream_->sent.empty());
}

TEST_F(ReplicaLinkTest, NorAClientAnOperatorOrAGateway) {
  for (const char* caller : {"client/t1/app", "operator/t1/olga",
                             "operator/-/root", "gateway/t1/s1/g1"}) {
    EXPECT_FALSE(ForwardAs(caller).ok()) << caller;
  }
  EXPECT_TRUE(stream_->sent.empty());
}

TEST_F(ReplicaLinkTest, NorAReplicaOfAnotherCa) {
  dev_ca::TestCa other;
  const auto identity = other.Identity("service/command-gate");
  ReplicaGrpcClient client([&](const std::string& address) {
    return rpc::NewChannel(*identity, address, "command-gate");
  });
  EXPECT_FALSE(client.Forward(Address(), request_).ok());
  EXPECT_TRUE(stream_->sent.empty());
}

// A directory that was written to by somebody else may name any address.
TEST_F(ReplicaLinkTest, AServerWithAnotherIdentityGetsNothing) {
  for (const char* identity : {"service/attestation", "gateway/t1/s1/g9"}) {
    auto server = rpc::Server::ListenMutualTls(
        rpc::ServiceList().Add<v1::ReplicaLink>(link_server_), {},
        Identity(identity), "127.0.0.1:0");
    ASSERT_OK(server);
    server_ = *std::move(server);
    EXPECT_THAT(Forward(), HasReason(reason::kPeerUnavailable)) << identity;
  }
  EXPECT_TRUE(stream_->sent.empty());
}

TEST_F(ReplicaLinkTest, TheClientsListenerTakesItFromNobody) {
  auto server = rpc::Server::ListenMutualTls(
      rpc::ServiceList().Add<v1::ReplicaLink>(link_server_), {},
      Identity("service/command-gate"), "127.0.0.1:0");
  ASSERT_OK(server);
  server_ = *std::move(server);
  EXPECT_THAT(Forward(), HasReason(reason::kCallerNotAllowed));
  EXPECT_TRUE(stream_->sent.empty());
}

TEST_F(ReplicaLinkTest, AnotherGenerationIsStale) {
  request_.set_generation(6);
  EXPECT_THAT(Forward(), HasReason(reason::kStreamStale));
  EXPECT_TRUE(stream_->sent.empty());
}

TEST_F(ReplicaLinkTest, AGatewayWithoutStreamIsOffline) {
  request_.set_gateway("g2");
  EXPECT_THAT(Forward(), HasReason(reason::kGatewayOffline));
}

TEST_F(ReplicaLinkTest, AnotherTenantsGatewayIsAnotherOne) {
  request_.set_tenant("t2");
  EXPECT_THAT(Forward(), HasReason(reason::kGatewayOffline));
}

TEST_F(ReplicaLinkTest, IdsAndGenerationAreRequired) {
  const v1::ForwardRequest good = request_;
  request_.set_tenant("T1");
  EXPECT_THAT(Forward(), HasReason(reason::kInvalidField));
  request_ = good;
  request_.set_gateway("");
  EXPECT_THAT(Forward(), HasReason(reason::kInvalidField));
  request_ = good;
  request_.set_generation(0);
  EXPECT_THAT(Forward(), HasReason(reason::kInvalidField));
}

TEST_F(ReplicaLinkTest, WhatIsTheOwnersWordIsNotForwarded) {
  std::vector<MeshMessage> refused(4);
  refused[1].mutable_welcome();
  refused[2].mutable_drain();
  refused[3].mutable_revocations();
  for (const MeshMessage& message : refused) {
    *request_.mutable_message() = message;
    EXPECT_THAT(Forward(), HasReason(reason::kInvalidField));
  }
  EXPECT_TRUE(stream_->sent.empty());
}

TEST_F(ReplicaLinkTest, AReplicaThatIsGoneIsUnavailable) {
  const std::string address = Address();
  server_.reset();
  ReplicaGrpcClient client([&](const std::string& target) {
    return rpc::NewChannel(*identities_[0], target, "command-gate");
  });
  EXPECT_THAT(client.Forward(address, request_),
              HasReason(reason::kPeerUnavailable));
}

TEST_F(ReplicaLinkTest, AChannelIsDialledOnceAndAgainAfterAFailure) {
  int dialled = 0;
  ReplicaGrpcClient client([&](const std::string& target) {
    ++dialled;
    return rpc::NewChannel(*identities_[0], target, "command-gate");
  });
  ASSERT_OK(client.Forward(Address(), request_));
  ASSERT_OK(client.Forward(Address(), request_));
  EXPECT_EQ(dialled, 1);
  server_->Shutdown(absl::ZeroDuration());
  EXPECT_FALSE(client.Forward(Address(), request_).ok());
  EXPECT_FALSE(client.Forward(Address(), request_).ok());
  EXPECT_EQ(dialled, 2);
}

}  // namespace
}  // namespace u2fi::command_gate
