#include "services/command-gate/approval_feed.h"

#include <algorithm>
#include <vector>

#include "services/command-gate/pending_approval.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {

std::unique_ptr<ApprovalFeed::Watch> ApprovalFeed::Start(const Parts& parts,
                                                         Reader reader,
                                                         Callback callback) {
  std::shared_ptr<ApprovalFeed> feed(
      new ApprovalFeed(parts, std::move(reader), std::move(callback)));
  feed->Begin();
  return std::make_unique<Watch>(std::move(feed));
}

void ApprovalFeed::Begin() {
  auto watch = parts_.watchers.AddForAccount(
      reader_.tenant, reader_.account,
      [weak = weak_from_this()](const StoredCommand& command) {
        const auto self = weak.lock();
        if (self == nullptr) return;
        if (!command.exists()) {
          self->NoteAll();
          return;
        }
        // The first one of a batch has its questions.
        self->Note(command.row.batch().empty() ? command.row.command_id()
                                               : command.row.batch());
      });
  {
    MutexLock lock(mutex_);
    watch_ = std::move(watch);
    working_ = true;
  }
  parts_.executor.Schedule([self = shared_from_this()] { self->Work(); });
}

void ApprovalFeed::Stop() {
  std::unique_ptr<CommandWatchers::Watch> watch;
  MutexLock lock(mutex_);
  callback_ = nullptr;
  watch_.swap(watch);
}

void ApprovalFeed::Note(const std::string& command_id) {
  MutexLock lock(mutex_);
  dirty_.insert(command_id);
  WorkLater();
}

void ApprovalFeed::NoteAll() {
  MutexLock lock(mutex_);
  begun_ = false;
  for (const auto& [id, known] : known_) dirty_.insert(id);
  WorkLater();
}

void ApprovalFeed::WorkLater() {
  if (working_) return;
  working_ = true;
  parts_.executor.Schedule([self = shared_from_this()] { self->Work(); });
}

void ApprovalFeed::Work() {
  std::string id;
  while (Next(id)) {
    const absl::Status status = id.empty() ? ReadAll() : Read(id);
    if (status.ok()) continue;
    logging::Warning("an approver's questions cannot be read",
                     {{"tenant", reader_.tenant},
                      {"account", reader_.account},
                      {"reason", ReasonOf(status)}});
    MutexLock lock(mutex_);
    if (callback_) callback_(absl::nullopt);
    callback_ = nullptr;
  }
}

bool ApprovalFeed::Next(std::string& command_id) {
  MutexLock lock(mutex_);
  command_id.clear();
  if (callback_ && !begun_) {
    begun_ = true;
    return true;
  }
  working_ = callback_ && !dirty_.empty();
  if (working_) command_id = *dirty_.begin();
  dirty_.erase(command_id);
  return working_;
}

absl::Status ApprovalFeed::ReadAll() {
  parts_.watchers.Listen(reader_.tenant);
  ASSIGN_OR_RETURN(
      const std::vector<std::string> ids,
      parts_.commands.ListForApprover(reader_.tenant, reader_.account));
  std::vector<StoredCommand> commands;
  for (const std::string& id : ids) {
    ASSIGN_OR_RETURN(commands.emplace_back(),
                     parts_.commands.Read(reader_.tenant, id));
  }
  std::sort(commands.begin(), commands.end(),
            [](const StoredCommand& a, const StoredCommand& b) {
              return a.row.submit_ms() < b.row.submit_ms();
            });
  for (const StoredCommand& command : commands) RETURN_IF_ERROR(Hear(command));
  return absl::OkStatus();
}

absl::Status ApprovalFeed::Read(const std::string& command_id) {
  ASSIGN_OR_RETURN(const StoredCommand command,
                   parts_.commands.Read(reader_.tenant, command_id));
  return Hear(command);
}

absl::Status ApprovalFeed::Hear(const StoredCommand& command) {
  // Forgotten since: what it asked had ended long before.
  if (!command.exists()) return absl::OkStatus();
  std::vector<StoredCommand> all = {command};
  if (!command.row.batch_ids().empty()) {
    ASSIGN_OR_RETURN(all, parts_.commands.ReadBatch(command));
  }
  v1::PendingApproval bytes;
  for (const StoredCommand& one : all) {
    if (!one.row.command().empty()) bytes.add_commands(one.row.command());
  }
  std::vector<v1::PendingApproval> questions =
      QuestionsTo(reader_.account, command);
  for (v1::PendingApproval& question : questions) {
    if (!reader_.portal || !question.gateway().empty()) {
      question.clear_statement();
      continue;
    }
    const absl::Status added =
        AddForBrowser(parts_.questions, command, question);
    // Without a token nobody answers; the question is told all the same.
    if (!IsReason(added, reason::kNoCredentials)) RETURN_IF_ERROR(added);
  }
  MutexLock lock(mutex_);
  if (!callback_) return absl::OkStatus();
  const auto [found, is_new] = known_.try_emplace(command.row.command_id());
  Known& known = found->second;
  if (is_new) known.order = next_order_++;
  for (v1::PendingApproval& question : questions) {
    Tell(known, std::move(question), bytes);
  }
  if (known.open.empty()) known_.erase(found);
  return absl::OkStatus();
}

void ApprovalFeed::Tell(Known& known, v1::PendingApproval question,
                        const v1::PendingApproval& bytes) {
  const auto told = known.open.find(question.approval_id());
  const bool open = IsOpen(question.state());
  if (told == known.open.end() ? !open
                               : told->second.state() == question.state()) {
    return;
  }
  if (open) known.open[question.approval_id()] = question;
  if (!open) known.open.erase(told);
  question.set_queue_position(open ? Before(known, question.gateway()) : 0);
  if (open) *question.mutable_commands() = bytes.commands();
  Event event;
  event.mutable_approval()->Swap(&question);
  callback_(event);
}

uint32_t ApprovalFeed::Before(const Known& known,
                              const std::string& gateway) const {
  uint32_t before = 0;
  for (const auto& [id, other] : known_) {
    if (other.order >= known.order) continue;
    for (const auto& [question, told] : other.open) {
      before += told.gateway() == gateway;
    }
  }
  return before;
}

}  // namespace u2fi::command_gate
