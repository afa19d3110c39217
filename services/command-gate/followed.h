#ifndef U2FI_SERVICES_COMMAND_GATE_FOLLOWED_H_
#define U2FI_SERVICES_COMMAND_GATE_FOLLOWED_H_

#include <map>
#include <string>
#include <vector>

#include "services/command-gate/command_store.h"
#include "services/command-gate/command_view.h"
#include "u2fi/command_gate/v1/command.pb.h"

namespace u2fi::command_gate {

// What an rpc that follows a command, or every command of a batch, has heard of
// them. Not thread-safe.
class Followed {
 public:
  // `batch`: all commands of a batch; otherwise one command.
  explicit Followed(bool batch) : batch_(batch) {}

  // Of what was read or heard `now`, what is news, in its order. The pointers
  // are into `now`.
  std::vector<const StoredCommand*> Take(const std::vector<StoredCommand>& now);

  bool batch() const { return batch_; }
  // Whether each of them was heard of.
  bool complete() const;
  // Whether each of them is in a final state.
  bool final() const;

  // The command; of a batch the first one. Only if complete().
  const records::v1::CommandRow& first() const { return first_; }
  // Only if complete(), of a batch.
  v1::BatchRecord BatchView() const { return BatchViewOf(first_, counts_); }

 private:
  // Versions of another epoch cannot be compared.
  struct Known {
    u2fi::store::Version version = u2fi::store::kAbsent;
    u2fi::store::Epoch epoch;
    v1::CommandState state = v1::COMMAND_STATE_UNSPECIFIED;
  };

  const bool batch_;
  // By command id.
  std::map<std::string, Known> known_;
  StateCounts counts_;
  bool has_first_ = false;
  records::v1::CommandRow first_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_FOLLOWED_H_
