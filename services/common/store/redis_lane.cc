#include "services/common/store/redis_lane.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/errors.h"
#include "services/common/store/redis_codec.h"

namespace u2fi::store {
namespace {

// More stays queued until the socket has taken some.
constexpr size_t kMaxUnsentBytes = 16 << 20;

// Replies after which this connection is of no use.
bool SaysReconnect(const redisReply& reply) {
  const absl::string_view error = ErrorText(reply);
  return absl::StartsWith(error, "READONLY") ||
         absl::StartsWith(error, "LOADING") ||
         absl::StartsWith(error, "MASTERDOWN") ||
         absl::StartsWith(error, "NOAUTH");
}

constexpr char kClosing[] = "it is being closed";
constexpr char kRedialing[] = "another server may be the master";

RedisLane::Answer NoReply(RedisLane::Answer::Kind kind,
                          const std::string& cause) {
  RedisLane::Answer answer;
  answer.kind = kind;
  answer.cause = cause;
  return answer;
}

}  // namespace

RedisLane::RedisLane(const RedisDialer& dialer, const Clock& clock,
                     RandomSource& random)
    : dialer_(dialer),
      clock_(clock),
      backoff_(random, dialer.options().first_backoff,
               dialer.options().longest_backoff),
      thread_([this] { Run(); }) {}

RedisLane::~RedisLane() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  waker_.Wake();
  thread_.join();
}

RedisLane::Answer RedisLane::Call(std::string command, absl::Duration timeout,
                                  int flags) {
  const absl::Duration end = clock_.Uptime() + timeout;
  auto request = std::make_shared<Request>();
  request->command = std::move(command);
  request->flags = flags;
  MutexLock lock(mutex_);
  const bool patient = (flags & kPatient) != 0;
  if (!patient && !down_.empty()) return NoReply(Answer::Kind::kNotSent, down_);
  queue_.push_back(request);
  if (std::exchange(asleep_, false)) waker_.Wake();
  while (request->state != State::kDone) {
    const absl::Duration left = end - clock_.Uptime();
    if (left > absl::ZeroDuration()) {
      request->done.WaitFor(mutex_, left);
      continue;
    }
    const std::string late = "no answer in time";
    if (request->state == State::kSent) {
      return NoReply(Answer::Kind::kLost, late);
    }
    queue_.erase(std::find(queue_.begin(), queue_.end(), request));
    return NoReply(Answer::Kind::kNotSent, late);
  }
  return std::move(request->answer);
}

bool RedisLane::Up() {
  MutexLock lock(mutex_);
  return down_.empty();
}

void RedisLane::Redial() {
  {
    MutexLock lock(mutex_);
    redial_ = true;
    asleep_ = false;
  }
  waker_.Wake();
}

void RedisLane::Run() {
  while (!Stopping()) {
    {
      MutexLock lock(mutex_);
      redial_ = false;
    }
    absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
        dialer_.DialMaster();
    absl::Status end = connection.status();
    if (end.ok()) {
      backoff_.Reset();
      end = Serve(**connection);
      LoseSent(std::string(end.message()));
    } else {
      RefuseQueued(std::string(end.message()));
    }
    if (!Pause(backoff_.Next())) break;
  }
  RefuseQueued(kClosing);
}

absl::Status RedisLane::Serve(RedisConnection& connection) {
  RETURN_IF_ERROR(connection.StopBlocking());
  {
    MutexLock lock(mutex_);
    down_.clear();
  }
  while (!Stopping()) {
    if (sent_.empty() && Redialing()) return Unavailable(kRedialing);
    RETURN_IF_ERROR(SendQueued(connection));
    RETURN_IF_ERROR(connection.Write());
    const absl::Duration patience = Patience(connection);
    if (patience < absl::ZeroDuration()) {
      return Unavailable("the server does not answer");
    }
    if (!HasQueued() || connection.writing() || waiting_ || Redialing()) {
      waker_.Wait(connection.fd(), connection.writing(), patience);
    }
    ASSIGN_OR_RETURN(std::vector<RedisReply> replies, connection.Read());
    RETURN_IF_ERROR(TakeReplies(std::move(replies)));
  }
  return Unavailable(kClosing);
}

bool RedisLane::HasQueued() {
  MutexLock lock(mutex_);
  asleep_ = queue_.empty();
  return !asleep_;
}

absl::Duration RedisLane::Patience(const RedisConnection& connection) {
  const absl::Duration now = clock_.Uptime();
  if (moved_ != connection.moved()) progress_ = now;
  moved_ = connection.moved();
  if (sent_.empty()) return absl::InfiniteDuration();
  return std::max(sent_.front().sent, progress_) +
         dialer_.options().answer_timeout - now;
}

absl::Status RedisLane::SendQueued(RedisConnection& connection) {
  std::vector<RequestPtr> batch;
  {
    MutexLock lock(mutex_);
    asleep_ = false;
    size_t bytes = 0;
    const bool held = connection.writing() || waiting_ || redial_;
    while (!held && !queue_.empty() && bytes < kMaxUnsentBytes) {
      queue_.front()->state = State::kSent;
      bytes += queue_.front()->command.size();
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
  }
  std::vector<RequestPtr> covered;
  const absl::Duration now = clock_.Uptime();
  // First all are expected: from the first byte on, each may be lost.
  for (const RequestPtr& request : batch) {
    sent_.push_back({request, {}, now});
    if ((request->flags & kAwaitReplicas) != 0) covered.push_back(request);
  }
  for (const RequestPtr& request : batch) {
    RETURN_IF_ERROR(connection.Append(request->command));
  }
  return covered.empty() ? absl::OkStatus()
                         : SendWait(connection, std::move(covered));
}

absl::Status RedisLane::SendWait(RedisConnection& connection,
                                 std::vector<RequestPtr> covered) {
  const RedisOptions& options = dialer_.options();
  const int64_t millis = absl::ToInt64Milliseconds(options.answer_timeout / 2);
  waiting_ = true;
  sent_.push_back({nullptr, std::move(covered), clock_.Uptime()});
  return connection.Append(
      EncodeCommand({"WAIT", absl::StrCat(options.replicas),
                     absl::StrCat(std::max<int64_t>(millis, 1))}));
}

absl::Status RedisLane::TakeReplies(std::vector<RedisReply> replies) {
  MutexLock lock(mutex_);
  for (RedisReply& reply : replies) {
    RETURN_IF_ERROR(TakeReply(std::move(reply)));
  }
  return absl::OkStatus();
}

absl::Status RedisLane::TakeReply(RedisReply reply) {
  if (sent_.empty()) return Unavailable("a reply that nobody asked for");
  const Expected expected = std::move(sent_.front());
  sent_.pop_front();
  const bool reconnect = SaysReconnect(*reply);
  if (expected.request == nullptr) {
    waiting_ = false;
    const int64_t replicas = AsInteger(*reply).value_or(0);
    for (const RequestPtr& request : expected.covered) {
      request->answer.replicas = replicas;
      Complete(*request);
    }
  } else {
    Answer& answer = expected.request->answer;
    answer.reply = std::move(reply);
    answer.refused = reconnect;
    answer.kind = Answer::Kind::kReply;
    // A refusal ends the connection: no answer to its WAIT will come.
    const bool wait = (expected.request->flags & kAwaitReplicas) != 0;
    if (!wait || reconnect) Complete(*expected.request);
  }
  return reconnect ? Unavailable("the server is not a ready master")
                   : absl::OkStatus();
}

void RedisLane::Complete(Request& request) {
  request.state = State::kDone;
  request.done.NotifyOne();
}

void RedisLane::Fail(Request& request, Answer::Kind kind,
                     const std::string& cause) {
  if (request.state == State::kDone) return;
  request.answer = NoReply(kind, cause);
  Complete(request);
}

void RedisLane::LoseSent(const std::string& cause) {
  MutexLock lock(mutex_);
  for (const Expected& expected : sent_) {
    std::vector<RequestPtr> requests = expected.covered;
    if (expected.request != nullptr) requests.push_back(expected.request);
    for (const RequestPtr& request : requests) {
      Fail(*request, Answer::Kind::kLost, cause);
    }
  }
  sent_.clear();
  waiting_ = false;
}

void RedisLane::RefuseQueued(const std::string& cause) {
  MutexLock lock(mutex_);
  down_ = cause;
  std::deque<RequestPtr> patient;
  for (RequestPtr& request : queue_) {
    if ((request->flags & kPatient) != 0 && !stopping_) {
      patient.push_back(std::move(request));
    } else {
      Fail(*request, Answer::Kind::kNotSent, cause);
    }
  }
  queue_ = std::move(patient);
}

bool RedisLane::Pause(absl::Duration duration) {
  const absl::Duration end = clock_.Uptime() + duration;
  MutexLock lock(mutex_);
  while (!stopping_) {
    const absl::Duration left = end - clock_.Uptime();
    if (left <= absl::ZeroDuration()) return true;
    stop_.WaitFor(mutex_, left);
  }
  return false;
}

bool RedisLane::Redialing() {
  MutexLock lock(mutex_);
  return redial_;
}

bool RedisLane::Stopping() {
  MutexLock lock(mutex_);
  return stopping_;
}

}  // namespace u2fi::store
