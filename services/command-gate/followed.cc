#include "services/command-gate/followed.h"

#include <algorithm>

#include "services/command-gate/command_states.h"

namespace u2fi::command_gate {

std::vector<const StoredCommand*> Followed::Take(
    const std::vector<StoredCommand>& now) {
  std::vector<const StoredCommand*> news;
  for (const StoredCommand& command : now) {
    Known& known = known_[command.row.command_id()];
    const bool first_time = known.version == store::kAbsent;
    if (command.version <= known.version && command.epoch == known.epoch) {
      continue;
    }
    if (!first_time && --counts_[known.state] == 0) counts_.erase(known.state);
    ++counts_[command.row.state()];
    known = {command.version, command.epoch, command.row.state()};
    if (!batch_ || command.row.index() == 0) {
      first_ = command.row;
      has_first_ = true;
    }
    news.push_back(&command);
  }
  return news;
}

bool Followed::complete() const {
  if (!has_first_) return false;
  const int size = batch_ ? std::max(1, first_.batch_ids_size()) : 1;
  return known_.size() == static_cast<size_t>(size);
}

bool Followed::final() const {
  return complete() &&
         std::all_of(counts_.begin(), counts_.end(),
                     [](const auto& count) { return IsFinal(count.first); });
}

}  // namespace u2fi::command_gate
