#ifndef U2FI_SERVICES_COMMAND_GATE_FAKE_REPLICA_LINK_H_
#define U2FI_SERVICES_COMMAND_GATE_FAKE_REPLICA_LINK_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "services/command-gate/replica_link.h"

namespace u2fi::command_gate {

// Other replicas that note what they are given, and answer as told: `answers`
// one after the other, then OK. Not thread-safe.
class FakeReplicaLink : public ReplicaLink {
 public:
  struct Forwarded {
    std::string address;
    v1::ForwardRequest request;
  };

  absl::Status Forward(absl::string_view address,
                       const v1::ForwardRequest& request) override {
    forwarded.push_back({std::string(address), request});
    if (on_forward) on_forward();
    if (answers.empty()) return absl::OkStatus();
    absl::Status answer = answers.front();
    answers.erase(answers.begin());
    return answer;
  }

  std::vector<Forwarded> forwarded;
  std::vector<absl::Status> answers;
  // What happens while one is on its way.
  std::function<void()> on_forward;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_FAKE_REPLICA_LINK_H_
