#ifndef U2FI_SERVICES_DEVICE_REGISTRY_FAKE_TOKEN_WORDS_CLIENT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_FAKE_TOKEN_WORDS_CLIENT_H_

#include <functional>
#include <vector>

#include "services/common/status/error.h"
#include "services/device-registry/token_words_client.h"

namespace u2fi::device_registry {

// A registry that only remembers what it was told.
class FakeTokenWordsClient : public TokenWordsClient {
 public:
  absl::StatusOr<v1::ReportTokensResponse> ReportTokens(
      const v1::ReportTokensRequest& request) override {
    if (away) {
      return Error(reason::kPeerUnavailable, "the registry is away");
    }
    for (const v1::TokenWord& word : request.words()) {
      if (refuses_empty_words && word.account().empty()) {
        return FieldError("words.account", "is not an id");
      }
    }
    words.insert(words.end(), request.words().begin(), request.words().end());
    tenants.push_back(request.tenant());
    if (meanwhile) meanwhile();
    return v1::ReportTokensResponse();
  }

  bool away = false;
  // Words without an account are errors.
  bool refuses_empty_words = false;
  // Happens before the answer.
  std::function<void()> meanwhile;
  std::vector<v1::TokenWord> words;
  // One for each request.
  std::vector<std::string> tenants;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_FAKE_TOKEN_WORDS_CLIENT_H_
