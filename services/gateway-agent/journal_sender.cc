#include "services/gateway-agent/journal_sender.h"

#include <algorithm>
#include <utility>

#include "services/common/logging/logging.h"
#include "services/common/status/error.h"

namespace u2fi::gateway_agent {
namespace {

void Report(absl::string_view what, const absl::Status& status) {
  if (status.ok()) return;
  logging::Error(what, {{"reason", ReasonOf(status)},
                        {"cause", std::string(status.message())}});
}

}  // namespace

JournalSender::JournalSender(Journal& journal, MeshSender& mesh,
                             const Clock& clock, const Options& options)
    : journal_(journal),
      mesh_(mesh),
      clock_(clock),
      options_(options),
      settle_at_(absl::InfiniteDuration()),
      send_at_(absl::InfiniteDuration()) {
  // What an earlier process left is settled by its end.
  journal_.OnCommit([this] {
    MutexLock lock(mutex_);
    if (settle_at_ != absl::InfiniteDuration()) return;
    settle_at_ = clock_.Uptime() + options_.settle_every;
    changed_.NotifyAll();
  });
  working_ = std::thread([this] { WorkUntilStopped(); });
}

void JournalSender::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.NotifyAll();
  }
  if (!working_.joinable()) return;
  working_.join();
  Settle();
}

void JournalSender::OnConnected(const gateway::v1::Welcome& welcome) {
  MutexLock lock(mutex_);
  // What the stream before was told may be lost, and what it answered.
  acknowledged_ = 0;
  welcomed_ = welcome.last_audit_sequence();
  send_at_ = clock_.Uptime();
  changed_.NotifyAll();
}

bool JournalSender::OnMessage(const gateway::v1::MeshMessage& message) {
  if (!message.has_audit_ack()) return false;
  MutexLock lock(mutex_);
  acknowledged_ = message.audit_ack().sequence();
  changed_.NotifyAll();
  return true;
}

absl::Duration JournalSender::Idle() const {
  if (acknowledged_ != 0) return absl::ZeroDuration();
  return std::max(std::min(settle_at_, send_at_) - clock_.Uptime(),
                  absl::ZeroDuration());
}

JournalSender::Task JournalSender::TakeTask() {
  const absl::Duration now = clock_.Uptime();
  Task task;
  task.acknowledged = std::exchange(acknowledged_, 0);
  task.welcomed = std::exchange(welcomed_, 0);
  task.settle = now >= settle_at_;
  if (task.settle) settle_at_ = absl::InfiniteDuration();
  // What is on its way is waited for.
  task.send = now >= send_at_ || task.acknowledged != 0 ||
              (task.settle && send_at_ == absl::InfiniteDuration());
  if (task.send) send_at_ = absl::InfiniteDuration();
  return task;
}

JournalSender::Task JournalSender::NextTask(bool& stopped) {
  MutexLock lock(mutex_);
  while (!stop_ && Idle() > absl::ZeroDuration()) {
    const absl::Duration idle = Idle();
    if (idle == absl::InfiniteDuration()) {
      changed_.Wait(mutex_);
    } else {
      changed_.WaitFor(mutex_, idle);
    }
  }
  stopped = stop_;
  return TakeTask();
}

void JournalSender::WorkUntilStopped() {
  bool stopped = false;
  while (true) {
    const Task task = NextTask(stopped);
    if (stopped) return;
    if (sent_.incarnation() == journal_.writer().incarnation()) {
      Acknowledge(task.welcomed);
    }
    Acknowledge(task.acknowledged);
    if (task.settle) Settle();
    if (task.send) SendNext();
  }
}

void JournalSender::Acknowledge(uint64_t sequence) {
  const uint64_t taken = std::min(sequence, sent_to_);
  if (taken == 0) return;
  Report("rows of the journal that the mesh has stay here",
         journal_.Acknowledge(sent_, taken));
}

void JournalSender::Settle() {
  const absl::Status settled = journal_.Settle();
  Report("the journal cannot be settled", settled);
  if (settled.ok()) return;
  MutexLock lock(mutex_);
  settle_at_ = clock_.Uptime() + options_.settle_every;
}

void JournalSender::SendNext() {
  absl::StatusOr<gateway::v1::AuditBacklog> backlog = journal_.Next();
  if (!backlog.ok()) {
    Report("the journal cannot be read", backlog.status());
    return;
  }
  if (backlog->rows().empty()) return;
  audit::v1::Checkpoint checkpoint;
  if (!checkpoint.ParseFromString(backlog->checkpoints(0).checkpoint())) return;
  sent_ = checkpoint.writer();
  sent_to_ = checkpoint.sequence();
  gateway::v1::GatewayMessage message;
  *message.mutable_audit_backlog() = *std::move(backlog);
  mesh_.Send(std::move(message));
  MutexLock lock(mutex_);
  send_at_ = clock_.Uptime() + options_.again_after;
}

}  // namespace u2fi::gateway_agent
