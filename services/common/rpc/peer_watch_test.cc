#include "services/common/rpc/peer_watch.h"

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/fake_echo.h"
#include "services/common/rpc/server.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::rpc {
namespace {

using testing::HasSubstr;
using testing::Not;

class PeerWatchTest : public testing::Test {
 protected:
  std::shared_ptr<grpc::Channel> ChannelTo(int port, const std::string& name) {
    return NewChannel(*tls_, absl::StrCat("ipv4:127.0.0.1:", port), name);
  }
  // Waits until the attempt to connect has ended.
  static void Settle(grpc::Channel& channel) {
    grpc_connectivity_state state = channel.GetState(true);
    while (state == GRPC_CHANNEL_IDLE || state == GRPC_CHANNEL_CONNECTING) {
      channel.WaitForStateChange(state,
                                 std::chrono::system_clock::time_point::max());
      state = channel.GetState(true);
    }
  }
  // The gauge of the only peer.
  std::string Look(const std::shared_ptr<grpc::Channel>& channel) {
    watch_.Add("challenge", channel);
    watch_.Begin();
    Settle(*channel);
    watch_.Update();
    return registry_.Text();
  }

  const dev_ca::TestCa ca_;
  const std::unique_ptr<TlsIdentity> tls_ =
      ca_.Identity("service/command-gate");
  const std::unique_ptr<TlsIdentity> peer_tls_ =
      ca_.Identity("service/challenge");
  SyncEcho echo_;
  const std::unique_ptr<Server> server_ =
      Server::ListenMutualTls(ServiceList().Add<test::Echo>(echo_), {},
                              *peer_tls_, "127.0.0.1:0")
          .value();
  metrics::Registry registry_;
  PeerWatch watch_{registry_};
};

TEST_F(PeerWatchTest, APeerThatAnswersIsReachable) {
  const auto channel = ChannelTo(server_->port(), "challenge");
  EXPECT_THAT(Look(channel),
              HasSubstr("u2fi_peer_unreachable{peer=\"challenge\"} 0"));
}

TEST_F(PeerWatchTest, OneThatIsSomebodyElseIsNot) {
  const auto channel = ChannelTo(server_->port(), "attestation");
  EXPECT_THAT(Look(channel),
              HasSubstr("u2fi_peer_unreachable{peer=\"challenge\"} 1"));
}

TEST_F(PeerWatchTest, NobodyIsNotEither) {
  const auto channel = ChannelTo(1, "challenge");
  EXPECT_THAT(Look(channel),
              HasSubstr("u2fi_peer_unreachable{peer=\"challenge\"} 1"));
}

TEST_F(PeerWatchTest, AChannelThatIsGoneIsNoFailure) {
  auto channel = ChannelTo(1, "challenge");
  Look(channel);
  channel.reset();
  watch_.Update();
  EXPECT_THAT(registry_.Text(),
              HasSubstr("u2fi_peer_unreachable{peer=\"challenge\"} 0"));
}

TEST_F(PeerWatchTest, WithoutPeersThereIsNoGauge) {
  watch_.Begin();
  watch_.Update();
  EXPECT_THAT(registry_.Text(), Not(HasSubstr("u2fi_peer_unreachable")));
}

}  // namespace
}  // namespace u2fi::rpc
