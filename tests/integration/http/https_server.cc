#include "tests/integration/http/https_server.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/file/file.h"

namespace u2fi::http {
namespace {

constexpr int kTries = 2000;
constexpr size_t kMaxFile = 1 << 20;

std::string NewFolder() {
  std::string folder = testing::TempDir() + "/https_XXXXXX";
  return mkdtemp(folder.data());
}

void Pause() { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }

}  // namespace

HttpsServer::HttpsServer(const rpc::TlsFiles& files,
                         const std::string& hmac_key)
    : folder_(NewFolder()) {
  std::vector<std::string> words = {"/usr/bin/python3",
                                    "tests/integration/http/https_server.py",
                                    files.certificate, files.key, folder_};
  if (!hmac_key.empty()) {
    words.push_back(hmac_key);
    words.push_back("services/command-gate/README.md");
  }
  process_ = std::make_unique<store::ChildProcess>(words, folder_ + "/log");
  for (int i = 0; i < kTries && port_.empty(); ++i) {
    Pause();
    port_ = ReadFile(folder_ + "/port", kMaxFile).value_or("");
  }
  EXPECT_NE(port_, "") << ReadFile(folder_ + "/log", kMaxFile).value_or("");
}

HttpsServer::~HttpsServer() = default;

std::string HttpsServer::Url(const std::string& path) const {
  return absl::StrCat("https://localhost:", port_, path);
}

void HttpsServer::Answer(const std::string& answer) const {
  std::ofstream(folder_ + "/answer") << answer;
}

std::vector<nlohmann::json> HttpsServer::Requests() const {
  std::ifstream file(folder_ + "/requests");
  std::vector<nlohmann::json> requests;
  std::string line;
  while (std::getline(file, line)) {
    // The last one may not be whole yet.
    nlohmann::json request = nlohmann::json::parse(line, nullptr, false);
    if (!request.is_discarded()) requests.push_back(std::move(request));
  }
  return requests;
}

std::vector<nlohmann::json> HttpsServer::WaitFor(size_t count) const {
  std::vector<nlohmann::json> requests = Requests();
  for (int i = 0; i < kTries && requests.size() < count; ++i) {
    Pause();
    requests = Requests();
  }
  EXPECT_GE(requests.size(), count);
  return requests;
}

}  // namespace u2fi::http
