// The attestation service behind its two clients: over a channel and in the
// same process.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/attestation/attestation_grpc_client.h"
#include "services/attestation/attestation_local_client.h"
#include "services/attestation/attestation_module.h"
#include "services/challenge/challenge_core.h"
#include "services/challenge/challenge_local_client.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::attestation {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

// What a watch has heard: ids of tokens, or "gap".
class Heard {
 public:
  void Add(const absl::optional<v1::WatchTokensResponse>& event) {
    MutexLock lock(mutex_);
    heard_.push_back(event.has_value() ? event->token_id() : "gap");
    changed_.NotifyAll();
  }
  // What was heard once there are `count` of them.
  std::vector<std::string> First(size_t count) {
    const absl::Time end = absl::Now() + kPatience;
    MutexLock lock(mutex_);
    while (heard_.size() < count && absl::Now() < end) {
      changed_.WaitFor(mutex_, absl::Seconds(1));
    }
    return heard_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> heard_ ABSL_GUARDED_BY(mutex_);
};

class ClientTest : public testing::Test {
 protected:
  ClientTest() { settings_.mutable_relying_party()->set_rp_id("u2fi.test"); }

  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(
        module_, AttestationModule::Make(
                     {clock_, random_, store_, challenge_client_, settings_}));
    ASSERT_OK(module_->Start());
    StartServer("command-gate");
  }

  // In which every call comes from the service `caller`.
  void StartServer(const std::string& caller) {
    rpc::ServiceList services;
    services.Add<v1::Attestation>(module_->server());
    auto server = rpc::Server::InProcess(services, {}, "test", caller);
    ASSERT_OK(server);
    server_ = *std::move(server);
    client_ = std::make_unique<AttestationGrpcClient>(
        v1::Attestation::NewStub(server_->Channel()), absl::Seconds(10),
        absl::Milliseconds(10));
  }

  void Publish(const std::string& token_id) {
    records::v1::TokenRow token;
    token.set_token_id(token_id);
    module_->core().events.Publish("t1", token);
    memory_.FlushHints();
  }

  v1::ListCandidatesRequest Ann() {
    v1::ListCandidatesRequest request;
    request.set_tenant("t1");
    request.set_account("ann");
    request.set_purpose(proof::v1::PURPOSE_COMMAND);
    return request;
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  challenge::ChallengeCore challenge_{clock_, random_, store_};
  challenge::ChallengeLocalClient challenge_client_{challenge_};
  config::v1::AttestationSettings settings_;
  std::unique_ptr<AttestationModule> module_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<AttestationGrpcClient> client_;
};

TEST_F(ClientTest, ErrorsKeepReasonAndMetadata) {
  const absl::Status status = client_->ListCandidates(Ann()).status();
  EXPECT_THAT(status, HasReason(reason::kNoCredentials));
  EXPECT_EQ(MetadataOf(status)["enrolled"], "0");
}

TEST_F(ClientTest, EveryCallReachesItsMethod) {
  EXPECT_THAT(client_->VerifyRegistration({}),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(client_->VerifyAssertion({}),
              HasReason(reason::kStatementFormat));
  EXPECT_THAT(client_->Apply({}), HasReason(reason::kInvalidField));
}

TEST_F(ClientTest, TheLocalClientSaysTheSame) {
  AttestationLocalClient local(module_->core());
  EXPECT_THAT(local.ListCandidates(Ann()), HasReason(reason::kNoCredentials));
  EXPECT_THAT(local.VerifyAssertion({}), HasReason(reason::kStatementFormat));
}

TEST_F(ClientTest, AWatchBeginsWithAGapAndHearsChanges) {
  Heard heard;
  const auto watch =
      client_->WatchTokens([&](const auto& event) { heard.Add(event); });
  ASSERT_THAT(heard.First(1), testing::ElementsAre("gap"));
  Publish("k1");
  EXPECT_THAT(heard.First(2), testing::ElementsAre("gap", "k1"));
}

TEST_F(ClientTest, AWatchTellsOfAGapAfterTheStoreWasLost) {
  Heard heard;
  const auto watch =
      client_->WatchTokens([&](const auto& event) { heard.Add(event); });
  ASSERT_THAT(heard.First(1), testing::ElementsAre("gap"));
  memory_.Restart();
  memory_.FlushHints();
  ASSERT_THAT(heard.First(2), testing::ElementsAre("gap", "gap"));
  Publish("k2");
  EXPECT_THAT(heard.First(3), testing::ElementsAre("gap", "gap", "k2"));
}

TEST_F(ClientTest, ALocalWatchHearsChangesAndGaps) {
  AttestationLocalClient local(module_->core());
  Heard heard;
  const auto watch =
      local.WatchTokens([&](const auto& event) { heard.Add(event); });
  Publish("k1");
  memory_.Restart();
  memory_.FlushHints();
  EXPECT_THAT(heard.First(2), testing::ElementsAre("k1", "gap"));
}

TEST_F(ClientTest, OnlyTheGateMayAsk) {
  StartServer("portal");
  EXPECT_THAT(client_->ListCandidates(Ann()),
              HasReason(reason::kCallerNotAllowed));
}

TEST_F(ClientTest, AFileOfAnchorsThatIsMissingStopsTheStart) {
  settings_.add_anchor_files("/nowhere/anchors.pem");
  EXPECT_THAT(AttestationModule::Make(
                  {clock_, random_, store_, challenge_client_, settings_}),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::attestation
