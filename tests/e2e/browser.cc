#include "tests/e2e/browser.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/fido/u2f_messages.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/statement.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/status_macros.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/token.h"

namespace u2fi::e2e {
namespace {

namespace cbor = fido::cbor;
using command_gate::v1::AnswerApprovalResponse;
using command_gate::v1::CommandRecord;
using command_gate::v1::PendingApproval;

constexpr absl::Duration kPatience = absl::Seconds(10);

// The key in COSE, as browsers make it from a point.
std::string Cose(absl::string_view point) {
  return cbor::Map({{cbor::Integer(1), cbor::Integer(2)},
                    {cbor::Integer(3), cbor::Integer(-7)},
                    {cbor::Integer(-1), cbor::Integer(1)},
                    {cbor::Integer(-2), cbor::Bytes(point.substr(1, 32))},
                    {cbor::Integer(-3), cbor::Bytes(point.substr(33, 32))}});
}

// The attestation object of the format fido-u2f (WebAuthn L2, section 8.6).
std::string AttestationObject(const fido::U2fRegistration& key) {
  constexpr char kUserPresentAndKey[] = "\x41";
  const size_t size = key.key_handle.size();
  const std::string data = absl::StrCat(
      crypto::View(crypto::Sha256(OneSite::kRpId)), kUserPresentAndKey,
      crypto::BigEndian32(0), std::string(16, '\0'),
      std::string({static_cast<char>(size >> 8), static_cast<char>(size)}),
      key.key_handle, Cose(key.public_key));
  return cbor::Map(
      {{cbor::Text("fmt"), cbor::Text("fido-u2f")},
       {cbor::Text("attStmt"),
        cbor::Map({{cbor::Text("sig"), cbor::Bytes(key.signature)},
                   {cbor::Text("x5c"),
                    cbor::Array({cbor::Bytes(key.certificate)})}})},
       {cbor::Text("authData"), cbor::Bytes(data)}});
}

// The parameters of U2F.
std::string ChallengeFor(const std::string& client_data) {
  return crypto::ToString(crypto::Sha256(client_data));
}
std::string Application() {
  return crypto::ToString(crypto::Sha256(OneSite::kRpId));
}

}  // namespace

Browser::Browser(OneSite& site, std::vector<std::string> key_paths)
    : site_(site),
      keys_(std::move(key_paths), site.clock(), site.random()),
      identity_(site.ca().Identity("service/portal")),
      portal_(
          command_gate::v1::CommandGate::NewStub(site.ChannelAs(*identity_))) {}

absl::StatusOr<CommandRecord> Browser::Do(
    const command_gate::v1::CommandItem& item, proof::v1::Purpose purpose) {
  command_gate::v1::SubmitCommandRequest submit;
  *submit.mutable_item() = item;
  submit.mutable_options()->set_on_behalf_of("ann");
  submit.mutable_options()->set_purpose(purpose);
  submit.mutable_options()->mutable_approve_within()->set_seconds(10);
  submit.mutable_options()->mutable_place()->mutable_browser()->set_origin(
      OneSite::kPortal);
  ASSIGN_OR_RETURN(const CommandRecord submitted, site_.SubmitRequest(submit));
  ASSIGN_OR_RETURN(PendingApproval question, FirstQuestion(submitted.name()));
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(const AnswerApprovalResponse answered, Answer(question));
    more = answered.has_next() &&
           answered.verdict().outcome() == common::v1::OUTCOME_ACCEPTED;
    question = answered.next();
  }
  return site_.Wait(submitted.name());
}

absl::StatusOr<PendingApproval> Browser::FirstQuestion(
    const std::string& name) {
  command_gate::v1::WatchApprovalsRequest watch;
  watch.set_tenant("t1");
  watch.set_account("ann");
  grpc::ClientContext context;
  rpc::PrepareCall(context, kPatience);
  const auto stream = portal_->WatchApprovals(&context, watch);
  command_gate::v1::WatchApprovalsResponse heard;
  while (stream->Read(&heard)) {
    if (heard.approval().name() == name &&
        heard.approval().state() == command_gate::v1::APPROVAL_STATE_ASKED) {
      context.TryCancel();
      return heard.approval();
    }
  }
  return rpc::FromGrpcStatus(stream->Finish());
}

absl::StatusOr<AnswerApprovalResponse> Browser::Answer(
    const PendingApproval& question) {
  command_gate::v1::AnswerApprovalRequest request;
  request.set_tenant("t1");
  request.set_approval_id(question.approval_id());
  request.set_origin(OneSite::kPortal);
  if (question.registration()) {
    *request.mutable_registration() = Register(question.statement());
  } else {
    *request.mutable_assertion() = Touch(question);
  }
  grpc::ClientContext context;
  rpc::PrepareCall(context, kPatience);
  AnswerApprovalResponse response;
  RETURN_IF_ERROR(rpc::FromGrpcStatus(
      portal_->AnswerApproval(&context, request, &response)));
  return response;
}

common::v1::RegistrationAnswer Browser::Register(const std::string& statement) {
  common::v1::RegistrationAnswer answer;
  answer.set_form(common::v1::REGISTRATION_FORM_WEBAUTHN);
  answer.set_client_data(proof::WebauthnClientData(
      proof::kWebauthnRegistration, proof::ChallengeOf(statement),
      OneSite::kPortal));
  const auto keys = keys_.Find({});
  u2fhid::CancelFlag cancel;
  const auto raw =
      keys.back()->Register(ChallengeFor(answer.client_data()), Application(),
                            {site_.clock().Uptime() + kPatience, cancel});
  EXPECT_OK(raw);
  if (!raw.ok()) return answer;
  const auto key = fido::ParseU2fRegistration(*raw);
  EXPECT_OK(key);
  answer.set_response(AttestationObject(*key));
  answer.set_raw_id(std::string(key->key_handle));
  return answer;
}

proof::v1::Answer Browser::TouchOf(gateway_agent::Token& key,
                                   const std::string& statement,
                                   const common::v1::Candidate& candidate) {
  proof::v1::Answer answer;
  answer.set_client_data(proof::WebauthnClientData(
      proof::kWebauthnAssertion, proof::ChallengeOf(statement),
      OneSite::kPortal));
  u2fhid::CancelFlag cancel;
  const auto raw = key.Sign(ChallengeFor(answer.client_data()), Application(),
                            candidate.credential_id(),
                            {site_.clock().Uptime() + kPatience, cancel});
  EXPECT_OK(raw);
  if (!raw.ok()) return answer;
  const auto made = fido::ParseU2fAuthentication(*raw);
  EXPECT_OK(made);
  answer.set_authenticator_data(
      made->AuthenticatorData(crypto::Sha256(OneSite::kRpId)));
  answer.set_signature(std::string(made->signature));
  answer.set_token_id(candidate.token_id());
  return answer;
}

proof::v1::Answer Browser::Touch(const PendingApproval& question) {
  u2fhid::CancelFlag cancel;
  for (const auto& key : keys_.Find({})) {
    for (const common::v1::Candidate& candidate : question.candidates()) {
      const auto owns = key->Owns(Application(), candidate.credential_id(),
                                  {site_.clock().Uptime() + kPatience, cancel});
      if (owns.ok() && *owns) {
        return TouchOf(*key, question.statement(), candidate);
      }
    }
  }
  ADD_FAILURE() << "none of the keys asked for is here";
  return proof::v1::Answer();
}

}  // namespace u2fi::e2e
