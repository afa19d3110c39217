#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_TEST_CASE_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_TEST_CASE_H_

#include <string>

#include "services/challenge/challenge_consumer.h"
#include "services/challenge/challenge_issuer.h"
#include "services/challenge/challenge_store.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::challenge {

// The real core over a store in memory, and one valid request of each kind.
class ChallengeTestCase : public testing::Test {
 protected:
  v1::IssueRequest IssueRequest() {
    v1::IssueRequest request;
    request.set_tenant("t1");
    proof::v1::AuthorizationStatement& statement = *request.mutable_template_();
    statement.set_format(1);
    statement.set_purpose(proof::v1::PURPOSE_COMMAND);
    statement.set_tenant("t1");
    statement.set_account("ann");
    statement.set_approver_gateway("g1");
    statement.set_channel_key(std::string(32, 'k'));
    statement.set_site("s1");
    statement.set_batch_root(std::string(32, 'r'));
    statement.set_batch_size(1);
    statement.set_pins_revision(1);
    statement.set_requester("spiffe://u2fi/client/t1/app ann");
    statement.set_request_id(std::string(32, 'a'));
    statement.set_approve_by_ms(UnixMillis(clock_) + 60'000);
    statement.set_execute_by_ms(UnixMillis(clock_) + 120'000);
    v1::CandidateFloor& candidate = *request.add_candidates();
    candidate.set_token_id("k1");
    candidate.set_counter_floor(7);
    return request;
  }

  // Issues a challenge; empty after a failure.
  std::string Issue() {
    const absl::StatusOr<v1::IssueResponse> issued =
        issuer_.Issue(IssueRequest());
    EXPECT_OK(issued);
    return issued.ok() ? issued->challenge() : "";
  }

  // The right request to spend `challenge` by the answer with `digest_byte`.
  static v1::ConsumeRequest ConsumeRequest(const std::string& challenge,
                                           char digest_byte = 'd') {
    v1::ConsumeRequest request;
    request.set_tenant("t1");
    request.set_challenge(challenge);
    request.set_answer_digest(std::string(32, digest_byte));
    request.set_purpose(proof::v1::PURPOSE_COMMAND);
    request.set_account("ann");
    request.set_gateway("g1");
    return request;
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  ChallengeStore challenges_{store_};
  ChallengeIssuer issuer_{clock_, random_, challenges_};
  ChallengeConsumer consumer_{clock_, challenges_};
};

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_TEST_CASE_H_
