#ifndef U2FI_SERVICES_ATTESTATION_ATTESTATION_TEST_CASE_H_
#define U2FI_SERVICES_ATTESTATION_ATTESTATION_TEST_CASE_H_

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/attestation/attestation_core.h"
#include "services/attestation/lost_rights.h"
#include "services/challenge/challenge_core.h"
#include "services/challenge/challenge_local_client.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/fake_u2f_token.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/client_data.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"
#include "services/device-registry/fake_token_words_client.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::attestation {

// The real core over the real challenge core and a store in memory, a gateway
// g1 of site s1, and U2F tokens that sign whatever a test wants.
class AttestationTestCase : public testing::Test {
 protected:
  static constexpr char kRpId[] = "u2fi.test";
  static constexpr char kPortal[] = "https://portal.test";

  // `tells_registry`: there is a registry, which hears what core_ tells.
  explicit AttestationTestCase(bool tells_registry = false)
      : tells_registry_(tells_registry) {
    other_token_.key_handle = std::string(64, 'o');
  }

  static fido::RegistrationPolicy AnyKey() {
    fido::RegistrationPolicy policy;
    policy.trust.accept_untrusted = true;
    return policy;
  }

  proof::v1::AuthorizationStatement Template(proof::v1::Purpose purpose) {
    proof::v1::AuthorizationStatement statement;
    statement.set_format(1);
    statement.set_purpose(purpose);
    statement.set_tenant("t1");
    statement.set_account("ann");
    statement.set_approver_gateway("g1");
    statement.set_channel_key(
        crypto::ToString(gateway_key_.public_key().SpkiHash()));
    statement.set_requester("spiffe://test/client/t1/app ann");
    statement.set_request_id(std::string(32, 'a'));
    statement.set_approve_by_ms(static_cast<uint64_t>(UnixMillis(clock_)) +
                                60'000);
    statement.set_execute_by_ms(statement.approve_by_ms() + 60'000);
    return statement;
  }

  // Issues a challenge; the statement's bytes.
  std::string Issue(const proof::v1::AuthorizationStatement& statement,
                    const std::vector<common::v1::Candidate>& candidates) {
    challenge::v1::IssueRequest request;
    request.set_tenant("t1");
    *request.mutable_template_() = statement;
    for (const common::v1::Candidate& candidate : candidates) {
      challenge::v1::CandidateFloor& floor = *request.add_candidates();
      floor.set_token_id(candidate.token_id());
      if (candidate.has_counter_floor()) {
        floor.set_counter_floor(candidate.counter_floor());
      }
    }
    const auto issued = challenge_client_.Issue(request);
    EXPECT_OK(issued);
    return issued.ok() ? issued->statement() : "";
  }

  std::string ClientData(absl::string_view typ, const std::string& statement) {
    return proof::U2fClientData(typ, proof::ChallengeOf(statement),
                                {"t1", "s1", "g1"},
                                gateway_key_.public_key().point());
  }
  common::v1::AnswerChannel Channel() {
    common::v1::AnswerChannel channel;
    channel.set_gateway("g1");
    channel.set_channel_key(
        crypto::ToString(gateway_key_.public_key().SpkiHash()));
    return channel;
  }

  // A right registration of `token`.
  v1::VerifyRegistrationRequest Registration(const fido::FakeU2fToken& token) {
    v1::VerifyRegistrationRequest request;
    request.set_tenant("t1");
    request.set_statement(Issue(Template(proof::v1::PURPOSE_ENROL), {}));
    request.mutable_answer()->set_form(common::v1::REGISTRATION_FORM_U2F);
    request.mutable_answer()->set_client_data(
        ClientData(proof::kU2fRegistration, request.statement()));
    request.mutable_answer()->set_response(
        token.Register(kRpId, request.answer().client_data()));
    *request.mutable_channel() = Channel();
    return request;
  }

  // A right answer of `token` to `statement`.
  proof::v1::Answer Answer(const fido::FakeU2fToken& token,
                           const std::string& statement, uint32_t counter) {
    proof::v1::Answer answer;
    answer.set_client_data(ClientData(proof::kU2fAssertion, statement));
    answer.set_authenticator_data(token.AuthenticatorData(kRpId, 1, counter));
    answer.set_signature(
        token.Sign(answer.authenticator_data(), answer.client_data()));
    answer.set_token_id(TokenIdOf(token.key_handle));
    proof::SignRelay(gateway_key_, proof::ChallengeOf(statement),
                     static_cast<uint64_t>(UnixMillis(clock_)), answer);
    return answer;
  }

  v1::VerifyAssertionRequest Assertion(const std::string& statement,
                                       const proof::v1::Answer& answer) {
    v1::VerifyAssertionRequest request;
    request.set_tenant("t1");
    request.set_statement(statement);
    *request.mutable_answer() = answer;
    *request.mutable_channel() = Channel();
    return request;
  }

  // A question about a device operation, asked of ann's tokens.
  std::string AskForTouch() {
    proof::v1::AuthorizationStatement statement =
        Template(proof::v1::PURPOSE_COMMAND);
    statement.set_site("s1");
    statement.set_pins_revision(1);
    statement.set_batch_root(std::string(32, 'r'));
    statement.set_batch_size(1);
    v1::ListCandidatesRequest list;
    list.set_tenant("t1");
    list.set_account("ann");
    list.set_purpose(proof::v1::PURPOSE_COMMAND);
    const auto candidates = core_.directory.ListCandidates(list);
    EXPECT_OK(candidates);
    return Issue(statement, {candidates->candidates().begin(),
                             candidates->candidates().end()});
  }

  absl::StatusOr<v1::VerifyAssertionResponse> Touch(
      const fido::FakeU2fToken& token, uint32_t counter) {
    const std::string statement = AskForTouch();
    return core_.assertions.Verify(
        Assertion(statement, Answer(token, statement, counter)));
  }

  // A command on ann's account.
  std::string Command(const std::string& operation,
                      const google::protobuf::Message& arguments,
                      char request) {
    proof::v1::Command command;
    command.set_format(1);
    command.set_command_id(proof::CommandId(
        "t1", "spiffe://test/client/t1/app ann", std::string(32, request), 0));
    command.set_device("account:ann");
    command.set_operation(operation);
    command.set_arguments(proof::Encode(arguments));
    return *proof::EncodeCommand(command);
  }

  // `u2fi.enrol` for a registration that was verified.
  std::string EnrolCommand(const v1::VerifyRegistrationResponse& verified,
                           char request = 'a', bool recovery = false) {
    proof::v1::EnrolArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(verified.token_id());
    arguments.set_registration_digest(
        crypto::ToString(proof::RegistrationDigest(verified.registration())));
    arguments.set_recovery(recovery);
    return Command("u2fi.enrol", arguments, request);
  }

  // The statement of a touch over a command's bytes, issued for `token_id`.
  std::string IssueFor(proof::v1::Purpose purpose, const std::string& command,
                       const std::string& token_id) {
    proof::v1::AuthorizationStatement statement = Template(purpose);
    statement.set_batch_root(crypto::ToString(proof::Leaf(command)));
    statement.set_batch_size(1);
    common::v1::Candidate candidate;
    candidate.set_token_id(token_id);
    return Issue(statement, {candidate});
  }
  // The touch of `token` over a command's bytes.
  proof::v1::Approval TouchOver(proof::v1::Purpose purpose,
                                const std::string& command,
                                const fido::FakeU2fToken& token,
                                uint32_t counter = 1) {
    const std::string bytes =
        IssueFor(purpose, command, TokenIdOf(token.key_handle));
    return proof::ToApproval(bytes, Answer(token, bytes, counter));
  }
  proof::v1::Approval EnrolApproval(const fido::FakeU2fToken& token,
                                    const std::string& command,
                                    uint32_t counter) {
    return TouchOver(proof::v1::PURPOSE_ENROL, command, token, counter);
  }

  // `u2fi.token.<what>` on the token with this id, approved by `by`.
  v1::ApplyRequest TokenAct(const std::string& what,
                            const std::string& token_id,
                            const std::vector<fido::FakeU2fToken>& by,
                            char request) {
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(token_id);
    v1::ApplyRequest apply;
    apply.set_tenant("t1");
    apply.add_items()->set_command(
        Command("u2fi.token." + what, arguments, request));
    for (const fido::FakeU2fToken& token : by) {
      *apply.add_approvals() =
          TouchOver(proof::v1::PURPOSE_TOKEN, apply.items(0).command(), token);
    }
    return apply;
  }

  static std::string IdOf(const fido::FakeU2fToken& token) {
    return TokenIdOf(token.key_handle);
  }
  v1::Token TokenNamed(const std::string& token_id) {
    v1::GetTokenRequest request;
    request.set_name("tokens/" + token_id);
    const auto got =
        core_.directory.Get(rpc::TestCaller("client/t1/app"), request);
    EXPECT_OK(got);
    return got.ok() ? got->token() : v1::Token();
  }
  v1::TokenState StateOf(const fido::FakeU2fToken& token) {
    return TokenNamed(IdOf(token)).state();
  }
  // "KIND subject …" of every audit row so far.
  std::vector<std::string> AuditRows() {
    return audit::Summary(
        audit::RowsIn(memory_, *store::Partition::Make("attestation", "t1")));
  }

  // Enrols a second token of ann's, which the first one approves.
  absl::StatusOr<v1::ApplyResponse> EnrolSecond(const fido::FakeU2fToken& first,
                                                const fido::FakeU2fToken& next,
                                                char request = 'b',
                                                bool recovery = false) {
    v1::VerifyRegistrationRequest registration = Registration(next);
    registration.set_recovery(recovery);
    const auto verified = core_.registrations.Verify(registration);
    if (!verified.ok()) return verified.status();
    v1::ApplyRequest apply = ApplyOf(*verified, next, request, recovery);
    *apply.add_approvals() =
        EnrolApproval(first, apply.items(0).command(), 200);
    return core_.applier.Apply(apply);
  }

  // Enrols ann's first token, all right.
  absl::StatusOr<v1::ApplyResponse> Enrol(const fido::FakeU2fToken& token) {
    const auto verified = core_.registrations.Verify(Registration(token));
    if (!verified.ok()) return verified.status();
    return core_.applier.Apply(ApplyOf(*verified, token));
  }
  v1::ApplyRequest ApplyOf(const v1::VerifyRegistrationResponse& verified,
                           const fido::FakeU2fToken& token, char request = 'a',
                           bool recovery = false) {
    v1::ApplyRequest apply;
    apply.set_tenant("t1");
    apply.add_items()->set_command(EnrolCommand(verified, request, recovery));
    *apply.add_approvals() = EnrolApproval(token, apply.items(0).command(), 1);
    *apply.mutable_evidence()->mutable_registration() = verified.registration();
    return apply;
  }

  const bool tells_registry_;
  device_registry::FakeTokenWordsClient registry_;
  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  audit::ThreadExecutor executor_{1};
  // What failovers of `memory_` made it forget.
  audit::LostRows lost_{IsAboutRights};
  audit::TenantDeciders deciders_{store_,    clock_,        random_,
                                  executor_, "attestation", lost_.Hook()};
  challenge::ChallengeCore challenge_{clock_, random_, store_};
  challenge::ChallengeLocalClient challenge_client_{challenge_};
  AttestationCore core_{{clock_,
                         random_,
                         store_,
                         deciders_,
                         challenge_client_,
                         kRpId,
                         AnyKey(),
                         {kPortal},
                         kDefaultKeyCache,
                         nullptr,
                         {},
                         tells_registry_ ? &registry_ : nullptr}};
  // Another replica over the same store, which is never away. What happens
  // inside FaultyStore::BeforeNextCommit() happens there.
  audit::TenantDeciders other_deciders_{memory_, clock_, random_, executor_,
                                        "attestation"};
  AttestationCore other_replica_{{clock_,
                                  random_,
                                  memory_,
                                  other_deciders_,
                                  challenge_client_,
                                  kRpId,
                                  AnyKey(),
                                  {kPortal}}};
  const crypto::P256PrivateKey gateway_key_ =
      crypto::P256PrivateKey::Generate();
  fido::FakeU2fToken token_;
  fido::FakeU2fToken other_token_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_TEST_CASE_H_
