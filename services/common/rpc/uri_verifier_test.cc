#include "services/common/rpc/uri_verifier.h"

#include "gtest/gtest.h"

namespace u2fi::rpc {
namespace {

constexpr char kGate[] = "spiffe://d/service/command-gate";

TEST(UriVerifierTest, TheOneExpectedUriIsGood) {
  EXPECT_TRUE(IsCertificateOf({kGate}, kGate));
}

TEST(UriVerifierTest, NoUriIsNot) { EXPECT_FALSE(IsCertificateOf({}, kGate)); }

TEST(UriVerifierTest, AnotherUriIsNot) {
  for (const char* uri :
       {"", "spiffe://d/service/command-gate2", "spiffe://d/service/command",
        "spiffe://e/service/command-gate", "spiffe://d/gateway/t/s/g"}) {
    EXPECT_FALSE(IsCertificateOf({uri}, kGate)) << uri;
  }
}

TEST(UriVerifierTest, TheExpectedUriBesideAnotherIsNot) {
  EXPECT_FALSE(IsCertificateOf({kGate, "spiffe://d/service/x"}, kGate));
  EXPECT_FALSE(IsCertificateOf({kGate, kGate}, kGate));
}

}  // namespace
}  // namespace u2fi::rpc
