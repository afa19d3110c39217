#include "services/common/rpc/call_observer.h"

#include <memory>
#include <string>

#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "services/common/logging/logging.h"
#include "services/common/rpc/fake_echo.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::rpc {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr char kLabels[] =
    "grpc_method=\"Say\",grpc_service=\"u2fi.rpc.test.Echo\","
    "grpc_type=\"unary\"}";

// An observed echo service in process.
class CallObserverTest : public testing::Test {
 protected:
  CallObserverTest() {
    logging::Start(
        {"gate", "1", logging::Severity::kInfo, logging::Format::kJson});
    options_.observer = &observer_;
  }
  // One call from the service `caller`, and its log line if there is one.
  json Say(const std::string& caller, const std::string& text,
           const std::string& request_id = "") {
    server_ = Server::InProcess(services_, options_, "d", caller).value();
    testing::internal::CaptureStderr();
    test::EchoMessage message;
    message.set_text(text);
    message.set_request_id(request_id);
    grpc::ClientContext context;
    test::Echo::NewStub(server_->Channel())->Say(&context, message, &message);
    server_.reset();
    for (absl::string_view line :
         absl::StrSplit(testing::internal::GetCapturedStderr(), '\n')) {
      json parsed = json::parse(line, nullptr, false);
      if (!parsed.is_discarded() && parsed["msg"] == "rpc") return parsed;
    }
    return json();
  }

  metrics::Registry registry_;
  FakeClock clock_;
  SyncEcho echo_;
  const ServiceList services_ = ServiceList().Add<test::Echo>(echo_);
  CallObserver observer_{registry_, services_.descriptors(), clock_};
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(CallObserverTest, EveryRpcAndCodeIsThereFromTheStart) {
  const std::string page = registry_.Text();
  EXPECT_THAT(page, HasSubstr(std::string("grpc_server_started_total{") +
                              kLabels + " 0"));
  EXPECT_THAT(page,
              HasSubstr("grpc_server_handled_total{grpc_code=\"DataLoss\","
                        "grpc_method=\"Chat\",grpc_service="
                        "\"u2fi.rpc.test.Echo\",grpc_type=\"bidi_stream\"} 0"));
}

TEST_F(CallObserverTest, CountsCallsByTheirCode) {
  Say("command-gate", "x");
  Say("command-gate", "refuse");
  const std::string page = registry_.Text();
  EXPECT_THAT(page, HasSubstr(std::string("grpc_server_started_total{") +
                              kLabels + " 2"));
  EXPECT_THAT(page, HasSubstr(std::string("grpc_server_handled_total{grpc_code="
                                          "\"OK\",") +
                              kLabels + " 1"));
  EXPECT_THAT(page, HasSubstr(std::string("grpc_server_handled_total{grpc_code="
                                          "\"InvalidArgument\",") +
                              kLabels + " 1"));
}

TEST_F(CallObserverTest, CountsRefusedCallsToo) {
  Say("portal", "x");
  EXPECT_THAT(registry_.Text(),
              HasSubstr(std::string("grpc_server_handled_total{grpc_code="
                                    "\"PermissionDenied\",") +
                        kLabels + " 1"));
}

TEST_F(CallObserverTest, MeasuresTheTime) {
  Say("command-gate", "x");
  EXPECT_THAT(registry_.Text(),
              HasSubstr(std::string("grpc_server_handling_seconds_count{") +
                        kLabels + " 1"));
}

TEST_F(CallObserverTest, SaysNothingOfGoodCallsAtTheUsualLevel) {
  EXPECT_TRUE(Say("command-gate", "x").is_null());
}

TEST_F(CallObserverTest, SaysEverythingAtDebug) {
  logging::SetLevel(logging::Severity::kDebug);
  const json line = Say("command-gate", "x");
  EXPECT_EQ(line["severity"], "DEBUG");
  EXPECT_EQ(line["code"], "OK");
}

TEST_F(CallObserverTest, SaysWhatHappenedToARefusedRequest) {
  const std::string id = "0123456789abcdef0123456789abcdef";
  const json line = Say("command-gate", "refuse", id);
  EXPECT_EQ(line["severity"], "INFO");
  EXPECT_EQ(line["rpc"], "/u2fi.rpc.test.Echo/Say");
  EXPECT_EQ(line["peer"], "spiffe://d/service/command-gate");
  EXPECT_EQ(line["code"], "InvalidArgument");
  EXPECT_EQ(line["reason"], "INVALID_FIELD");
  EXPECT_EQ(line["request_id"], id);
  EXPECT_EQ(line["trace_id"].get<std::string>().size(), 32u);
  EXPECT_TRUE(line.contains("dur_ms"));
}

TEST_F(CallObserverTest, ARequestIdThatIsNoneStaysOutOfTheLog) {
  EXPECT_FALSE(Say("command-gate", "refuse", "x\n").contains("request_id"));
}

TEST_F(CallObserverTest, SaysWhoWasNotAllowed) {
  const json line = Say("portal", "x");
  EXPECT_EQ(line["reason"], "CALLER_NOT_ALLOWED");
  EXPECT_EQ(line["peer"], "spiffe://d/service/portal");
}

TEST_F(CallObserverTest, AFaultOfOursIsAnError) {
  const json line = Say("command-gate", "fail");
  EXPECT_EQ(line["severity"], "ERROR");
  EXPECT_EQ(line["code"], "Internal");
}

TEST_F(CallObserverTest, WithoutAnObserverNothingIsCounted) {
  options_.observer = nullptr;
  Say("command-gate", "x");
  EXPECT_THAT(registry_.Text(),
              Not(HasSubstr(std::string("grpc_server_started_total{") +
                            kLabels + " 1")));
}

TEST_F(CallObserverTest, ThereIsNoRecordOutsideACall) {
  const grpc::ServerContext context;
  EXPECT_EQ(TakeCallRecord(context), nullptr);
}

}  // namespace
}  // namespace u2fi::rpc
