#include "services/common/rpc/grpc_log.h"

#include <string>

#include "gmock/gmock.h"
#include "grpc/support/log.h"
#include "gtest/gtest.h"
#include "services/common/logging/logging.h"

namespace u2fi::rpc {
namespace {

using testing::HasSubstr;

class GrpcLogTest : public testing::Test {
 protected:
  GrpcLogTest() {
    logging::Start(
        {"gate", "1", logging::Severity::kInfo, logging::Format::kJson});
    // gRPC hands nothing over before its verbosity is set.
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_DEBUG);
    SendGrpcLogToOurs();
  }
  // What is logged when gRPC says `text`.
  static std::string Say(gpr_log_severity severity, const char* text) {
    testing::internal::CaptureStderr();
    gpr_log("file.cc", 7, severity, "%s", text);
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(GrpcLogTest, ItsErrorsAreWarningsInOneJsonLine) {
  const std::string line = Say(GPR_LOG_SEVERITY_ERROR, "two\nlines");
  EXPECT_THAT(line, HasSubstr(R"("severity":"WARNING","msg":"grpc")"));
  EXPECT_THAT(line, HasSubstr(R"("text":"two\nlines")"));
  EXPECT_THAT(line, HasSubstr(R"("file":"file.cc","line":7)"));
}

TEST_F(GrpcLogTest, TheRestIsForDebugging) {
  EXPECT_EQ(Say(GPR_LOG_SEVERITY_INFO, "x"), "");
}

TEST_F(GrpcLogTest, HostNamesAreNoMatter) {
  EXPECT_EQ(
      Say(GPR_LOG_SEVERITY_ERROR, "No match found for server name: 127.0.0.1."),
      "");
}

}  // namespace
}  // namespace u2fi::rpc
