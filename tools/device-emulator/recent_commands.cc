#include "tools/device-emulator/recent_commands.h"

#include <utility>

#include "tools/device-emulator/sequence_window.h"

namespace u2fi::device {

void RecentCommands::Begin(RecentCommand command) {
  const uint64_t sequence = command.sequence;
  commands_[sequence] = std::move(command);
  while (commands_.size() > SequenceWindow::kWidth) {
    commands_.erase(commands_.begin());
  }
}

void RecentCommands::End(uint64_t sequence, const std::string& outcome) {
  const auto found = commands_.find(sequence);
  if (found != commands_.end()) found->second.outcome = outcome;
}

const RecentCommand* RecentCommands::FindBySequence(uint64_t sequence) const {
  const auto found = commands_.find(sequence);
  return found == commands_.end() ? nullptr : &found->second;
}

const RecentCommand* RecentCommands::FindByHash(
    const crypto::Digest& hash) const {
  for (const auto& [sequence, command] : commands_) {
    if (command.hash == hash) return &command;
  }
  return nullptr;
}

}  // namespace u2fi::device
