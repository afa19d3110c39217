#include "services/gateway-agent/approval_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/common/status/error.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

constexpr size_t kAnswersKept = 64;
// One for each key that a gateway box can have, and the one who looks.
constexpr size_t kMaxWorkers = 17;

}  // namespace

ApprovalDesk::ApprovalDesk(const AgentIdentity& identity, const Clock& clock,
                           TokenFinder& tokens, Cue& cue, MeshSender& mesh,
                           const ApprovalOptions& options)
    : identity_(identity),
      clock_(clock),
      tokens_(tokens),
      cue_(cue),
      mesh_(mesh),
      options_(options),
      pins_(clock, cue),
      toucher_(identity, clock, pins_) {
  tokens_.SetOnChange([this] {
    MutexLock lock(mutex_);
    Changed();
  });
}

ApprovalDesk::~ApprovalDesk() {
  tokens_.SetOnChange(nullptr);
  std::vector<std::thread> workers;
  {
    MutexLock lock(mutex_);
    stop_ = true;
    for (const QuestionPtr& question : open_) question->cancel.Cancel();
    workers.swap(workers_);
    changed_.NotifyAll();
    work_.NotifyAll();
  }
  for (std::thread& worker : workers) worker.join();
}

// The mesh asks its open questions again by itself. The outcome of a touch may
// have gone down with the stream before: its key waits for it no longer.
void ApprovalDesk::OnConnected(const gateway::v1::Welcome&) {
  MutexLock lock(mutex_);
  for (const QuestionPtr& question : open_) {
    if (question->state == State::kAnswered) question->outcome_known = true;
  }
  Changed();
}

bool ApprovalDesk::OnMessage(const MeshMessage& message) {
  switch (message.body_case()) {
    case MeshMessage::kApprovalRequest:
      Take(message, message.approval_request().approval_id());
      return true;
    case MeshMessage::kEnrolmentRequest:
      Take(message, message.enrolment_request().enrolment_id());
      return true;
    case MeshMessage::kCancelApproval:
      Void(message.cancel_approval().approval_id());
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

void ApprovalDesk::Take(const MeshMessage& message, const std::string& id) {
  bool wakes = false;
  {
    MutexLock lock(mutex_);
    if (!Open(message, id)) return;
    wakes = EnsureFinder();
    ++changes_;
  }
  // Without the lock, which those who wake need at once.
  if (wakes) work_.NotifyOne();
  changed_.NotifyAll();
}

bool ApprovalDesk::Open(const MeshMessage& message, const std::string& id) {
  const auto answered = answers_.find(id);
  if (answered != answers_.end()) {
    mesh_.Send(answered->second);
    return false;
  }
  if (Find(id) != nullptr) return false;
  const bool registers = message.has_enrolment_request();
  if (open_.size() >= kMaxOpen) {
    mesh_.Send(FailedAnswer(id, registers, reason::kGatewayLimit.name));
    return false;
  }
  absl::StatusOr<TouchRequest> request = CheckRequest(
      identity_, static_cast<uint64_t>(UnixMillis(clock_)), message);
  if (!request.ok()) {
    mesh_.Send(FailedAnswer(id, registers, ReasonOf(request.status())));
    return false;
  }
  GatewayMessage received;
  received.mutable_approval_received()->set_approval_id(id);
  received.mutable_approval_received()->set_queue_position(
      static_cast<uint32_t>(open_.size()));
  mesh_.Send(std::move(received));
  CueText text = CueOf(id, request->checked);
  open_.push_back(
      std::make_shared<Question>(*std::move(request), std::move(text)));
  return true;
}

void ApprovalDesk::Void(const std::string& id) {
  MutexLock lock(mutex_);
  const QuestionPtr question = Find(id);
  if (question == nullptr) return;
  question->void_now = true;
  question->outcome_known = true;
  question->cancel.Cancel();
  if (question->state == State::kWaiting) {
    Answer(*question, {}, "cancelled");
    Remove(*question);
  }
  Changed();
}

void ApprovalDesk::NoteOutcome(const std::string& id) {
  {
    MutexLock lock(mutex_);
    const QuestionPtr question = Find(id);
    if (question == nullptr) return;
    question->outcome_known = true;
    ++changes_;
  }
  changed_.NotifyAll();
}

bool ApprovalDesk::Decline(const std::string& id, const std::string& source) {
  MutexLock lock(mutex_);
  const std::deque<QuestionPtr> open = open_;
  for (const QuestionPtr& question : open) {
    const bool meant =
        id.empty() ? question->shown : question->request.id == id;
    if (!meant || question->state == State::kAnswered) continue;
    question->declined_by = source;
    question->cancel.Cancel();
    if (question->state == State::kWaiting) {
      Answer(*question, {}, "declined");
      Remove(*question);
    }
    Changed();
    return true;
  }
  return false;
}

std::vector<gateway::v1::WaitingQuestion> ApprovalDesk::Waiting() const {
  std::vector<gateway::v1::WaitingQuestion> list;
  MutexLock lock(mutex_);
  for (const QuestionPtr& question : open_) {
    if (question->state == State::kAnswered) continue;
    gateway::v1::WaitingQuestion entry;
    entry.set_approval_id(question->request.id);
    entry.set_text(absl::StrJoin(question->text.lines, "\n"));
    for (absl::string_view word :
         absl::StrSplit(question->text.words, ' ', absl::SkipEmpty())) {
      entry.add_words(std::string(word));
    }
    entry.set_approve_by_ms(question->text.approve_by_ms);
    entry.set_shown(question->shown);
    const auto wanted = pins_.WantedFor(question->request.id);
    if (wanted.has_value()) {
      entry.mutable_pin()->set_tries_left(wanted->tries_left);
      entry.mutable_pin()->set_was_wrong(wanted->was_wrong);
    }
    list.push_back(std::move(entry));
  }
  std::stable_partition(list.begin(), list.end(),
                        [](const auto& entry) { return entry.shown(); });
  return list;
}

void ApprovalDesk::WorkUntilStopped() {
  while (BecomeFinder()) {
    absl::optional<Match> match = FindMatch();
    bool wakes = false;
    {
      MutexLock lock(mutex_);
      finding_ = false;
      wakes = AnyWaiting() && EnsureFinder();
    }
    if (wakes) work_.NotifyOne();
    if (match.has_value()) Put(*std::move(match));
  }
}

bool ApprovalDesk::BecomeFinder() {
  MutexLock lock(mutex_);
  ++idle_;
  while (!stop_ && (finding_ || !AnyWaiting())) work_.Wait(mutex_);
  --idle_;
  if (stop_) return false;
  finding_ = true;
  return true;
}

absl::optional<ApprovalDesk::Match> ApprovalDesk::FindMatch() {
  while (true) {
    uint64_t seen = 0;
    bool stopped = false;
    const std::vector<QuestionPtr> waiting = StillWaiting(seen, stopped);
    if (stopped || waiting.empty()) return absl::nullopt;
    absl::optional<Match> match = TryTokens(waiting);
    if (match.has_value()) return match;
    MutexLock lock(mutex_);
    if (changes_ == seen) changed_.WaitFor(mutex_, options_.look_again);
  }
}

absl::optional<ApprovalDesk::Match> ApprovalDesk::TryTokens(
    const std::vector<QuestionPtr>& waiting) {
  std::set<std::string> busy;
  {
    MutexLock lock(mutex_);
    busy = busy_;
  }
  for (std::unique_ptr<Token>& token : tokens_.Find(busy)) {
    for (const QuestionPtr& question : waiting) {
      const auto plan =
          toucher_.Fits(question->request, *token, LimitOf(*question));
      if (plan.has_value() && Claim(*question, token->port())) {
        return Match{question, std::move(token), *plan};
      }
    }
  }
  return absl::nullopt;
}

std::vector<ApprovalDesk::QuestionPtr> ApprovalDesk::StillWaiting(
    uint64_t& seen, bool& stopped) {
  MutexLock lock(mutex_);
  seen = changes_;
  stopped = stop_;
  const auto now = static_cast<uint64_t>(UnixMillis(clock_));
  const std::deque<QuestionPtr> open = open_;
  bool any_shown = false;
  for (const QuestionPtr& question : open) {
    any_shown |= question->shown;
    if (question->state != State::kWaiting ||
        now < question->text.approve_by_ms) {
      continue;
    }
    Answer(*question,
           FailedAnswer(question->request.id, question->request.registers,
                        reason::kTokenAbsent.name),
           reason::kTokenAbsent.name);
    Remove(*question);
  }
  std::vector<QuestionPtr> waiting = InTurn();
  // People must know which key to bring.
  if (!any_shown && !waiting.empty()) Show(*waiting.front());
  return waiting;
}

std::vector<ApprovalDesk::QuestionPtr> ApprovalDesk::InTurn() const {
  std::vector<QuestionPtr> open;
  std::vector<Turns::Entry> entries;
  for (const QuestionPtr& question : open_) {
    if (question->state == State::kAnswered) continue;
    open.push_back(question);
    entries.push_back(
        {question->text.requester, question->state == State::kWaiting});
  }
  std::vector<QuestionPtr> waiting;
  for (const size_t place : turns_.Order(entries)) {
    waiting.push_back(open[place]);
  }
  return waiting;
}

bool ApprovalDesk::Claim(Question& question, const std::string& port) {
  MutexLock lock(mutex_);
  if (stop_ || question.state != State::kWaiting || question.void_now) {
    return false;
  }
  question.state = State::kTouching;
  busy_.insert(port);
  turns_.Took(question.text.requester);
  Show(question);
  return true;
}

void ApprovalDesk::Put(Match match) {
  Question& question = *match.question;
  const std::string port = match.token->port();
  absl::StatusOr<GatewayMessage> answer = toucher_.Ask(
      question.request, match.plan, *match.token, LimitOf(question));
  match.token.reset();
  MutexLock lock(mutex_);
  if (answer.ok()) {
    const bool touched = answer->approval_answer().has_assertion() &&
                         question.declined_by.empty();
    Answer(question, *std::move(answer), "done");
    if (touched) WaitForOutcome(question);
  } else {
    const std::string why = ReasonOf(answer.status());
    Answer(question,
           FailedAnswer(question.request.id, question.request.registers, why),
           why);
  }
  busy_.erase(port);
  Remove(question);
  Changed();
}

u2fhid::WaitLimit ApprovalDesk::LimitOf(Question& question) const {
  const auto left = absl::Milliseconds(
      static_cast<int64_t>(question.text.approve_by_ms) - UnixMillis(clock_));
  return {clock_.Uptime() + std::min(left, options_.touch_timeout),
          question.cancel};
}

ApprovalDesk::QuestionPtr ApprovalDesk::Find(const std::string& id) const {
  for (const QuestionPtr& question : open_) {
    if (question->request.id == id) return question;
  }
  return nullptr;
}

bool ApprovalDesk::AnyWaiting() const {
  return std::any_of(open_.begin(), open_.end(), [](const QuestionPtr& each) {
    return each->state == State::kWaiting;
  });
}

bool ApprovalDesk::EnsureFinder() {
  if (stop_ || finding_) return false;
  if (idle_ > 0) return true;
  if (workers_.size() < kMaxWorkers) {
    workers_.emplace_back([this] { WorkUntilStopped(); });
  }
  return false;
}

void ApprovalDesk::Show(Question& question) {
  if (question.shown) return;
  question.shown = true;
  cue_.On(question.text);
}

void ApprovalDesk::Answer(Question& question, GatewayMessage answer,
                          const std::string& why) {
  const bool declined = !question.declined_by.empty();
  question.state = State::kAnswered;
  if (question.shown) cue_.Off(question.text, declined ? "declined" : why);
  question.shown = false;
  if (question.void_now || stop_) return;
  const std::string& id = question.request.id;
  if (declined) {
    answer =
        DeclinedAnswer(id, question.request.registers, question.declined_by);
  }
  answers_[id] = answer;
  order_.push_back(id);
  if (order_.size() > kAnswersKept) {
    answers_.erase(order_.front());
    order_.pop_front();
  }
  mesh_.Send(std::move(answer));
}

void ApprovalDesk::WaitForOutcome(Question& question) {
  const absl::Duration until = clock_.Uptime() + options_.outcome_within;
  while (!stop_ && !question.outcome_known && clock_.Uptime() < until) {
    changed_.WaitFor(mutex_, until - clock_.Uptime());
  }
}

void ApprovalDesk::Remove(const Question& question) {
  const auto found = std::find_if(
      open_.begin(), open_.end(),
      [&question](const QuestionPtr& each) { return each.get() == &question; });
  if (found != open_.end()) open_.erase(found);
}

void ApprovalDesk::Changed() {
  ++changes_;
  changed_.NotifyAll();
}

}  // namespace u2fi::gateway_agent
