#include "services/common/http/curl_poster.h"

#include <curl/curl.h>

#include <atomic>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::http {
namespace {

constexpr size_t kMaxAnswer = 64 << 10;
constexpr absl::Duration kConnectWithin = absl::Seconds(3);

// Once in a process, before the first handle.
bool StartCurl() {
  static const bool started = curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK;
  return started;
}

// Headers as libcurl takes them; freed with the object.
class HeaderList {
 public:
  explicit HeaderList(
      const std::vector<std::pair<std::string, std::string>>& headers) {
    for (const auto& [name, value] : headers) {
      Add(absl::StrCat(name, ": ", value));
    }
    // It would wait for a word of the server before the body.
    Add("Expect:");
  }
  ~HeaderList() { curl_slist_free_all(list_); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;

  curl_slist* get() const { return list_; }

 private:
  void Add(const std::string& line) {
    curl_slist* const longer = curl_slist_append(list_, line.c_str());
    if (longer != nullptr) list_ = longer;
  }
  curl_slist* list_ = nullptr;
};

class CurlPoster : public HttpsPoster {
 public:
  explicit CurlPoster(std::string ca_file)
      : ca_file_(std::move(ca_file)),
        curl_(StartCurl() ? curl_easy_init() : nullptr) {}
  ~CurlPoster() override { curl_easy_cleanup(curl_); }

  absl::StatusOr<int> Post(const PostRequest& request) override {
    if (stopped_) return absl::CancelledError("stopped");
    if (curl_ == nullptr || !absl::StartsWith(request.url, "https://")) {
      return Error(reason::kInternal, "this cannot be posted");
    }
    const HeaderList headers(request.headers);
    read_ = 0;
    // Options go, the connection stays.
    curl_easy_reset(curl_);
    SetTransport();
    SetRequest(request, headers);
    const CURLcode result = curl_easy_perform(curl_);
    long code = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &code);
    if (stopped_) return absl::CancelledError("stopped");
    // Nobody needs the rest of an answer that is too long.
    if (result == CURLE_OK || (code != 0 && read_ > kMaxAnswer)) {
      return static_cast<int>(code);
    }
    return Error(reason::kPeerUnavailable,
                 absl::StrCat("no answer: ", curl_easy_strerror(result)));
  }

  void Stop() override { stopped_ = true; }

 private:
  void SetTransport() {
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    // A name server that does not answer must not keep us after the timeout.
    curl_easy_setopt(curl_, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl_, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl_, CURLOPT_PROXY, "");
    curl_easy_setopt(curl_, CURLOPT_NETRC,
                     static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(curl_, CURLOPT_HTTP_VERSION,
                     static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(curl_, CURLOPT_SSLVERSION,
                     static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(curl_, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl_, CURLOPT_SSL_VERIFYHOST, 2L);
    if (ca_file_.empty()) return;
    curl_easy_setopt(curl_, CURLOPT_CAINFO, ca_file_.c_str());
    curl_easy_setopt(curl_, CURLOPT_CAPATH, nullptr);
  }
  void SetRequest(const PostRequest& request, const HeaderList& headers) {
    curl_easy_setopt(curl_, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(
        curl_, CURLOPT_TIMEOUT_MS,
        static_cast<long>(absl::ToInt64Milliseconds(request.timeout)));
    curl_easy_setopt(
        curl_, CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(absl::ToInt64Milliseconds(kConnectWithin)));
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, OnBody);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, OnProgress);
    curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
  }

  // Takes note of the size alone; 0 ends the transfer.
  static size_t OnBody(const char*, size_t size, size_t count, void* self) {
    CurlPoster& poster = *static_cast<CurlPoster*>(self);
    poster.read_ += size * count;
    return poster.read_ > kMaxAnswer ? 0 : size * count;
  }
  // Not 0: the transfer ends. Called at least once a second.
  static int OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t,
                        curl_off_t) {
    return static_cast<CurlPoster*>(self)->stopped_ ? 1 : 0;
  }

  const std::string ca_file_;
  CURL* const curl_;
  size_t read_ = 0;
  std::atomic<bool> stopped_{false};
};

}  // namespace

std::unique_ptr<HttpsPoster> MakeCurlPoster(std::string ca_file) {
  return std::make_unique<CurlPoster>(std::move(ca_file));
}

std::unique_ptr<HttpsPoster> MakeCurlPoster() {
  const char* const ca_file = std::getenv("SSL_CERT_FILE");
  return MakeCurlPoster(ca_file == nullptr ? "" : ca_file);
}

}  // namespace u2fi::http
