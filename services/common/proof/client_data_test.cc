#include "services/common/proof/client_data.h"

#include "absl/strings/str_replace.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

const crypto::Digest kChallenge = crypto::Sha256("statement");
const GatewayOrigin kGateway{"acme", "home", "gw-1"};
const std::string kPoint =
    "\x04" + std::string(32, '\x01') + std::string(32, '\xff');

class U2fClientDataTest : public testing::Test {
 protected:
  // The parsed client data with `from` replaced by `to`.
  absl::StatusOr<ClientData> ParseWith(const std::string& from,
                                       const std::string& to) {
    changed_ = absl::StrReplaceAll(bytes_, {{from, to}});
    EXPECT_NE(changed_, bytes_);
    return ParseClientData(changed_);
  }

  const std::string bytes_ =
      U2fClientData(kU2fAssertion, kChallenge, kGateway, kPoint);
  std::string changed_;
};

TEST_F(U2fClientDataTest, HasTheExactForm) {
  EXPECT_EQ(
      bytes_,
      R"({"typ":"navigator.id.getAssertion","challenge":"sRHG4dMY8gMGPlwWurQ8EIMmrwqi97ZXYMlVR6Q9vlI",)"
      R"("origin":"u2fi:acme/home/gw-1","cid_pubkey":{"kty":"EC",)"
      R"("crv":"P-256","x":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",)"
      R"("y":"__________________________________________8"}})");
}

TEST_F(U2fClientDataTest, IsTakenApart) {
  ASSERT_OK_AND_ASSIGN(const ClientData data, ParseClientData(bytes_));
  EXPECT_TRUE(data.is_u2f);
  EXPECT_EQ(data.type, kU2fAssertion);
  EXPECT_EQ(data.origin, "u2fi:acme/home/gw-1");
  EXPECT_EQ(data.gateway_point, kPoint);
  EXPECT_OK(CheckChallenge(data, kChallenge));
}

TEST_F(U2fClientDataTest, AnotherChallengeIsSeen) {
  ASSERT_OK_AND_ASSIGN(const ClientData data, ParseClientData(bytes_));
  EXPECT_THAT(CheckChallenge(data, crypto::Sha256("other")),
              HasReason(reason::kChallengeMismatch));
}

TEST_F(U2fClientDataTest, RegistrationsHaveTheirType) {
  const std::string bytes =
      U2fClientData(kU2fRegistration, kChallenge, kGateway, kPoint);
  EXPECT_EQ(ParseClientData(bytes)->type, kU2fRegistration);
}

TEST_F(U2fClientDataTest, WhiteSpaceIsRefused) {
  EXPECT_THAT(ParseWith(",\"origin", ", \"origin"),
              HasReason(reason::kClientDataFormat));
  EXPECT_THAT(ParseClientData(bytes_ + "\n"),
              HasReason(reason::kClientDataFormat));
  EXPECT_THAT(ParseClientData(" " + bytes_),
              HasReason(reason::kClientDataType));
}

TEST_F(U2fClientDataTest, AMemberMoreOrLessIsRefused) {
  EXPECT_THAT(ParseWith("\"}}", "\"},\"a\":1}"),
              HasReason(reason::kClientDataFormat));
  EXPECT_THAT(ParseWith("\"crv\":\"P-256\",", ""),
              HasReason(reason::kClientDataFormat));
}

TEST_F(U2fClientDataTest, AMemberTwiceIsRefused) {
  EXPECT_THAT(
      ParseWith(",\"origin\":\"", ",\"origin\":\"u2fi:a/b/c\",\"origin\":\""),
      HasReason(reason::kClientDataFormat));
}

TEST_F(U2fClientDataTest, EscapesAreRefused) {
  EXPECT_THAT(ParseWith("acme", "\\u0061cme"),
              HasReason(reason::kClientDataFormat));
  EXPECT_THAT(ParseWith("acme", "ac\xc3\xa4"),
              HasReason(reason::kClientDataFormat));
}

TEST_F(U2fClientDataTest, OtherCoordinatesAreNoPoint) {
  ASSERT_OK_AND_ASSIGN(ClientData data,
                       ParseWith("AQEBAQEBAQE\"", "AQEBAQEBAQF\""));
  EXPECT_EQ(data.gateway_point, "") << "stray bits";
  ASSERT_OK_AND_ASSIGN(data, ParseWith("AQEBAQEBAQE\"", "AQEBAQE\""));
  EXPECT_EQ(data.gateway_point, "") << "too short";
}

TEST_F(U2fClientDataTest, EveryPrefixIsRefused) {
  for (size_t size = 0; size < bytes_.size(); ++size) {
    EXPECT_FALSE(ParseClientData(bytes_.substr(0, size)).ok()) << size;
  }
}

TEST_F(U2fClientDataTest, MoreThan2048BytesAreRefused) {
  EXPECT_THAT(ParseWith("acme", std::string(2000, 'a')),
              HasReason(reason::kClientDataFormat));
}

class WebauthnClientDataTest : public testing::Test {
 protected:
  const std::string bytes_ = WebauthnClientData(kWebauthnAssertion, kChallenge,
                                                "https://portal.example");
  // Without the closing brace.
  const std::string open_ = bytes_.substr(0, bytes_.size() - 1);
};

TEST_F(WebauthnClientDataTest, HasTheFormOfWebauthn) {
  EXPECT_EQ(
      bytes_,
      R"({"type":"webauthn.get","challenge":"sRHG4dMY8gMGPlwWurQ8EIMmrwqi97ZXYMlVR6Q9vlI",)"
      R"("origin":"https://portal.example","crossOrigin":false})");
}

// As WebKit serialises what is used from the same origin.
TEST_F(WebauthnClientDataTest, MayEndAfterTheOrigin) {
  const std::string text =
      bytes_.substr(0, bytes_.rfind(",\"crossOrigin\"")) + "}";
  ASSERT_OK_AND_ASSIGN(const ClientData data, ParseClientData(text));
  EXPECT_EQ(data.origin, "https://portal.example");
  // Nothing else may stand there instead.
  for (const char* rest : {R"(,"topOrigin":"https://x"})", ",}", " }", "}}"}) {
    const std::string other = text.substr(0, text.size() - 1) + rest;
    EXPECT_THAT(ParseClientData(other), HasReason(reason::kClientDataFormat))
        << rest;
  }
}

TEST_F(WebauthnClientDataTest, IsTakenApart) {
  ASSERT_OK_AND_ASSIGN(const ClientData data, ParseClientData(bytes_));
  EXPECT_FALSE(data.is_u2f);
  EXPECT_EQ(data.type, kWebauthnAssertion);
  EXPECT_EQ(data.origin, "https://portal.example");
  EXPECT_EQ(data.gateway_point, "");
}

TEST_F(WebauthnClientDataTest, FurtherMembersAreAllowedAtTheEnd) {
  EXPECT_OK(ParseClientData(open_ + R"(,"other":"x"})"));
  EXPECT_FALSE(ParseClientData(open_ + R"(,"other":"x")").ok());
  EXPECT_FALSE(ParseClientData(open_ + R"(x})").ok());
  EXPECT_FALSE(ParseClientData(open_).ok());
}

TEST_F(WebauthnClientDataTest, CrossOriginUseIsRefused) {
  EXPECT_THAT(ParseClientData(absl::StrReplaceAll(bytes_, {{"false", "true"}})),
              HasReason(reason::kClientDataFormat));
}

TEST_F(WebauthnClientDataTest, AQuoteCannotHideInTheOrigin) {
  EXPECT_THAT(ParseClientData(
                  absl::StrReplaceAll(bytes_, {{"portal", R"(evil\",\"x)"}})),
              HasReason(reason::kClientDataFormat));
}

TEST(GatewayOriginTest, RoundTrips) {
  ASSERT_OK_AND_ASSIGN(const GatewayOrigin origin,
                       ParseGatewayOrigin(kGateway.Text()));
  EXPECT_EQ(origin.Text(), "u2fi:acme/home/gw-1");
}

TEST(GatewayOriginTest, OthersAreRefused) {
  for (const char* text :
       {"", "u2fi:a/b", "u2fi:a/b/c/d", "u2fi:a//c", "u2fi:A/b/c",
        "https://a/b/c", "U2FI:a/b/c", "a/b/c", "u2fi:a/b/C"}) {
    EXPECT_THAT(ParseGatewayOrigin(text), HasReason(reason::kOriginMismatch));
  }
}

}  // namespace
}  // namespace u2fi::proof
