#ifndef U2FI_SERVICES_COMMON_HTTP_HTTPS_POSTER_H_
#define U2FI_SERVICES_COMMON_HTTP_HTTPS_POSTER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace u2fi::http {

// One request.
struct PostRequest {
  // https://…, from a configuration and from nowhere else.
  std::string url;
  // Names and values; no line ends.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // Until the end of the answer.
  absl::Duration timeout = absl::Seconds(5);
};

// Posts over https. For one thread; Stop() is for others.
class HttpsPoster {
 public:
  virtual ~HttpsPoster() = default;

  // The status code of the answer; its body is not kept. It follows no
  // redirect: that is an answer like others. Blocks. PEER_UNAVAILABLE if there
  // was no answer in time, or the server's certificate is not good for the
  // name in the address; CANCELLED after Stop().
  virtual absl::StatusOr<int> Post(const PostRequest& request) = 0;

  // Ends the call that runs, within a second, and all that come.
  virtual void Stop() = 0;
};

}  // namespace u2fi::http

#endif  // U2FI_SERVICES_COMMON_HTTP_HTTPS_POSTER_H_
