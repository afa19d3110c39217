#include "tests/e2e/browser.h"

#include <vector>

#include "services/common/proof/statement.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/status_macros.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::AnswerApprovalResponse;
using command_gate::v1::CommandRecord;
using command_gate::v1::PendingApproval;

constexpr absl::Duration kPatience = absl::Seconds(10);

}  // namespace

Browser::Browser(OneSite& site, WebAuthn& web_authn)
    : site_(site),
      web_authn_(web_authn),
      identity_(site.ca().Identity("service/portal")),
      portal_(
          command_gate::v1::CommandGate::NewStub(site.ChannelAs(*identity_))) {}

absl::StatusOr<CommandRecord> Browser::Do(
    const command_gate::v1::CommandItem& item, proof::v1::Purpose purpose) {
  command_gate::v1::SubmitCommandRequest submit;
  *submit.mutable_item() = item;
  submit.mutable_options()->set_on_behalf_of("ann");
  submit.mutable_options()->set_purpose(purpose);
  submit.mutable_options()->mutable_approve_within()->set_seconds(20);
  submit.mutable_options()->mutable_place()->mutable_browser()->set_origin(
      OneSite::kPortal);
  ASSIGN_OR_RETURN(const CommandRecord submitted, site_.SubmitRequest(submit));
  ASSIGN_OR_RETURN(PendingApproval question, FirstQuestion(submitted.name()));
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(const AnswerApprovalResponse answered, Answer(question));
    if (answered.verdict().outcome() != common::v1::OUTCOME_ACCEPTED) {
      return absl::PermissionDeniedError(answered.verdict().reason());
    }
    more = answered.has_next();
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
  const crypto::Digest challenge = proof::ChallengeOf(question.statement());
  const std::vector<common::v1::Candidate> candidates(
      question.candidates().begin(), question.candidates().end());
  if (question.registration()) {
    ASSIGN_OR_RETURN(*request.mutable_registration(),
                     web_authn_.Create(challenge, candidates));
  } else {
    ASSIGN_OR_RETURN(*request.mutable_assertion(),
                     web_authn_.Get(challenge, candidates));
  }
  grpc::ClientContext context;
  rpc::PrepareCall(context, kPatience);
  AnswerApprovalResponse response;
  RETURN_IF_ERROR(rpc::FromGrpcStatus(
      portal_->AnswerApproval(&context, request, &response)));
  return response;
}

}  // namespace u2fi::e2e
