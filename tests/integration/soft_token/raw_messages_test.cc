// The worked examples of the U2F raw message formats, replayed: our encoders
// give their bytes, and their signatures cover the bytes we say.
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/hid_device.h"
#include "services/common/u2fhid/loop_transport.h"
#include "services/common/u2fhid/u2f_client.h"

namespace u2fi::u2fhid {
namespace {

using nlohmann::json;

const json& Vectors() {
  static const json* const vectors = [] {
    std::ifstream file("tests/vectors/u2f/raw_messages.json");
    return new json(json::parse(file));
  }();
  return *vectors;
}

std::string FromHex(const std::string& hex) {
  const absl::StatusOr<std::string> bytes = crypto::FromHex(hex);
  EXPECT_OK(bytes);
  return *bytes;
}
std::string CheckBytes(const char* name) {
  return FromHex(Vectors()["encoding_checks"][name]);
}
std::string HashOf(const std::string& text) {
  return crypto::ToString(crypto::Sha256(text));
}
const json& CaseNamed(const std::string& name) {
  for (const json& entry : Vectors()["cases"]) {
    if (entry["name"] == name) return entry;
  }
  ADD_FAILURE() << "no case " << name;
  return Vectors()["cases"][0];
}
std::vector<std::string> NamesOf(const std::string& kind) {
  std::vector<std::string> names;
  for (const json& entry : Vectors()["cases"]) {
    if (entry["kind"] == kind) names.push_back(entry["name"]);
  }
  return names;
}

RegisterRequest RegisterRequestOf(const json& entry) {
  return {HashOf(entry["client_data"]), HashOf(entry["app_id"])};
}
// The parts of a raw registration whose certificate is known.
RegisterResponse RegisterResponseOf(const json& entry) {
  const std::string data = FromHex(entry["registration_data_hex"]);
  const std::string certificate = FromHex(entry["trusted_cert_der_hex"]);
  const size_t length = static_cast<uint8_t>(data[66]);
  return {data.substr(1, 65), data.substr(67, length), certificate,
          data.substr(67 + length + certificate.size())};
}
AuthenticateRequest AuthenticateRequestOf(const json& entry) {
  return {Control::kEnforceTouch, HashOf(entry["client_data"]),
          HashOf(entry["app_id"]), FromHex(entry["key_handle_hex"])};
}
AuthenticateResponse AuthenticateResponseOf(const json& entry) {
  const std::string data = FromHex(entry["signature_data_hex"]);
  return {static_cast<uint8_t>(data[0]),
          entry["expected_counter"].get<uint32_t>(), data.substr(5)};
}

TEST(EncodingTest, RegisterRequest) {
  ASSERT_OK_AND_ASSIGN(
      const CommandApdu command,
      ToCommand(RegisterRequestOf(CaseNamed("spec_register"))));
  EXPECT_EQ(command.data, CheckBytes("register_request_hex"));
}

TEST(EncodingTest, RegisterSignedBytes) {
  const json& entry = CaseNamed("spec_register");
  EXPECT_EQ(RegistrationSignedBytes(RegisterRequestOf(entry),
                                    RegisterResponseOf(entry)),
            CheckBytes("register_signed_bytes_hex"));
}

// The example puts the control byte in front of the data, where the APDU has
// it in P1.
TEST(EncodingTest, AuthenticateRequest) {
  ASSERT_OK_AND_ASSIGN(
      const CommandApdu command,
      ToCommand(AuthenticateRequestOf(CaseNamed("spec_authenticate"))));
  EXPECT_EQ(std::string(1, static_cast<char>(command.p1)) + command.data,
            CheckBytes("authenticate_request_hex"));
}

TEST(EncodingTest, AuthenticateSignedBytes) {
  const json& entry = CaseNamed("spec_authenticate");
  EXPECT_EQ(AuthenticationSignedBytes(AuthenticateRequestOf(entry),
                                      AuthenticateResponseOf(entry)),
            CheckBytes("authenticate_signed_bytes_hex"));
}

TEST(EncodingTest, TheApduOfTheExampleRegistration) {
  ASSERT_OK_AND_ASSIGN(
      const CommandApdu command,
      ToCommand(RegisterRequestOf(CaseNamed("spec_register"))));
  ASSERT_OK_AND_ASSIGN(const std::string apdu,
                       EncodeCommand(command, ApduEncoding::kExtended));
  EXPECT_EQ(crypto::Hex(apdu),
            "00010000000040" + crypto::Hex(CheckBytes("register_request_hex")) +
                "0000");
}

// The keys in the example belong to the messages, and our code signs with them.
TEST(EncodingTest, TheExampleKeysSignWhatTheExampleVerifies) {
  const json& entry = CaseNamed("spec_register");
  ASSERT_OK_AND_ASSIGN(const auto user,
                       crypto::P256PrivateKey::FromScalar(
                           CheckBytes("user_private_key_sign_hex")));
  EXPECT_EQ(crypto::Hex(user.public_key().point()),
            CaseNamed("spec_authenticate")["public_key_hex"]);
  ASSERT_OK_AND_ASSIGN(const auto attestation,
                       crypto::P256PrivateKey::FromScalar(
                           CheckBytes("attestation_private_key_hex")));
  ASSERT_OK_AND_ASSIGN(
      const auto certificate,
      crypto::Certificate::FromDer(FromHex(entry["trusted_cert_der_hex"])));
  EXPECT_EQ(certificate.spki(), attestation.public_key().Spki());
}

class RegistrationTest : public testing::TestWithParam<std::string> {};

TEST_P(RegistrationTest, IsEncodedAsInTheExample) {
  const json& entry = CaseNamed(GetParam());
  EXPECT_EQ(crypto::Hex(EncodeRegisterResponse(RegisterResponseOf(entry))),
            entry["registration_data_hex"]);
}

TEST_P(RegistrationTest, IsSignedByItsCertificate) {
  const json& entry = CaseNamed(GetParam());
  const RegisterResponse response = RegisterResponseOf(entry);
  ASSERT_OK_AND_ASSIGN(const auto certificate,
                       crypto::Certificate::FromDer(response.certificate));
  ASSERT_OK_AND_ASSIGN(const auto key, certificate.P256Key());
  EXPECT_OK(key.Verify(crypto::Sha256(RegistrationSignedBytes(
                           RegisterRequestOf(entry), response)),
                       response.signature));
}

INSTANTIATE_TEST_SUITE_P(Examples, RegistrationTest,
                         testing::ValuesIn(NamesOf("u2f_register")));

class AuthenticationTest : public testing::TestWithParam<std::string> {};

TEST_P(AuthenticationTest, IsEncodedAsInTheExample) {
  const json& entry = CaseNamed(GetParam());
  EXPECT_EQ(
      crypto::Hex(EncodeAuthenticateResponse(AuthenticateResponseOf(entry))),
      entry["signature_data_hex"]);
}

TEST_P(AuthenticationTest, IsSignedByItsKey) {
  const json& entry = CaseNamed(GetParam());
  const AuthenticateResponse response = AuthenticateResponseOf(entry);
  ASSERT_OK_AND_ASSIGN(const auto key, crypto::P256PublicKey::FromPoint(
                                           FromHex(entry["public_key_hex"])));
  EXPECT_OK(key.Verify(crypto::Sha256(AuthenticationSignedBytes(
                           AuthenticateRequestOf(entry), response)),
                       response.signature));
}

INSTANTIATE_TEST_SUITE_P(Examples, AuthenticationTest,
                         testing::ValuesIn(NamesOf("u2f_authenticate")));

// Expects one APDU and gives one answer.
class RecordedToken : public HidHandler {
 public:
  RecordedToken(std::string request, std::string response)
      : request_(std::move(request)), response_(std::move(response)) {}
  absl::optional<std::string> OnMsg(absl::string_view apdu) override {
    return apdu == request_ ? EncodeResponse({response_, StatusWord::kOk})
                            : EncodeStatus(StatusWord::kWrongData);
  }
  void OnAbort() override {}
  void OnWink() override {}

 private:
  const std::string request_;
  const std::string response_;
};

// The whole way: client, APDU, frames, token and back.
TEST(ReplayTest, TheExampleRegistrationTravelsUnchanged) {
  const json& entry = CaseNamed("spec_register");
  const std::string data = FromHex(entry["registration_data_hex"]);
  RecordedToken token(FromHex("00010000000040") +
                          CheckBytes("register_request_hex") +
                          std::string(2, '\0'),
                      data);
  FakeClock clock;
  FakeRandomSource random;
  CancelFlag cancel;
  HidDevice device(clock, token, {2, 1, 0, 0, 0});
  LoopTransport wire(clock, device);
  HidHost host(wire, clock, random, {});
  const WaitLimit limit{clock.Uptime() + absl::Seconds(10), cancel};
  ASSERT_OK(host.Open(limit));
  U2fClient client(host, clock, {});
  const RegisterRequest request = RegisterRequestOf(entry);
  EXPECT_THAT(client.Register(request.challenge, request.application, limit),
              IsOkAndHolds(data));
}

}  // namespace
}  // namespace u2fi::u2fhid
