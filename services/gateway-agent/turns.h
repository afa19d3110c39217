#ifndef U2FI_SERVICES_GATEWAY_AGENT_TURNS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_TURNS_H_

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace u2fi::gateway_agent {

// Whose question comes next, fairly between those who ask (decisions A20): many
// questions of a thief do not keep the owner's first one waiting. Not
// thread-safe.
class Turns {
 public:
  // Of so many requesters it is remembered who had a turn last.
  static constexpr size_t kRemembered = 64;

  // A question that is not answered, in the order of their coming.
  struct Entry {
    std::string requester;
    // It waits; otherwise a key is asked it.
    bool waits = true;
  };

  // The places in `open` of the questions that wait, those that come first at
  // the front: a requester's first before anybody's second, then who had no
  // turn for longest, then who came first.
  std::vector<size_t> Order(const std::vector<Entry>& open) const;

  // A key is asked a question of `requester`.
  void Took(const std::string& requester);

 private:
  // The last one at the back.
  std::deque<std::string> took_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_TURNS_H_
