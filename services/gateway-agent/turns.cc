#include "services/gateway-agent/turns.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace u2fi::gateway_agent {

std::vector<size_t> Turns::Order(const std::vector<Entry>& open) const {
  std::map<std::string, size_t> last_turn;
  for (const std::string& requester : took_) {
    last_turn.emplace(requester, last_turn.size() + 1);
  }
  // How many of the same requester are before it, last turn, place.
  std::vector<std::tuple<size_t, size_t, size_t>> waiting;
  std::map<std::string, size_t> before;
  for (size_t i = 0; i < open.size(); ++i) {
    const std::string& requester = open[i].requester;
    const size_t own = before[requester]++;
    const auto turn = last_turn.find(requester);
    if (!open[i].waits) continue;
    waiting.emplace_back(own, turn == last_turn.end() ? 0 : turn->second, i);
  }
  std::sort(waiting.begin(), waiting.end());
  std::vector<size_t> places;
  places.reserve(waiting.size());
  for (const auto& each : waiting) places.push_back(std::get<2>(each));
  return places;
}

void Turns::Took(const std::string& requester) {
  const auto found = std::find(took_.begin(), took_.end(), requester);
  if (found != took_.end()) took_.erase(found);
  took_.push_back(requester);
  if (took_.size() > kRemembered) took_.pop_front();
}

}  // namespace u2fi::gateway_agent
