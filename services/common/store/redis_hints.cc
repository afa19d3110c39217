#include "services/common/store/redis_hints.h"

#include <utility>

#include "services/common/status/status_macros.h"
#include "services/common/store/errors.h"
#include "services/common/store/redis_codec.h"

namespace u2fi::store {
namespace {

// A connection on which nothing was heard for so long is probed.
constexpr absl::Duration kSilence = absl::Seconds(5);

}  // namespace

class RedisHints::Entry : public Subscription {
 public:
  Entry(RedisHints& hints, const std::string& channel,
        HintBoard::Callback callback)
      : hints_(hints),
        channel_(channel),
        listener_(hints.board_.Add(channel, std::move(callback))) {}
  ~Entry() override {
    listener_.reset();
    hints_.Leave(channel_);
  }

 private:
  RedisHints& hints_;
  const std::string channel_;
  std::unique_ptr<Subscription> listener_;
};

RedisHints::RedisHints(const RedisDialer& dialer, const Clock& clock,
                       RandomSource& random)
    : dialer_(dialer),
      clock_(clock),
      backoff_(random, dialer.options().first_backoff,
               dialer.options().longest_backoff),
      thread_([this] { Run(); }) {}

RedisHints::~RedisHints() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  waker_.Wake();
  thread_.join();
}

absl::StatusOr<std::unique_ptr<Subscription>> RedisHints::Subscribe(
    const std::string& channel, HintBoard::Callback callback,
    absl::Duration timeout) {
  const absl::Duration end = clock_.Uptime() + timeout;
  auto entry = std::make_unique<Entry>(*this, channel, std::move(callback));
  {
    MutexLock lock(mutex_);
    const uint64_t waiter = ++last_waiter_;
    waiting_.insert(waiter);
    commands_.push_back(EncodeCommand({"SUBSCRIBE", channel}));
    tickets_.push_back({channel, waiter});
    changed_.NotifyAll();
    waker_.Wake();
    while (waiting_.count(waiter) != 0 && clock_.Uptime() < end) {
      changed_.WaitFor(mutex_, end - clock_.Uptime());
    }
    if (waiting_.erase(waiter) == 0) return entry;
  }
  return Unavailable("the subscription was not confirmed in time");
}

void RedisHints::Leave(const std::string& channel) {
  MutexLock lock(mutex_);
  // Under the lock: whoever subscribes from here on does so after it.
  if (board_.HasListener(channel)) return;
  confirmed_.erase(channel);
  commands_.push_back(EncodeCommand({"UNSUBSCRIBE", channel}));
  waker_.Wake();
}

void RedisHints::Redial() {
  {
    MutexLock lock(mutex_);
    redial_ = true;
  }
  waker_.Wake();
}

bool RedisHints::Redialing() {
  MutexLock lock(mutex_);
  return std::exchange(redial_, false);
}

void RedisHints::Run() {
  while (WaitForListeners()) {
    (void)Redialing();  // What was asked for by now is this attempt.
    absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
        dialer_.DialMaster();
    if (connection.ok()) {
      backoff_.Reset();
      // Why it ended does not matter: subscribers read again after the next.
      (void)Serve(**connection);
    }
    if (!Pause(backoff_.Next())) return;
  }
}

bool RedisHints::WaitForListeners() {
  MutexLock lock(mutex_);
  while (!stopping_ && waiting_.empty() && board_.Channels().empty()) {
    changed_.Wait(mutex_);
  }
  return !stopping_;
}

absl::Status RedisHints::Serve(RedisConnection& connection) {
  RETURN_IF_ERROR(connection.StopBlocking());
  heard_ = clock_.Uptime();
  probing_ = false;
  {
    MutexLock lock(mutex_);
    SubscribeAgain();
  }
  while (true) {
    RETURN_IF_ERROR(SendCommands(connection));
    RETURN_IF_ERROR(connection.Write());
    if (Redialing()) return Unavailable("another server may be the master");
    waker_.Wait(connection.fd(), connection.writing(),
                probing_ ? dialer_.options().answer_timeout : kSilence);
    ASSIGN_OR_RETURN(const std::vector<RedisReply> replies, connection.Read());
    for (const RedisReply& reply : replies) RETURN_IF_ERROR(Take(*reply));
    RETURN_IF_ERROR(Probe(connection, !replies.empty()));
  }
}

void RedisHints::SubscribeAgain() {
  std::deque<Ticket> waiting;
  for (Ticket& ticket : tickets_) {
    if (waiting_.count(ticket.waiter) != 0) waiting.push_back(ticket);
  }
  commands_.clear();
  tickets_.clear();
  for (const std::string& channel : confirmed_) {
    tickets_.push_back({channel, 0});
  }
  tickets_.insert(tickets_.end(), waiting.begin(), waiting.end());
  for (const Ticket& ticket : tickets_) {
    commands_.push_back(EncodeCommand({"SUBSCRIBE", ticket.channel}));
  }
}

absl::Status RedisHints::SendCommands(RedisConnection& connection) {
  std::deque<std::string> commands;
  {
    MutexLock lock(mutex_);
    if (stopping_) return Unavailable("it is being closed");
    commands.swap(commands_);
  }
  for (const std::string& command : commands) {
    RETURN_IF_ERROR(connection.Append(command));
  }
  return absl::OkStatus();
}

absl::Status RedisHints::Probe(RedisConnection& connection, bool heard) {
  const absl::Duration now = clock_.Uptime();
  if (heard) {
    heard_ = now;
    probing_ = false;
    return absl::OkStatus();
  }
  if (now - heard_ < kSilence) return absl::OkStatus();
  if (!probing_) {
    probing_ = true;
    return connection.Append(EncodeCommand({"PING"}));
  }
  return now - heard_ < kSilence + dialer_.options().answer_timeout
             ? absl::OkStatus()
             : Unavailable("the server does not answer");
}

absl::Status RedisHints::Take(const redisReply& reply) {
  const std::vector<const redisReply*> elements = Elements(reply);
  // The answer to PING has two.
  if (elements.size() == 2) return absl::OkStatus();
  if (elements.size() != 3) return Unavailable("not a message");
  const absl::string_view kind = AsString(*elements[0]).value_or("");
  if (kind == "subscribe") return TakeConfirmation();
  if (kind == "message") {
    const absl::string_view payload = AsString(*elements[2]).value_or("");
    board_.Deliver(std::string(AsString(*elements[1]).value_or("")),
                   {false, std::string(payload)});
  }
  return absl::OkStatus();
}

absl::Status RedisHints::TakeConfirmation() {
  Ticket ticket;
  {
    MutexLock lock(mutex_);
    if (tickets_.empty()) return Unavailable("nobody has subscribed");
    ticket = std::move(tickets_.front());
    tickets_.pop_front();
    waiting_.erase(ticket.waiter);
    confirmed_.insert(ticket.channel);
    changed_.NotifyAll();
  }
  if (ticket.waiter == 0) board_.Deliver(ticket.channel, {true, ""});
  return absl::OkStatus();
}

bool RedisHints::Pause(absl::Duration duration) {
  const absl::Duration end = clock_.Uptime() + duration;
  MutexLock lock(mutex_);
  while (!stopping_) {
    const absl::Duration left = end - clock_.Uptime();
    if (left <= absl::ZeroDuration()) return true;
    changed_.WaitFor(mutex_, left);
  }
  return false;
}

}  // namespace u2fi::store
