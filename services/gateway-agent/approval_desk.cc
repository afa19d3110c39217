#include "services/gateway-agent/approval_desk.h"

#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/client_data.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

// More open questions than the mesh may ask (Limits.open_approvals, twice).
constexpr size_t kMaxQueue = 32;
constexpr size_t kAnswersKept = 64;
constexpr absl::Duration kLookForTokens = absl::Milliseconds(200);
constexpr absl::Duration kOutcomeWithin = absl::Seconds(10);

proof::GatewayOrigin OriginOf(const AgentIdentity& identity) {
  return {identity.tenant, identity.site, identity.gateway};
}

std::string ClientData(absl::string_view typ, const AgentIdentity& identity,
                       const crypto::Digest& challenge) {
  return proof::U2fClientData(typ, challenge, OriginOf(identity),
                              identity.key.public_key().point());
}

void SetFailed(const std::string& id, bool registers, const std::string& reason,
               GatewayMessage& answer) {
  if (registers) {
    answer.mutable_enrolment_answer()->set_enrolment_id(id);
    answer.mutable_enrolment_answer()->mutable_failed()->set_reason(reason);
  } else {
    answer.mutable_approval_answer()->set_approval_id(id);
    answer.mutable_approval_answer()->mutable_failed()->set_reason(reason);
  }
}

void SetDeclined(const std::string& id, bool registers,
                 const std::string& source, GatewayMessage& answer) {
  if (registers) {
    answer.mutable_enrolment_answer()->set_enrolment_id(id);
    answer.mutable_enrolment_answer()->mutable_declined()->set_source(source);
  } else {
    answer.mutable_approval_answer()->set_approval_id(id);
    answer.mutable_approval_answer()->mutable_declined()->set_source(source);
  }
}

}  // namespace

ApprovalDesk::ApprovalDesk(const AgentIdentity& identity, const Clock& clock,
                           TokenFinder& tokens, Cue& cue, MeshSender& mesh)
    : identity_(identity),
      clock_(clock),
      tokens_(tokens),
      cue_(cue),
      mesh_(mesh),
      application_(crypto::ToString(crypto::Sha256(identity.rp_id))),
      working_([this] { WorkUntilStopped(); }) {}

ApprovalDesk::~ApprovalDesk() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    if (shown_ != nullptr) shown_->cancel.Cancel();
    changed_.NotifyAll();
  }
  working_.join();
}

// The mesh asks its open questions again by itself.
void ApprovalDesk::OnConnected(const gateway::v1::Welcome&) {}

bool ApprovalDesk::OnMessage(const MeshMessage& message) {
  switch (message.body_case()) {
    case MeshMessage::kApprovalRequest: {
      auto question = std::make_shared<Question>();
      question->id = message.approval_request().approval_id();
      question->approval = message.approval_request();
      Take(std::move(question));
      return true;
    }
    case MeshMessage::kEnrolmentRequest: {
      auto question = std::make_shared<Question>();
      question->id = message.enrolment_request().enrolment_id();
      question->enrolment = message.enrolment_request();
      question->registers = true;
      Take(std::move(question));
      return true;
    }
    case MeshMessage::kCancelApproval:
      Cancel(message.cancel_approval().approval_id());
      return true;
    case MeshMessage::kApprovalOutcome:
      NoteOutcome(message.approval_outcome().approval_id());
      return true;
    case MeshMessage::kCue:
      return true;
    default:
      return false;
  }
}

void ApprovalDesk::Take(QuestionPtr question) {
  GatewayMessage message;
  {
    MutexLock lock(mutex_);
    const auto answered = answers_.find(question->id);
    bool known = shown_ != nullptr && shown_->id == question->id;
    for (const QuestionPtr& waiting : queue_) {
      known = known || waiting->id == question->id;
    }
    if (answered != answers_.end()) {
      message = answered->second;
    } else if (known) {
      return;
    } else if (queue_.size() >= kMaxQueue) {
      SetFailed(question->id, question->registers, reason::kGatewayLimit.name,
                message);
    } else {
      message.mutable_approval_received()->set_approval_id(question->id);
      message.mutable_approval_received()->set_queue_position(
          static_cast<uint32_t>(queue_.size() + (shown_ != nullptr ? 1 : 0)));
      queue_.push_back(std::move(question));
      changed_.NotifyAll();
    }
  }
  mesh_.Send(std::move(message));
}

void ApprovalDesk::Cancel(const std::string& id) {
  MutexLock lock(mutex_);
  if (shown_ != nullptr && shown_->id == id) {
    shown_->outcome_known = true;
    shown_->cancel.Cancel();
    changed_.NotifyAll();
  }
  for (auto i = queue_.begin(); i != queue_.end(); ++i) {
    if ((*i)->id == id) {
      queue_.erase(i);
      return;
    }
  }
}

void ApprovalDesk::NoteOutcome(const std::string& id) {
  MutexLock lock(mutex_);
  if (shown_ == nullptr || shown_->id != id) return;
  shown_->outcome_known = true;
  changed_.NotifyAll();
}

bool ApprovalDesk::Decline(const std::string& id, const std::string& source) {
  MutexLock lock(mutex_);
  if (shown_ == nullptr || (!id.empty() && shown_->id != id)) return false;
  shown_->declined_by = source;
  shown_->cancel.Cancel();
  return true;
}

void ApprovalDesk::WorkUntilStopped() {
  while (true) {
    QuestionPtr question;
    {
      MutexLock lock(mutex_);
      shown_.reset();
      while (!stop_ && queue_.empty()) changed_.Wait(mutex_);
      if (stop_) return;
      question = std::move(queue_.front());
      queue_.pop_front();
      shown_ = question;
    }
    Put(*question);
  }
}

void ApprovalDesk::Put(Question& question) {
  GatewayMessage answer;
  const absl::Status status = question.registers
                                  ? PutEnrolment(question, answer)
                                  : PutApproval(question, answer);
  bool cancelled = false;
  {
    MutexLock lock(mutex_);
    if (!question.declined_by.empty()) {
      answer.Clear();
      SetDeclined(question.id, question.registers, question.declined_by,
                  answer);
    } else if (!status.ok()) {
      answer.Clear();
      SetFailed(question.id, question.registers, ReasonOf(status), answer);
    }
    // Cancelled by the mesh: it wants no answer any more.
    cancelled = question.outcome_known || stop_;
    if (!cancelled) {
      answers_[question.id] = answer;
      order_.push_back(question.id);
      if (order_.size() > kAnswersKept) {
        answers_.erase(order_.front());
        order_.pop_front();
      }
    }
  }
  if (cancelled) return;
  const bool touched = answer.approval_answer().has_assertion();
  mesh_.Send(std::move(answer));
  if (touched) WaitForOutcome(question);
}

void ApprovalDesk::WaitForOutcome(Question& question) {
  const absl::Duration until = clock_.Uptime() + kOutcomeWithin;
  MutexLock lock(mutex_);
  while (!stop_ && !question.outcome_known && clock_.Uptime() < until) {
    changed_.WaitFor(mutex_, until - clock_.Uptime());
  }
}

absl::Status ApprovalDesk::PutApproval(Question& question,
                                       GatewayMessage& answer) {
  ASSIGN_OR_RETURN(
      const CheckedQuestion checked,
      CheckApproval(identity_, static_cast<uint64_t>(UnixMillis(clock_)),
                    question.approval));
  const CueText text = CueOf(question.id, checked);
  cue_.On(text);
  const absl::Status status = Sign(checked, question, answer);
  cue_.Off(text, status.ok() ? "done" : ReasonOf(status));
  return status;
}

absl::Status ApprovalDesk::PutEnrolment(Question& question,
                                        GatewayMessage& answer) {
  ASSIGN_OR_RETURN(
      const CheckedQuestion checked,
      CheckEnrolment(identity_, static_cast<uint64_t>(UnixMillis(clock_)),
                     question.enrolment));
  const CueText text = CueOf(question.id, checked);
  cue_.On(text);
  const absl::Status status = Register(checked, question, answer);
  cue_.Off(text, status.ok() ? "done" : ReasonOf(status));
  return status;
}

u2fhid::WaitLimit ApprovalDesk::LimitOf(const CheckedQuestion& checked,
                                        Question& question) const {
  const int64_t left =
      static_cast<int64_t>(checked.statement().approve_by_ms()) -
      UnixMillis(clock_);
  return {clock_.Uptime() + absl::Milliseconds(left), question.cancel};
}

absl::Status ApprovalDesk::Sign(const CheckedQuestion& checked,
                                Question& question, GatewayMessage& answer) {
  const u2fhid::WaitLimit limit = LimitOf(checked, question);
  common::v1::Candidate candidate;
  ASSIGN_OR_RETURN(const std::unique_ptr<Token> token,
                   FindOwner(question, limit, candidate));
  const std::string client_data =
      ClientData(proof::kU2fAssertion, identity_, checked.challenge());
  ASSIGN_OR_RETURN(const std::string response,
                   token->Sign(crypto::View(crypto::Sha256(client_data)),
                               application_, candidate.credential_id(), limit));
  // Presence byte and counter, then the signature (raw message formats, 5.4).
  if (response.size() < 6) {
    return Error(reason::kTokenFrame, "the token's answer is too short");
  }
  proof::v1::Answer& touched =
      *answer.mutable_approval_answer()->mutable_assertion();
  answer.mutable_approval_answer()->set_approval_id(question.id);
  touched.set_client_data(client_data);
  touched.set_authenticator_data(application_ + response.substr(0, 5));
  touched.set_signature(response.substr(5));
  touched.set_token_id(candidate.token_id());
  proof::SignRelay(identity_.key, checked.challenge(),
                   static_cast<uint64_t>(UnixMillis(clock_)), touched);
  return absl::OkStatus();
}

absl::Status ApprovalDesk::Register(const CheckedQuestion& checked,
                                    Question& question,
                                    GatewayMessage& answer) {
  const u2fhid::WaitLimit limit = LimitOf(checked, question);
  ASSIGN_OR_RETURN(const std::unique_ptr<Token> token,
                   FindNew(question, limit));
  const std::string client_data =
      ClientData(proof::kU2fRegistration, identity_, checked.challenge());
  ASSIGN_OR_RETURN(const std::string response,
                   token->Register(crypto::View(crypto::Sha256(client_data)),
                                   application_, limit));
  answer.mutable_enrolment_answer()->set_enrolment_id(question.id);
  common::v1::RegistrationAnswer& registration =
      *answer.mutable_enrolment_answer()->mutable_registration();
  registration.set_form(common::v1::REGISTRATION_FORM_U2F);
  registration.set_client_data(client_data);
  registration.set_response(response);
  registration.set_touched_at_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Token>> ApprovalDesk::FindOwner(
    Question& question, const u2fhid::WaitLimit& limit,
    common::v1::Candidate& candidate) {
  while (clock_.Uptime() < limit.deadline && !limit.cancel.cancelled()) {
    for (std::unique_ptr<Token>& token : tokens_.Find()) {
      for (const auto& offered : question.approval.candidates()) {
        const absl::StatusOr<bool> owns = token->Owns(
            application_, offered.candidate().credential_id(), limit);
        if (!owns.ok() || !*owns) continue;
        candidate = offered.candidate();
        return std::move(token);
      }
    }
    limit.cancel.SleepFor(kLookForTokens);
  }
  return Error(reason::kTokenAbsent, "none of the tokens is plugged in");
}

absl::StatusOr<std::unique_ptr<Token>> ApprovalDesk::FindNew(
    Question& question, const u2fhid::WaitLimit& limit) {
  while (clock_.Uptime() < limit.deadline && !limit.cancel.cancelled()) {
    for (std::unique_ptr<Token>& token : tokens_.Find()) {
      bool is_new = true;
      for (const common::v1::Candidate& known : question.enrolment.exclude()) {
        const absl::StatusOr<bool> owns =
            token->Owns(application_, known.credential_id(), limit);
        is_new = is_new && owns.ok() && !*owns;
      }
      if (is_new) return std::move(token);
    }
    limit.cancel.SleepFor(kLookForTokens);
  }
  return Error(reason::kTokenAbsent, "no new token is plugged in");
}

}  // namespace u2fi::gateway_agent
