#include "tools/u2fi/connection_advice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;

TEST(ConnectionAdviceTest, KnowsWhatGrpcSays) {
  EXPECT_THAT(ConnectionAdvice("last error: UNKNOWN: ipv4:127.0.0.1:1: Failed "
                               "to connect to remote host: Connection refused"),
              HasSubstr("that the service runs"));
  EXPECT_THAT(ConnectionAdvice("Tls handshake failed: SSL_ERROR_SSL: "
                               "error:0A000086:SSL routines::certificate "
                               "verify failed"),
              HasSubstr("not of a CA in ca.crt"));
  EXPECT_THAT(ConnectionAdvice("last error: UNAVAILABLE: ipv4:127.0.0.1:1: "
                               "Socket closed"),
              HasSubstr("does not accept the certificate"));
}

TEST(ConnectionAdviceTest, KnowsOurOwnCheckOfTheServer) {
  EXPECT_THAT(ConnectionAdvice("Custom verification check failed with error: "
                               "UNAUTHENTICATED: the server has the wrong "
                               "identity"),
              HasSubstr("Another service listens there"));
}

TEST(ConnectionAdviceTest, HasNoneForOtherWords) {
  EXPECT_EQ(ConnectionAdvice("gone"), "");
}

}  // namespace
}  // namespace u2fi::cli
