#include "services/common/fido/u2f_messages.h"

#include "services/common/crypto/encoding.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

std::string Signature() { return *crypto::FromHex("3006020101020101"); }

std::string Registration() {
  return "\x05\x04" + std::string(64, 'k') + "\x03" + "kh!" +
         *crypto::FromHex("3003020105") + Signature();
}

TEST(U2fRegistrationParserTest, SplitsTheFields) {
  const std::string response = Registration();
  ASSERT_OK_AND_ASSIGN(U2fRegistration message, ParseU2fRegistration(response));
  EXPECT_EQ(message.public_key, "\x04" + std::string(64, 'k'));
  EXPECT_EQ(message.key_handle, "kh!");
  EXPECT_EQ(message.certificate, *crypto::FromHex("3003020105"));
  EXPECT_EQ(message.signature, Signature());
}

TEST(U2fRegistrationParserTest, EveryTruncationIsRefused) {
  const std::string response = Registration();
  for (size_t size = 0; size < response.size(); ++size) {
    EXPECT_FALSE(ParseU2fRegistration(response.substr(0, size)).ok()) << size;
  }
}

TEST(U2fRegistrationParserTest, NamesTheFieldAtFault) {
  std::string response = Registration();
  response[0] = 4;
  EXPECT_EQ(StepOf(ParseU2fRegistration(response).status()), "reserved_byte");
  response[0] = 5;
  response[66] = '\0';
  EXPECT_EQ(StepOf(ParseU2fRegistration(response).status()), "key_handle");
}

TEST(U2fRegistrationParserTest, AKeyHandleOf255BytesIsTaken) {
  const std::string handle(255, 'h');
  const std::string response = "\x05\x04" + std::string(64, 'k') + "\xff" +
                               handle + *crypto::FromHex("3003020105") +
                               Signature();
  ASSERT_OK_AND_ASSIGN(U2fRegistration message, ParseU2fRegistration(response));
  EXPECT_EQ(message.key_handle, handle);
}

TEST(U2fRegistrationParserTest, AResponseOverTheLimitIsRefused) {
  EXPECT_THAT(
      ParseU2fRegistration("\x05" + std::string(kMaxU2fRegistrationSize, 'x')),
      HasReason(reason::kFormat));
}

TEST(U2fStatusWordTest, IsStrippedIfItIsGood) {
  EXPECT_THAT(StripStatusWord(absl::string_view("ab\x90\x00", 4)),
              IsOkAndHolds("ab"));
}

TEST(U2fStatusWordTest, OthersAreNamed) {
  for (const char* hex : {"6985", "6a80", "6d00", "9001", "90"}) {
    EXPECT_THAT(StripStatusWord(*crypto::FromHex(hex)),
                HasReason(reason::kDeviceStatus));
  }
  EXPECT_EQ(MetadataOf(StripStatusWord("\x69\x85").status())["status_word"],
            "6985");
}

TEST(U2fAuthenticationParserTest, SplitsTheFields) {
  const std::string response = *crypto::FromHex("0100000102") + Signature();
  ASSERT_OK_AND_ASSIGN(U2fAuthentication message,
                       ParseU2fAuthentication(response));
  EXPECT_EQ(message.presence, 1);
  EXPECT_EQ(message.counter, 0x102u);
  EXPECT_EQ(message.signature, Signature());
}

TEST(U2fAuthenticationParserTest, EveryTruncationAndExtensionIsRefused) {
  const std::string response = *crypto::FromHex("0100000102") + Signature();
  for (size_t size = 0; size < response.size(); ++size) {
    EXPECT_THAT(ParseU2fAuthentication(response.substr(0, size)),
                HasReason(reason::kFormat));
  }
  EXPECT_THAT(ParseU2fAuthentication(response + "x"),
              HasReason(reason::kFormat));
}

TEST(U2fAuthenticationParserTest, GivesTheSameAsAuthenticatorData) {
  const U2fAuthentication message{1, 0x01020304, {}};
  const crypto::Digest application = crypto::Sha256("app");
  EXPECT_EQ(message.AuthenticatorData(application),
            crypto::ToString(application) + "\x01\x01\x02\x03\x04");
}

TEST(EcdsaSignatureTest, GoodOnesAreTaken) {
  EXPECT_TRUE(IsEcdsaSignature(*crypto::FromHex("3006020101020101")));
  EXPECT_TRUE(IsEcdsaSignature(*crypto::FromHex("300702010102020080")));
}

class BadSignatureTest : public testing::TestWithParam<const char*> {};

TEST_P(BadSignatureTest, IsRefused) {
  EXPECT_FALSE(IsEcdsaSignature(*crypto::FromHex(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSignatureTest,
    testing::Values("", "3000",              // too short
                    "300602010102010100",    // trailing byte
                    "30070201010201010a",    // bytes after s
                    "3106020101020101",      // not a SEQUENCE
                    "3006020101040101",      // s is not an INTEGER
                    "3006020181020101",      // r negative
                    "300702020001020101",    // r padded
                    "30050201010200",        // s empty, too short
                    "3007020201ff0200",      // s empty
                    "308106020101020101"));  // length not minimal

TEST(EcdsaSignatureTest, AnIntegerOf34BytesIsRefused) {
  EXPECT_FALSE(IsEcdsaSignature(*crypto::FromHex("30270222") +
                                std::string(34, '\x01') +
                                *crypto::FromHex("020101")));
}

}  // namespace
}  // namespace u2fi::fido
