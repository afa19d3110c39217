#include "services/command-gate/webhook.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/config/version.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;

// An ENDED that comes later is of no use to anybody.
constexpr absl::Duration kEndedFor = absl::Minutes(5);
// A sleeper looks around this often, whatever happens.
constexpr absl::Duration kLongestSleep = absl::Seconds(30);

// Answers after which the same may go well: too early, too many, or a fault of
// the server.
bool IsWorthAnotherTry(int code) {
  return code == 408 || code == 425 || code == 429 || code >= 500;
}

// Whether people were asked, perhaps by another replica, and it was decided
// now.
bool EndsElsewhere(const CommandRow& row) {
  const bool asked = std::any_of(
      row.slots().begin(), row.slots().end(),
      [](const records::v1::Slot& slot) { return slot.attempts() > 0; });
  return asked && (row.state() == v1::COMMAND_STATE_APPROVED ||
                   row.state() == v1::COMMAND_STATE_DENIED ||
                   row.state() == v1::COMMAND_STATE_EXPIRED ||
                   row.state() == v1::COMMAND_STATE_CANCELLED);
}

}  // namespace

Webhook::Webhook(const Parts& parts, std::unique_ptr<http::HttpsPoster> poster,
                 Options options)
    : parts_(parts),
      poster_(std::move(poster)),
      options_(std::move(options)),
      backoff_(parts.random, options_.first_wait, options_.longest_wait),
      not_before_(parts.clock.Uptime()),
      watch_(parts.watchers.AddForTenant(
          options_.tenant,
          [this](const StoredCommand& command) { OnCommand(command); })) {}

void Webhook::OnCommand(const StoredCommand& command) {
  const CommandRow& row = command.row;
  // The first one of a batch has its questions.
  if (!row.batch().empty() && row.batch() != row.command_id()) return;
  MutexLock lock(mutex_);
  Note(row);
}

void Webhook::Note(const CommandRow& row) {
  if (IsWaitingForPeople(row)) {
    if (waiting_.count(row.command_id()) > 0) return;
    if (waiting_.size() >= options_.max_followed) DropOverdue();
    if (waiting_.size() >= options_.max_followed) return Lose();
    waiting_[row.command_id()] = row.approve_by_ms();
    Push(row, WebhookEvent::Kind::kWaiting);
    return;
  }
  // Between a registration and the touch that follows it goes on waiting.
  if (row.state() == v1::COMMAND_STATE_PREPARING) return;
  if (waiting_.erase(row.command_id()) > 0 || EndsElsewhere(row)) {
    Push(row, WebhookEvent::Kind::kEnded);
  }
}

void Webhook::DropOverdue() {
  const auto now = static_cast<uint64_t>(UnixMillis(parts_.clock));
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    it = it->second < now ? waiting_.erase(it) : std::next(it);
  }
}

void Webhook::Lose() {
  ++lost_;
  parts_.metrics.CountWebhook("dropped");
}

void Webhook::Push(const CommandRow& row, WebhookEvent::Kind kind) {
  if (queue_.size() >= options_.max_queue) {
    queue_.pop_front();
    Lose();
  }
  WebhookEvent event;
  event.kind = kind;
  event.command_id = row.command_id();
  event.at = parts_.clock.Now();
  event.until =
      kind == WebhookEvent::Kind::kWaiting
          ? absl::FromUnixMillis(static_cast<int64_t>(row.approve_by_ms()))
          : event.at + kEndedFor;
  queue_.push_back(std::move(event));
  changed_.NotifyOne();
}

void Webhook::Run() {
  while (true) {
    const absl::Duration wait = Step();
    MutexLock lock(mutex_);
    if (stop_) return;
    const bool something_came =
        wait == absl::InfiniteDuration() && !queue_.empty();
    if (wait > absl::ZeroDuration() && !something_came) {
      changed_.WaitFor(mutex_, std::min(wait, kLongestSleep));
    }
  }
}

void Webhook::Stop() {
  poster_->Stop();
  MutexLock lock(mutex_);
  stop_ = true;
  changed_.NotifyOne();
}

absl::Duration Webhook::Step() {
  LogLost();
  const absl::Duration early = not_before_ - parts_.clock.Uptime();
  if (early > absl::ZeroDuration()) return early;
  if (!listed_) {
    const absl::Status listed = List();
    if (!listed.ok()) return Pause();
    listed_ = true;
  }
  if (!Next()) return absl::InfiniteDuration();
  if (parts_.clock.Now() > current_->event.until) {
    Drop("expired", "it is too late");
    return absl::ZeroDuration();
  }
  const absl::StatusOr<std::string> body = Body();
  // That is no try: the address was not asked.
  if (!body.ok()) return Pause();
  if (!body->empty()) return Post(*body);
  Forget();
  return absl::ZeroDuration();
}

void Webhook::Forget() {
  parts_.metrics.CountWebhook("obsolete");
  const WebhookEvent event = current_->event;
  current_.reset();
  // It may have been listed after it had ended.
  MutexLock lock(mutex_);
  if (event.kind == WebhookEvent::Kind::kWaiting) {
    waiting_.erase(event.command_id);
  }
}

absl::Status Webhook::List() {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                   parts_.commands.ListOpen(options_.tenant));
  for (const std::string& id : ids) {
    ASSIGN_OR_RETURN(const StoredCommand command,
                     parts_.commands.Read(options_.tenant, id));
    MutexLock lock(mutex_);
    if (command.exists()) Note(command.row);
  }
  return absl::OkStatus();
}

bool Webhook::Next() {
  if (current_.has_value()) return true;
  MutexLock lock(mutex_);
  if (queue_.empty()) return false;
  current_.emplace();
  current_->event = queue_.front();
  queue_.pop_front();
  return true;
}

absl::StatusOr<std::string> Webhook::Body() {
  const WebhookEvent& event = current_->event;
  ASSIGN_OR_RETURN(const StoredCommand command,
                   parts_.commands.Read(options_.tenant, event.command_id));
  const bool is_waiting = command.exists() && IsWaitingForPeople(command.row);
  if (!command.exists() ||
      is_waiting != (event.kind == WebhookEvent::Kind::kWaiting)) {
    return "";
  }
  std::vector<StoredCommand> all = {command};
  if (!command.row.batch_ids().empty()) {
    ASSIGN_OR_RETURN(all, parts_.commands.ReadBatch(command));
  }
  return WebhookBody(options_.tenant, event, all);
}

absl::Duration Webhook::Post(const std::string& body) {
  const absl::Time now = parts_.clock.Now();
  http::PostRequest request;
  request.url = options_.url;
  request.body = body;
  request.timeout = std::min(
      request.timeout, current_->event.until - now + absl::Milliseconds(1));
  request.headers = {
      {"Content-Type", "application/json"},
      {"User-Agent", absl::StrCat("u2fi-command-gate/", config::Version())},
      {"U2Fi-Signature", WebhookSignature(options_.key, now, body)}};
  const absl::StatusOr<int> code = poster_->Post(request);
  if (code.ok() && *code >= 200 && *code < 300) {
    parts_.metrics.CountWebhook("sent");
    backoff_.Reset();
    current_.reset();
    return absl::ZeroDuration();
  }
  if (code.ok() && !IsWorthAnotherTry(*code)) {
    backoff_.Reset();
    Drop("refused", absl::StrCat("status ", *code));
    return absl::ZeroDuration();
  }
  return Later(code.ok() ? absl::StrCat("status ", *code)
                         : std::string(code.status().message()));
}

absl::Duration Webhook::Pause() {
  const absl::Duration wait = backoff_.Next();
  not_before_ = parts_.clock.Uptime() + wait;
  return wait;
}

absl::Duration Webhook::Later(absl::string_view why) {
  const absl::Duration wait = Pause();
  ++current_->tries;
  if (current_->tries >= options_.max_tries) {
    Drop("given_up", why);
  } else {
    parts_.metrics.CountWebhook("retried");
  }
  return wait;
}

void Webhook::Drop(const char* result, absl::string_view why) {
  parts_.metrics.CountWebhook(result);
  // The address may hold a secret, so the log does not name it.
  logging::Warning("a webhook was not told",
                   {{"tenant", options_.tenant},
                    {"command", current_->event.command_id},
                    {"event", WebhookEventName(current_->event.kind)},
                    {"result", result},
                    {"cause", why}});
  current_.reset();
}

void Webhook::LogLost() {
  int lost = 0;
  {
    MutexLock lock(mutex_);
    std::swap(lost, lost_);
  }
  if (lost == 0) return;
  logging::Warning("a webhook was not told: its queue was full",
                   {{"tenant", options_.tenant}, {"events", lost}});
}

}  // namespace u2fi::command_gate
