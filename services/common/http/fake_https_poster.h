#ifndef U2FI_SERVICES_COMMON_HTTP_FAKE_HTTPS_POSTER_H_
#define U2FI_SERVICES_COMMON_HTTP_FAKE_HTTPS_POSTER_H_

#include <deque>
#include <functional>
#include <vector>

#include "services/common/http/https_poster.h"

namespace u2fi::http {

// Keeps what is posted and answers as a test says. Simplification: nothing
// takes time. Not thread-safe.
class FakeHttpsPoster : public HttpsPoster {
 public:
  absl::StatusOr<int> Post(const PostRequest& request) override {
    posted.push_back(request);
    if (during) during();
    if (stopped) return absl::CancelledError("stopped");
    if (answers.empty()) return 200;
    absl::StatusOr<int> answer = answers.front();
    answers.pop_front();
    return answer;
  }
  void Stop() override { stopped = true; }

  std::vector<PostRequest> posted;
  // The next answers; then 200.
  std::deque<absl::StatusOr<int>> answers;
  // Happens while a request is on its way.
  std::function<void()> during;
  bool stopped = false;
};

}  // namespace u2fi::http

#endif  // U2FI_SERVICES_COMMON_HTTP_FAKE_HTTPS_POSTER_H_
