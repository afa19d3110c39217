#include "tools/device-emulator/access_token.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device {
namespace {

using nlohmann::json;

json Claims() {
  return {{"sub", "camera-1"},
          {"tenant", "t-1"},
          {"jti", "j-1"},
          {"iat", 1000},
          {"exp", 4600}};
}

std::string Jwt(const json& claims) {
  return "h." + crypto::Base64Url(claims.dump()) + ".s";
}

TEST(ReadClaimsTest, ReadsWhatADeviceNeeds) {
  ASSERT_OK_AND_ASSIGN(TokenClaims claims, ReadClaims(Jwt(Claims())));
  EXPECT_EQ(claims.subject, "camera-1");
  EXPECT_EQ(claims.tenant, "t-1");
  EXPECT_EQ(claims.jti, "j-1");
  EXPECT_EQ(claims.issued_ms, 1'000'000u);
  EXPECT_EQ(claims.expires_ms, 4'600'000u);
}

TEST(ReadClaimsTest, RefusesEachMissingClaim) {
  for (const char* name : {"sub", "tenant", "jti", "iat", "exp"}) {
    json claims = Claims();
    claims.erase(name);
    EXPECT_THAT(ReadClaims(Jwt(claims)), HasReason(reason::kMessageFormat))
        << name;
  }
}

TEST(ReadClaimsTest, RefusesAnotherType) {
  json claims = Claims();
  claims["iat"] = "1000";
  EXPECT_FALSE(ReadClaims(Jwt(claims)).ok());
  claims = Claims();
  claims["sub"] = 1;
  EXPECT_FALSE(ReadClaims(Jwt(claims)).ok());
}

TEST(ReadClaimsTest, RefusesATimeThatWouldOverflow) {
  json claims = Claims();
  claims["exp"] = INT64_MAX;
  EXPECT_FALSE(ReadClaims(Jwt(claims)).ok());
  claims["exp"] = -1;
  EXPECT_FALSE(ReadClaims(Jwt(claims)).ok());
}

TEST(ReadClaimsTest, RefusesATokenThatNeverHolds) {
  json claims = Claims();
  claims["exp"] = claims["iat"];
  EXPECT_FALSE(ReadClaims(Jwt(claims)).ok());
}

TEST(ReadClaimsTest, RefusesWhatIsNoToken) {
  EXPECT_FALSE(ReadClaims("").ok());
  EXPECT_FALSE(ReadClaims("a.b").ok());
  EXPECT_FALSE(ReadClaims("a.!.c").ok());
  EXPECT_FALSE(ReadClaims("a." + crypto::Base64Url("[]") + ".c").ok());
}

}  // namespace
}  // namespace u2fi::device
