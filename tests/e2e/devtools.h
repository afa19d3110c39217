#ifndef U2FI_TESTS_E2E_DEVTOOLS_H_
#define U2FI_TESTS_E2E_DEVTOOLS_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace u2fi::e2e {

// A Chromium of its own, without a window and with a new profile, driven by the
// Chrome DevTools Protocol over a pipe (--remote-debugging-pipe). It ends with
// this object, and with this process. Not thread-safe.
class DevTools {
 public:
  using Json = nlohmann::json;

  // `profile`: a folder that is Chromium's alone. UNAVAILABLE if Chromium does
  // not start.
  static absl::StatusOr<std::unique_ptr<DevTools>> Start(
      const std::string& profile);
  ~DevTools();

  // The result of one command, to the page `session` or (empty) the browser.
  // Events that come meanwhile go to `on_event`. INTERNAL with Chromium's
  // message; DEADLINE_EXCEEDED after 30 s.
  absl::StatusOr<Json> Call(const std::string& method, Json parameters,
                            const std::string& session = "");

  // Sends a command whose result nobody wants; for `on_event`.
  absl::Status Send(const std::string& method, Json parameters,
                    const std::string& session);

  // Hears of the method, parameters and session of each event.
  std::function<void(const Json& event)> on_event = [](const Json&) {};

 private:
  DevTools(pid_t pid, int in, int out) : pid_(pid), in_(in), out_(out) {}

  absl::Status Write(const Json& message);
  // The next message, which ends with a zero byte.
  absl::StatusOr<Json> Read(absl::Time end);

  const pid_t pid_;
  const int in_;
  const int out_;
  int last_id_ = 0;
  std::string buffer_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_DEVTOOLS_H_
