// Approvers learn of a waiting command by webhook: real processes, a real https
// server, which checks each signature by the code that README shows.
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/process_site.h"
#include "tests/integration/http/https_server.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;
using nlohmann::json;

constexpr int kTries = 100;
constexpr char kKey[] = "a key of the test, 32 characters";

class WebhookTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    setenv("SSL_CERT_FILE", files_.roots.c_str(), 1);
    ProcessSite::Options options;
    options.mesh = GetParam();
    options.webhook_url = server_.Url("/hook?secret=in-the-address");
    options.webhook_key = kKey;
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start(options));
    ASSERT_OK(site_->TellToken(0, "auto off"));
  }
  ~WebhookTest() override { unsetenv("SSL_CERT_FILE"); }

  std::string gate() const {
    return GetParam() ? "command-gate" : "standalone";
  }
  // Bodies of the event about this command.
  static std::vector<json> About(const CommandRecord& command,
                                 const std::string& event,
                                 const std::vector<json>& requests) {
    std::vector<json> found;
    for (const json& request : requests) {
      const json body = json::parse(std::string(request["body"]));
      if (body["name"] == command.name() && body["event"] == event) {
        found.push_back(body);
      }
    }
    return found;
  }
  // Waits for `count` of them.
  std::vector<json> WaitFor(const CommandRecord& command,
                            const std::string& event, size_t count) {
    std::vector<json> requests = server_.Requests();
    while (About(command, event, requests).size() < count && !HasFailure()) {
      requests = server_.WaitFor(requests.size() + 1);
    }
    return About(command, event, requests);
  }

  // Through the restart of the gate.
  CommandRecord WaitForEnd(const CommandRecord& command) {
    absl::StatusOr<CommandRecord> record = site_->Wait(command.name());
    for (int i = 0; i < kTries && !record.ok(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      record = site_->Wait(command.name());
    }
    EXPECT_OK(record);
    return record.ok() ? *record : CommandRecord();
  }

  const dev_ca::TestCa ca_;
  const rpc::TlsFiles files_ = ca_.Files("service/challenge");
  const http::HttpsServer server_{files_, kKey};
  std::unique_ptr<ProcessSite> site_;
};

TEST_P(WebhookTest, TellsWhatWaitsAlsoAfterACrashAndThatItEnded) {
  ASSERT_OK_AND_ASSIGN(const CommandRecord submitted,
                       site_->Submit(0, "camera.on"));
  const std::vector<json> first = WaitFor(submitted, "WAITING", 1);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0]["account"], "a0");
  EXPECT_EQ(first[0]["items"][0]["operation"], "camera.on");
  EXPECT_EQ(first[0]["approvers"][0]["gateway"], "g0");

  site_->programs().Restart(gate());
  const std::vector<json> again = WaitFor(submitted, "WAITING", 2);
  ASSERT_GE(again.size(), 2u);
  EXPECT_EQ(again[1]["id"], first[0]["id"]);

  // A new process may ask anew: touched as often as it asks.
  ASSERT_OK(site_->TellToken(0, "auto on"));
  const CommandRecord ended = WaitForEnd(submitted);
  EXPECT_EQ(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << ended.ShortDebugString();
  EXPECT_EQ(WaitFor(submitted, "ENDED", 1).size(), 1u);

  for (const json& request : server_.Requests()) {
    EXPECT_TRUE(request["genuine"]) << request;
    EXPECT_FALSE(request["changed"]) << request;
  }
  EXPECT_THAT(
      site_->programs().LogOf(gate()),
      testing::Not(testing::AnyOf(testing::HasSubstr(kKey),
                                  testing::HasSubstr("in-the-address"))));
}

INSTANTIATE_TEST_SUITE_P(Deployments, WebhookTest, testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Mesh" : "Standalone";
                         });

}  // namespace
}  // namespace u2fi::e2e
