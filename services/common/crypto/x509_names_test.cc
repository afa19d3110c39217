#include "services/common/crypto/x509_names.h"

#include "services/common/crypto/der.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

TEST(NameTest, RoundTrips) {
  const std::string der =
      EncodeName({{"2.5.4.6", "SE"}, {"2.5.4.3", "Token \xc3\xa4"}});
  ASSERT_OK_AND_ASSIGN(std::vector<NameAttribute> name, DecodeName(der));
  ASSERT_EQ(name.size(), 2u);
  EXPECT_EQ(name[0].oid, "2.5.4.6");
  EXPECT_EQ(name[1].value, "Token \xc3\xa4");
}

TEST(NameTest, AnEmptyNameHasNoAttributes) {
  ASSERT_OK_AND_ASSIGN(std::vector<NameAttribute> name,
                       DecodeName(EncodeName({})));
  EXPECT_TRUE(name.empty());
}

TEST(NameTest, SeveralAttributesInOneSetAreRead) {
  const std::string pair =
      der::Sequence({der::Oid("2.5.4.3"), der::Write(der::kUtf8String, "x")});
  ASSERT_OK_AND_ASSIGN(std::vector<NameAttribute> name,
                       DecodeName(der::Sequence({der::Set({pair, pair})})));
  EXPECT_EQ(name.size(), 2u);
}

TEST(NameTest, MalformedNamesAreRefused) {
  const std::string oid = der::Oid("2.5.4.3");
  const std::string value = der::Write(der::kUtf8String, "x");
  for (const std::string& pair :
       {der::Sequence({oid}), der::Sequence({value, oid}),
        der::Sequence({oid, value, value}), oid}) {
    EXPECT_FALSE(DecodeName(der::Sequence({der::Set({pair})})).ok());
  }
}

TEST(NameTest, MoreThan32AttributesAreRefused) {
  EXPECT_OK(DecodeName(EncodeName({32, {"2.5.4.3", "x"}})));
  EXPECT_FALSE(DecodeName(EncodeName({33, {"2.5.4.3", "x"}})).ok());
}

std::string NameOf(absl::string_view oid, der::Tag kind,
                   absl::string_view value) {
  return der::Sequence(
      {der::Set({der::Sequence({der::Oid(oid), der::Write(kind, value)})})});
}

TEST(NameTest, KindsOfStringsCaseAndSpaceDoNotTellNamesApart) {
  const std::string name = NameOf("2.5.4.3", der::kUtf8String, "U2F Root");
  for (const std::string& same :
       {name, NameOf("2.5.4.3", der::kPrintableString, "U2F Root"),
        NameOf("2.5.4.3", der::kUtf8String, " u2f  ROOT ")}) {
    EXPECT_TRUE(IsSameName(name, same));
  }
  for (const std::string& other :
       {NameOf("2.5.4.10", der::kUtf8String, "U2F Root"),
        NameOf("2.5.4.3", der::kUtf8String, "U2FRoot"),
        EncodeName({{"2.5.4.3", "U2F Root"}, {"2.5.4.3", "U2F Root"}}),
        EncodeName({}), std::string("x")}) {
    EXPECT_FALSE(IsSameName(name, other));
    EXPECT_FALSE(IsSameName(other, name));
  }
}

TEST(AltNamesTest, RoundTrip) {
  ASSERT_OK_AND_ASSIGN(
      AltNames names,
      DecodeAltNames(EncodeAltNames({{"spiffe://u2fi/a"}, {"localhost"}})));
  EXPECT_THAT(names.uris, testing::ElementsAre("spiffe://u2fi/a"));
  EXPECT_THAT(names.dns_names, testing::ElementsAre("localhost"));
}

TEST(AltNamesTest, OtherKindsAreSkipped) {
  const std::string ip = der::Write(der::ContextPrimitive(7), "\1\2\3\4");
  ASSERT_OK_AND_ASSIGN(AltNames names, DecodeAltNames(der::Sequence({ip})));
  EXPECT_TRUE(names.uris.empty());
}

TEST(AltNamesTest, MoreThan64AreRefused) {
  EXPECT_OK(DecodeAltNames(EncodeAltNames({{64, "x:"}, {}})));
  EXPECT_FALSE(DecodeAltNames(EncodeAltNames({{65, "x:"}, {}})).ok());
}

}  // namespace
}  // namespace u2fi::crypto
