#include "services/common/store/redis_store.h"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/errors.h"
#include "services/common/store/redis_codec.h"
#include "services/common/store/redis_dialer.h"
#include "services/common/store/redis_hints.h"
#include "services/common/store/redis_lane.h"
#include "services/common/store/redis_layout.h"
#include "services/common/store/settlement.h"
#include "services/common/sync/sync.h"

namespace u2fi::store {
namespace {

using Answer = RedisLane::Answer;

// Until when a call may run.
class Deadline {
 public:
  Deadline(const Clock& clock, absl::Duration timeout)
      : clock_(clock), end_(clock.Uptime() + timeout) {}

  absl::Duration Left() const { return end_ - clock_.Uptime(); }
  bool Passed() const { return Left() <= absl::ZeroDuration(); }

 private:
  const Clock& clock_;
  const absl::Duration end_;
};

bool SaysNoScript(const Answer& answer) {
  return answer.kind == Answer::Kind::kReply &&
         absl::StartsWith(ErrorText(*answer.reply), "NOSCRIPT");
}

class RedisStore : public Store {
 public:
  RedisStore(std::unique_ptr<RedisDialer> dialer, const Clock& clock,
             RandomSource& random)
      : dialer_(std::move(dialer)),
        clock_(clock),
        random_(random),
        hints_(*dialer_, clock, random) {
    const RedisOptions& options = dialer_->options();
    for (int i = 0; i < options.connections; ++i) {
      lanes_.push_back(std::make_unique<RedisLane>(*dialer_, clock, random));
    }
    if (options.replicas > 0) {
      waiting_ = std::make_unique<RedisLane>(*dialer_, clock, random);
    }
  }

 private:
  absl::StatusOr<Snapshot> DoGet(const Partition& partition,
                                 const std::vector<std::string>& keys,
                                 absl::Duration timeout) override {
    ASSIGN_OR_RETURN(const RedisReply reply,
                     Read(GetCall(Layout(partition), keys), timeout));
    absl::StatusOr<Snapshot> snapshot = ParseGet(keys, *reply);
    if (snapshot.ok()) Saw(snapshot->epoch);
    return snapshot;
  }

  absl::StatusOr<Page> DoScan(const Partition& partition,
                              absl::string_view prefix, absl::string_view after,
                              size_t limit, absl::Duration timeout) override {
    ASSIGN_OR_RETURN(
        const RedisReply reply,
        Read(ScanCall(Layout(partition), prefix, after, limit), timeout));
    absl::StatusOr<Page> page = ParseScan(*reply);
    if (page.ok()) Saw(page->epoch);
    return page;
  }

  absl::StatusOr<Version> DoCommit(const Partition& partition,
                                   const CommitRequest& request,
                                   absl::Duration timeout) override;

  absl::Status DoPublish(const Partition& partition, absl::string_view topic,
                         absl::string_view payload,
                         absl::Duration timeout) override {
    // Heard twice a hint does no harm; a gateway was suspended, for example,
    // and those who hold its stream hear of it by no other way.
    ASSIGN_OR_RETURN(
        const RedisReply reply,
        ReadCommand(EncodeCommand({"PUBLISH", Layout(partition).Channel(topic),
                                   std::string(payload)}),
                    timeout));
    return ErrorOf(*reply);
  }

  absl::StatusOr<std::unique_ptr<Subscription>> DoSubscribe(
      const Partition& partition, absl::string_view topic,
      std::function<void(const Hint&)> callback,
      absl::Duration timeout) override {
    return hints_.Subscribe(Layout(partition).Channel(topic),
                            std::move(callback), timeout);
  }

  absl::StatusOr<absl::Time> DoNow(absl::Duration timeout) override {
    ASSIGN_OR_RETURN(const RedisReply reply,
                     ReadCommand(EncodeCommand({"TIME"}), timeout));
    return ParseTime(*reply);
  }

  RedisLayout Layout(const Partition& partition) const {
    return RedisLayout(dialer_->options().prefix, partition);
  }
  // After a failover some connections may still lead to the server that was
  // replaced: whenever an answer is of another epoch than the one before, all
  // ask anew who the master is.
  void Saw(const Epoch& epoch) {
    {
      MutexLock lock(mutex_);
      if (epoch_ == epoch) return;
      const bool first = epoch_.empty();
      epoch_ = epoch;
      if (first) return;
    }
    for (const std::unique_ptr<RedisLane>& lane : lanes_) lane->Redial();
    if (waiting_ != nullptr) waiting_->Redial();
    hints_.Redial();
  }
  // In turn, but rather one that is connected.
  RedisLane& NextLane() {
    const size_t first = ++next_lane_;
    for (size_t i = 0; i < lanes_.size(); ++i) {
      RedisLane& lane = *lanes_[(first + i) % lanes_.size()];
      if (lane.Up()) return lane;
    }
    return *lanes_[first % lanes_.size()];
  }

  // Runs a script, by its text where the server does not know it.
  Answer Run(RedisLane& lane, const ScriptCall& call, const Deadline& deadline,
             int flags);
  // A call that may be sent again when its answer is lost.
  absl::StatusOr<RedisReply> Read(const ScriptCall& call,
                                  absl::Duration timeout);
  absl::StatusOr<RedisReply> ReadCommand(const std::string& command,
                                         absl::Duration timeout);
  // Finds out what became of a commit whose answer was lost.
  absl::StatusOr<Version> Settle(RedisLane& lane, const Partition& partition,
                                 const CommitRequest& request,
                                 const std::string& commit_id,
                                 const Deadline& deadline, int flags);
  // The outcome, if it is as durable as asked.
  absl::StatusOr<Version> IfReplicated(absl::StatusOr<Version> outcome,
                                       const Answer& answer, int flags) const;

  const std::unique_ptr<RedisDialer> dialer_;
  const Clock& clock_;
  RandomSource& random_;
  RedisHints hints_;
  std::vector<std::unique_ptr<RedisLane>> lanes_;
  // For commits that wait for replicas; null if there are none.
  std::unique_ptr<RedisLane> waiting_;
  std::atomic<size_t> next_lane_{0};
  Mutex mutex_;
  // Of the last answer; empty before the first.
  Epoch epoch_ ABSL_GUARDED_BY(mutex_);
};

Answer RedisStore::Run(RedisLane& lane, const ScriptCall& call,
                       const Deadline& deadline, int flags) {
  Answer answer =
      lane.Call(Encode(call, /*with_text=*/false), deadline.Left(), flags);
  if (!SaysNoScript(answer)) return answer;
  return lane.Call(Encode(call, /*with_text=*/true), deadline.Left(), flags);
}

absl::StatusOr<RedisReply> RedisStore::Read(const ScriptCall& call,
                                            absl::Duration timeout) {
  const Deadline deadline(clock_, timeout);
  while (true) {
    Answer answer = Run(NextLane(), call, deadline, RedisLane::kNone);
    if (answer.kind == Answer::Kind::kReply) return std::move(answer.reply);
    if (answer.kind == Answer::Kind::kNotSent || deadline.Passed()) {
      return Unavailable(answer.cause);
    }
  }
}

absl::StatusOr<RedisReply> RedisStore::ReadCommand(const std::string& command,
                                                   absl::Duration timeout) {
  const Deadline deadline(clock_, timeout);
  while (true) {
    Answer answer = NextLane().Call(command, deadline.Left());
    if (answer.kind == Answer::Kind::kReply) return std::move(answer.reply);
    if (answer.kind == Answer::Kind::kNotSent || deadline.Passed()) {
      return Unavailable(answer.cause);
    }
  }
}

absl::StatusOr<Version> RedisStore::DoCommit(const Partition& partition,
                                             const CommitRequest& request,
                                             absl::Duration timeout) {
  const Deadline deadline(clock_, timeout);
  const bool wait =
      request.durability == Durability::kReplicated && waiting_ != nullptr;
  RedisLane& lane = wait ? *waiting_ : NextLane();
  const int flags = wait ? RedisLane::kAwaitReplicas : RedisLane::kNone;
  const std::string commit_id = random_.Bytes(kCommitIdSize);
  const Answer answer = Run(
      lane, CommitCall(Layout(partition), request, commit_id), deadline, flags);
  switch (answer.kind) {
    case Answer::Kind::kReply:
      return IfReplicated(ParseCommit(request, commit_id, *answer.reply),
                          answer, flags);
    case Answer::Kind::kNotSent:
      return Unavailable(answer.cause);
    case Answer::Kind::kLost:
      if (request.put.empty() && request.remove.empty() && !deadline.Passed()) {
        return DoCommit(partition, request, deadline.Left());
      }
      return Settle(lane, partition, request, commit_id, deadline, flags);
  }
  return OutcomeUnknown("no answer");
}

absl::StatusOr<Version> RedisStore::Settle(
    RedisLane& lane, const Partition& partition, const CommitRequest& request,
    const std::string& commit_id, const Deadline& deadline, int flags) {
  const ScriptCall call = SettleCall(Layout(partition), request, commit_id);
  while (!deadline.Passed()) {
    const Answer answer =
        Run(lane, call, deadline, flags | RedisLane::kPatient);
    // While there is no ready master, the lane looks for one: ask again.
    if (answer.kind != Answer::Kind::kReply || answer.refused) continue;
    const absl::StatusOr<Found> found = ParseSettle(request, *answer.reply);
    if (!found.ok()) return OutcomeUnknown(found.status().message());
    return IfReplicated(JudgeLostCommit(request, commit_id, *found), answer,
                        flags);
  }
  return OutcomeUnknown("its answer was lost, and the store is away");
}

absl::StatusOr<Version> RedisStore::IfReplicated(
    absl::StatusOr<Version> outcome, const Answer& answer, int flags) const {
  const int wanted = dialer_->options().replicas;
  if (outcome.ok() && (flags & RedisLane::kAwaitReplicas) != 0 &&
      answer.replicas < wanted) {
    return OutcomeUnknown(absl::StrCat("only ", answer.replicas, " of ", wanted,
                                       " replicas have it"));
  }
  return outcome;
}

// Tries what the services will need.
absl::Status TryRights(Store& store) {
  ASSIGN_OR_RETURN(const Partition partition,
                   Partition::Make("store", "self-test"));
  ASSIGN_OR_RETURN(const Snapshot snapshot, store.Get(partition, {"probe"}));
  CommitRequest request;
  request.epoch = snapshot.epoch;
  request.durability = Durability::kVolatile;
  request.put = {{"probe", "", absl::UnixEpoch()}};
  RETURN_IF_ERROR(store.Commit(partition, request).status());
  RETURN_IF_ERROR(store.Scan(partition, "", "", 1).status());
  request.put.clear();
  request.remove = {"probe"};
  RETURN_IF_ERROR(store.Commit(partition, request).status());
  RETURN_IF_ERROR(store.Publish(partition, "probe", ""));
  return store.Now().status();
}

}  // namespace

absl::StatusOr<OpenedStore> OpenRedisStore(const RedisOptions& options,
                                           const Clock& clock,
                                           RandomSource& random) {
  ASSIGN_OR_RETURN(std::unique_ptr<RedisDialer> dialer,
                   RedisDialer::Make(options));
  ASSIGN_OR_RETURN(std::vector<std::string> warnings, dialer->Inspect());
  OpenedStore opened{
      std::make_unique<RedisStore>(std::move(dialer), clock, random),
      std::move(warnings)};
  RETURN_IF_ERROR(TryRights(*opened.store));
  return opened;
}

}  // namespace u2fi::store
