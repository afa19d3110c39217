#ifndef U2FI_SERVICES_GATEWAY_AGENT_TOKEN_GROUP_H_
#define U2FI_SERVICES_GATEWAY_AGENT_TOKEN_GROUP_H_

#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/gateway-agent/token.h"

namespace u2fi::gateway_agent {

// All keys of several finders.
class TokenGroup : public TokenFinder {
 public:
  // Before all else.
  void Add(std::unique_ptr<TokenFinder> finder) {
    finders_.push_back(std::move(finder));
  }

  std::vector<std::unique_ptr<Token>> Find(
      const std::set<std::string>& busy) override {
    std::vector<std::unique_ptr<Token>> all;
    for (const auto& finder : finders_) Append(finder->Find(busy), all);
    return all;
  }
  std::vector<std::string> Ports() override {
    std::vector<std::string> all;
    for (const auto& finder : finders_) Append(finder->Ports(), all);
    return all;
  }
  void SetOnChange(std::function<void()> changed) override {
    for (const auto& finder : finders_) finder->SetOnChange(changed);
  }

 private:
  template <typename T>
  static void Append(std::vector<T> part, std::vector<T>& all) {
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }

  std::vector<std::unique_ptr<TokenFinder>> finders_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_TOKEN_GROUP_H_
