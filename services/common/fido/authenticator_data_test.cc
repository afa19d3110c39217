#include "services/common/fido/authenticator_data.h"

#include "absl/strings/str_cat.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

struct Parts {
  std::string Bytes() const {
    return absl::StrCat(std::string(32, 'h'),
                        std::string(1, static_cast<char>(flags)),
                        absl::string_view("\0\0\1\2", 4), rest);
  }
  uint8_t flags = flag::kUserPresent;
  std::string rest;
};

const std::string& kKey =
    *new std::string(cbor::Map({{cbor::Integer(1), cbor::Integer(2)}}));
const std::string& kCredential = *new std::string(absl::StrCat(
    std::string(16, 'a'), absl::string_view("\0\3", 2), "id!", kKey));

TEST(AuthenticatorDataTest, GivesTheFixedFields) {
  const std::string bytes = Parts().Bytes();
  ASSERT_OK_AND_ASSIGN(AuthenticatorData data, ParseAuthenticatorData(bytes));
  EXPECT_EQ(data.rp_id_hash, std::string(32, 'h'));
  EXPECT_EQ(data.counter, 0x102u);
  EXPECT_TRUE(data.Has(flag::kUserPresent));
  EXPECT_FALSE(data.Has(flag::kUserVerified));
  EXPECT_FALSE(data.credential.has_value());
  EXPECT_FALSE(data.extensions.has_value());
}

TEST(AuthenticatorDataTest, GivesTheCredentialAndTheExtensions) {
  const std::string bytes =
      Parts{flag::kAttestedData | flag::kExtensionData, kCredential + kKey}
          .Bytes();
  ASSERT_OK_AND_ASSIGN(AuthenticatorData data, ParseAuthenticatorData(bytes));
  EXPECT_EQ(data.credential->aaguid, std::string(16, 'a'));
  EXPECT_EQ(data.credential->id, "id!");
  EXPECT_EQ(data.credential->key_bytes, kKey);
  EXPECT_EQ(data.credential->key.Find(1)->AsInteger(), 2);
  EXPECT_EQ(data.extensions->Find(1)->AsInteger(), 2);
}

TEST(AuthenticatorDataTest, EveryTruncationIsRefused) {
  const std::string bytes =
      Parts{flag::kAttestedData | flag::kExtensionData, kCredential + kKey}
          .Bytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(ParseAuthenticatorData(bytes.substr(0, size)),
                HasReason(reason::kAuthdataMalformed));
  }
}

class BadAuthenticatorDataTest : public testing::TestWithParam<Parts> {};

TEST_P(BadAuthenticatorDataTest, IsRefused) {
  EXPECT_THAT(ParseAuthenticatorData(GetParam().Bytes()),
              HasReason(reason::kAuthdataMalformed));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadAuthenticatorDataTest,
    testing::Values(
        Parts{0, "x"},          // a byte without a flag
        Parts{0, kCredential},  // data without its flag
        Parts{flag::kAttestedData, kCredential + "x"},
        Parts{flag::kAttestedData, kCredential + kKey},  // ED is clear
        Parts{flag::kExtensionData, kKey + kKey},        // twice
        Parts{flag::kExtensionData, cbor::Array({})},    // not a map
        Parts{flag::kExtensionData, ""},
        // An empty credential id, a longer one than there are bytes, a key
        // that is not a map.
        Parts{flag::kAttestedData,
              std::string(16, 'a') + std::string(2, '\0') + kKey},
        Parts{flag::kAttestedData, std::string(16, 'a') + "\xff\xff" + kKey},
        Parts{flag::kAttestedData,
              absl::StrCat(std::string(16, 'a'), absl::string_view("\0\1", 2),
                           "i", cbor::Integer(1))}));

TEST(AuthenticatorDataTest, ALongOneIsRefused) {
  EXPECT_THAT(
      ParseAuthenticatorData(Parts{
          flag::kExtensionData,
          cbor::Map({{cbor::Integer(1), cbor::Bytes(std::string(20000, 'x'))}})}
                                 .Bytes()),
      HasReason(reason::kAuthdataMalformed));
}

}  // namespace
}  // namespace u2fi::fido
