// Both clients of the challenge service keep the same promises: over gRPC, and
// in the same process.
#include <memory>

#include "gmock/gmock.h"
#include "services/challenge/challenge_grpc_client.h"
#include "services/challenge/challenge_local_client.h"
#include "services/challenge/challenge_server.h"
#include "services/challenge/challenge_test_case.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/rpc/server.h"

namespace u2fi::challenge {
namespace {

class ChallengeClientsTest : public ChallengeTestCase,
                             public testing::WithParamInterface<bool> {
 protected:
  ChallengeClientsTest() {
    if (!GetParam()) {
      client_ = std::make_unique<ChallengeLocalClient>(core_);
      return;
    }
    server_ = ServerFor("attestation");
    issuing_ = ServerFor("command-gate");
    client_ = ClientOf(*server_);
  }

  std::unique_ptr<rpc::Server> ServerFor(const std::string& caller) {
    return rpc::Server::InProcess(
               rpc::ServiceList().Add<v1::Challenge>(service_), {}, "d", caller)
        .value();
  }
  static std::unique_ptr<ChallengeClient> ClientOf(rpc::Server& server) {
    return std::make_unique<ChallengeGrpcClient>(
        v1::Challenge::NewStub(server.Channel()), absl::Seconds(30));
  }
  // The client of whoever may issue, and of whoever may consume.
  ChallengeClient& issuing() {
    if (!GetParam()) return *client_;
    if (issuing_client_ == nullptr) issuing_client_ = ClientOf(*issuing_);
    return *issuing_client_;
  }
  ChallengeClient& consuming() { return *client_; }

  ChallengeCore core_{clock_, random_, store_};
  audit::ThreadExecutor executor_{1};
  ChallengeServer service_{core_, executor_};
  std::unique_ptr<rpc::Server> server_, issuing_;
  std::unique_ptr<ChallengeClient> client_, issuing_client_;
};

TEST_P(ChallengeClientsTest, IssuesAndConsumes) {
  ASSERT_OK_AND_ASSIGN(const auto issued, issuing().Issue(IssueRequest()));
  ASSERT_OK_AND_ASSIGN(const auto consumed,
                       consuming().Consume(ConsumeRequest(issued.challenge())));
  ASSERT_EQ(consumed.candidates_size(), 1);
  EXPECT_EQ(consumed.candidates(0).counter_floor(), 7u);
}

TEST_P(ChallengeClientsTest, ARefusedRequestKeepsItsReason) {
  v1::IssueRequest request = IssueRequest();
  request.clear_template_();
  EXPECT_THAT(issuing().Issue(request), HasReason(reason::kInvalidField));
}

TEST_P(ChallengeClientsTest, AnUnknownChallengeKeepsItsReason) {
  EXPECT_THAT(consuming().Consume(ConsumeRequest(std::string(32, 'c'))),
              HasReason(reason::kChallengeUnknown));
}

TEST_P(ChallengeClientsTest, AnotherAnswerKeepsItsReason) {
  ASSERT_OK_AND_ASSIGN(const auto issued, issuing().Issue(IssueRequest()));
  ASSERT_OK(consuming().Consume(ConsumeRequest(issued.challenge(), 'a')));
  EXPECT_THAT(consuming().Consume(ConsumeRequest(issued.challenge(), 'b')),
              HasReason(reason::kChallengeReused));
}

TEST_P(ChallengeClientsTest, AStoreThatIsAwayIsNeverAnAnswer) {
  ASSERT_OK_AND_ASSIGN(const auto issued, issuing().Issue(IssueRequest()));
  store_.SetAway(true);
  const auto consumed = consuming().Consume(ConsumeRequest(issued.challenge()));
  EXPECT_THAT(consumed, HasReason(reason::kStoreUnavailable));
}

INSTANTIATE_TEST_SUITE_P(Clients, ChallengeClientsTest, testing::Bool(),
                         [](const auto& param) {
                           return param.param ? "Grpc" : "Local";
                         });

}  // namespace
}  // namespace u2fi::challenge
