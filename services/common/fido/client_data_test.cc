#include "services/common/fido/client_data.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

using ChannelId = ClientData::ChannelId;

TEST(ClientDataTest, GivesTheMembersOfWebAuthn) {
  const std::string text =
      R"({"type":"webauthn.get","challenge":"Y2g","origin":"https://a",)"
      R"("crossOrigin":true,"topOrigin":"https://b","extra":{"origin":"x"}})";
  ASSERT_OK_AND_ASSIGN(ClientData data, ParseClientData(text));
  EXPECT_EQ(data.type, "webauthn.get");
  EXPECT_EQ(data.challenge, "Y2g");
  EXPECT_EQ(data.origin, "https://a");
  EXPECT_EQ(data.cross_origin, true);
  EXPECT_EQ(data.top_origin, "https://b");
  EXPECT_EQ(data.typ, absl::nullopt);
  EXPECT_EQ(data.hash, crypto::Sha256(text));
}

TEST(ClientDataTest, GivesTheMembersOfU2f) {
  ASSERT_OK_AND_ASSIGN(
      ClientData data,
      ParseClientData(R"({"typ":"t","cid_pubkey":{"kty":"EC","crv":"P-256",)"
                      R"("x":"eA","y":"eQ"}})"));
  EXPECT_EQ(data.typ, "t");
  EXPECT_EQ(data.channel_id, ChannelId::kKey);
  EXPECT_EQ(data.channel_key.x, "eA");
  EXPECT_EQ(data.channel_key.y, "eQ");
}

TEST(ClientDataTest, TellsTheKindsOfChannelIds) {
  const std::pair<const char*, ChannelId> kinds[] = {
      {R"({})", ChannelId::kAbsent},
      {R"({"cid_pubkey":"unused"})", ChannelId::kUnused},
      {R"({"cid_pubkey":"x"})", ChannelId::kOther},
      {R"({"cid_pubkey":null})", ChannelId::kOther},
      {R"({"cid_pubkey":true})", ChannelId::kOther},
      {R"({"cid_pubkey":""})", ChannelId::kUnused},
      {R"({"cid_pubkey":1})", ChannelId::kOther},
      {R"({"cid_pubkey":{}})", ChannelId::kKey},
      {R"({"cid_pubkey":{"kty":"EC","more":{"x":["y"]}}})", ChannelId::kKey},
      {R"({"cid_pubkey":["x"]})", ChannelId::kOther},
      {R"({"cid_pubkey":[{"kty":"EC","crv":"c","x":"x","y":"y"}]})",
       ChannelId::kOther},
      {R"({"a":{"cid_pubkey":"unused"}})", ChannelId::kAbsent}};
  for (const auto& [text, kind] : kinds) {
    ASSERT_OK_AND_ASSIGN(ClientData data, ParseClientData(text));
    EXPECT_EQ(data.channel_id, kind) << text;
  }
}

TEST(ClientDataTest, AMemberOfAnotherKindIsAbsent) {
  ASSERT_OK_AND_ASSIGN(ClientData data,
                       ParseClientData(R"({"type":1,"challenge":["x"],)"
                                       R"("origin":{"origin":"x"}})"));
  EXPECT_EQ(data.type, absl::nullopt);
  EXPECT_EQ(data.challenge, absl::nullopt);
  EXPECT_EQ(data.origin, absl::nullopt);
}

TEST(ClientDataTest, CrossOriginsOfAnotherKindAreRefused) {
  for (const char* text : {R"({"crossOrigin":"true"})", R"({"crossOrigin":1})",
                           R"({"crossOrigin":null})", R"({"topOrigin":1})",
                           R"({"topOrigin":{}})"}) {
    EXPECT_THAT(ParseClientData(text), HasReason(reason::kClientDataFormat));
  }
}

TEST(ClientDataTest, EscapesAreDecodedBeforeTheyAreCompared) {
  ASSERT_OK_AND_ASSIGN(ClientData data,
                       ParseClientData(R"({"\u0074ype":"\u0061"})"));
  EXPECT_EQ(data.type, "a");
}

TEST(ClientDataTest, AByteOrderMarkIsSkippedButHashed) {
  ASSERT_OK_AND_ASSIGN(ClientData data, ParseClientData("\xef\xbb\xbf{}"));
  EXPECT_EQ(data.hash, crypto::Sha256("\xef\xbb\xbf{}"));
}

TEST(ClientDataTest, SizeAndDepthLimitsAreIncluded) {
  const std::string full(kMaxClientDataSize - 2, ' ');
  EXPECT_OK(ParseClientData("{" + full + "}"));
  EXPECT_THAT(ParseClientData("{ " + full + "}"),
              HasReason(reason::kClientDataFormat));
  EXPECT_OK(ParseClientData(R"({"a":[[[[[[[]]]]]]]})"));
  EXPECT_THAT(ParseClientData(R"({"a":[[[[[[[[]]]]]]]]})"),
              HasReason(reason::kClientDataFormat));
}

TEST(ClientDataTest, WhatIsNotOneJsonObjectIsRefused) {
  for (const char* text : {"", "x", "[]", "{}x", R"({"a":1,"a":2})"}) {
    EXPECT_THAT(ParseClientData(text), HasReason(reason::kClientDataFormat));
  }
}

}  // namespace
}  // namespace u2fi::fido
