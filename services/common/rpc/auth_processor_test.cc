#include "services/common/rpc/auth_processor.h"

#include <memory>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/rpc/fake_connection.h"

namespace u2fi::rpc {
namespace {

using grpc::StatusCode;

constexpr char kRoot[] = "spiffe://d/operator/-/root";
constexpr char kAnn[] = "spiffe://d/operator/t1/ann";

class AuthProcessorTest : public testing::Test {
 protected:
  // What is said to the owner of `uri` (empty: nobody) who calls `path`.
  grpc::Status Call(const std::string& path, const std::string& uri) {
    AuthProcessor processor(PeerIdentity::MutualTls("d"), {"/guarded/Rpc"},
                            {"/open/Rpc"}, open_to_);
    FakeConnection connection(uri.empty() ? std::vector<std::string>()
                                          : std::vector<std::string>{uri});
    grpc::AuthMetadataProcessor::InputMetadata metadata;
    if (!path.empty()) metadata.emplace(":path", path);
    return processor.Process(metadata, &connection, nullptr, nullptr);
  }

  std::set<std::string> open_to_;
};

TEST_F(AuthProcessorTest, LeavesGuardedRpcsToTheirGuard) {
  EXPECT_TRUE(Call("/guarded/Rpc", kAnn).ok());
}

TEST_F(AuthProcessorTest, LetsThePlatformToTheRpcsOfOthers) {
  EXPECT_TRUE(Call("/open/Rpc", kRoot).ok());
}

TEST_F(AuthProcessorTest, RefusesEverybodyElse) {
  for (const char* uri :
       {kAnn, "spiffe://d/client/t1/app", "spiffe://d/service/command-gate",
        "spiffe://d/gateway/t1/s1/g1"}) {
    EXPECT_EQ(Call("/open/Rpc", uri).error_code(),
              StatusCode::PERMISSION_DENIED)
        << uri;
  }
}

TEST_F(AuthProcessorTest, LetsOnlyTheListedUrisIfThereIsAList) {
  open_to_ = {kAnn};
  EXPECT_TRUE(Call("/open/Rpc", kAnn).ok());
  EXPECT_EQ(Call("/open/Rpc", kRoot).error_code(),
            StatusCode::PERMISSION_DENIED);
}

TEST_F(AuthProcessorTest, RefusesWhoeverIsNobody) {
  EXPECT_EQ(Call("/open/Rpc", "").error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Call("/open/Rpc", "spiffe://other/operator/-/root").error_code(),
            StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Call("/none/Rpc", "").error_code(), StatusCode::UNAUTHENTICATED);
}

TEST_F(AuthProcessorTest, KnowsNoOtherPaths) {
  for (const char* path :
       {"", "/", "/none/Rpc", "/guarded/Rpc2", "/guarded/rpc", "guarded/Rpc"}) {
    EXPECT_EQ(Call(path, kRoot).error_code(), StatusCode::UNIMPLEMENTED)
        << path;
  }
}

TEST_F(AuthProcessorTest, TheMessageBeginsWithTheReason) {
  EXPECT_THAT(Call("/open/Rpc", kAnn).error_message(),
              testing::StartsWith("CALLER_NOT_ALLOWED: "));
}

TEST_F(AuthProcessorTest, DoesNotNeedAThreadOfItsOwn) {
  EXPECT_FALSE(
      AuthProcessor(PeerIdentity::MutualTls("d"), {}, {}, {}).IsBlocking());
}

}  // namespace
}  // namespace u2fi::rpc
