#include "services/common/u2fhid/u2f_message.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::u2fhid {
namespace {

const std::string kChallenge(32, 'c');
const std::string kApplication(32, 'a');

AuthenticateRequest Authenticate(std::string key_handle) {
  return {Control::kEnforceTouch, kChallenge, kApplication,
          std::move(key_handle)};
}

TEST(RegisterRequestTest, ChallengeComesFirst) {
  ASSERT_OK_AND_ASSIGN(const CommandApdu command,
                       ToCommand(RegisterRequest{kChallenge, kApplication}));
  EXPECT_EQ(command.ins, 1);
  EXPECT_EQ(command.data, kChallenge + kApplication);
}

TEST(RegisterRequestTest, IsParsedBack) {
  ASSERT_OK_AND_ASSIGN(const CommandApdu command,
                       ToCommand(RegisterRequest{kChallenge, kApplication}));
  ASSERT_OK_AND_ASSIGN(const RegisterRequest request,
                       ToRegisterRequest(command));
  EXPECT_EQ(request.challenge, kChallenge);
  EXPECT_EQ(request.application, kApplication);
}

TEST(RegisterRequestTest, AChallengeOfAnotherSizeIsRefused) {
  const auto command =
      ToCommand(RegisterRequest{std::string(31, 'c'), kApplication});
  EXPECT_THAT(command, HasReason(reason::kInvalidField));
  EXPECT_EQ(FieldsOf(command.status()).count("challenge"), 1u);
}

TEST(RegisterRequestTest, AnApplicationOfAnotherSizeIsRefused) {
  const auto command =
      ToCommand(RegisterRequest{kChallenge, std::string(33, 'a')});
  EXPECT_THAT(command, HasReason(reason::kInvalidField));
  EXPECT_EQ(FieldsOf(command.status()).count("application"), 1u);
}

TEST(RegisterRequestTest, DataOfAnotherSizeAreRefused) {
  EXPECT_THAT(ToRegisterRequest({0, 1, 0, 0, std::string(63, 'd'), 0}),
              HasReason(reason::kTokenFrame));
}

TEST(AuthenticateRequestTest, ControlIsP1) {
  for (const Control control : {Control::kEnforceTouch, Control::kCheckOnly,
                                Control::kDontEnforceTouch}) {
    AuthenticateRequest request = Authenticate("handle");
    request.control = control;
    ASSERT_OK_AND_ASSIGN(const CommandApdu command, ToCommand(request));
    EXPECT_EQ(command.p1, static_cast<uint8_t>(control));
    ASSERT_OK_AND_ASSIGN(const AuthenticateRequest again,
                         ToAuthenticateRequest(command));
    EXPECT_EQ(again.control, control);
  }
}

TEST(AuthenticateRequestTest, TheKeyHandleHasItsLengthInFront) {
  ASSERT_OK_AND_ASSIGN(const CommandApdu command,
                       ToCommand(Authenticate("handle")));
  EXPECT_EQ(command.data, kChallenge + kApplication + "\x06handle");
}

TEST(AuthenticateRequestTest, TheLongestKeyHandleIsParsedBack) {
  const std::string handle(255, 'h');
  ASSERT_OK_AND_ASSIGN(const CommandApdu command,
                       ToCommand(Authenticate(handle)));
  ASSERT_OK_AND_ASSIGN(const AuthenticateRequest request,
                       ToAuthenticateRequest(command));
  EXPECT_EQ(request.key_handle, handle);
}

TEST(AuthenticateRequestTest, AnEmptyKeyHandleIsRefused) {
  EXPECT_THAT(ToCommand(Authenticate("")), HasReason(reason::kInvalidField));
}

TEST(AuthenticateRequestTest, AKeyHandleOf256BytesIsRefused) {
  EXPECT_THAT(ToCommand(Authenticate(std::string(256, 'h'))),
              HasReason(reason::kInvalidField));
}

class BadAuthenticateTest : public testing::Test {
 protected:
  BadAuthenticateTest() : command_(*ToCommand(Authenticate("handle"))) {}
  CommandApdu command_;
};

TEST_F(BadAuthenticateTest, AnUnknownControlByteIsRefused) {
  command_.p1 = 0x04;
  EXPECT_THAT(ToAuthenticateRequest(command_), HasReason(reason::kTokenFrame));
}

TEST_F(BadAuthenticateTest, AKeyHandleThatStopsShortIsRefused) {
  command_.data.pop_back();
  EXPECT_THAT(ToAuthenticateRequest(command_), HasReason(reason::kTokenFrame));
}

TEST_F(BadAuthenticateTest, AByteBehindTheKeyHandleIsRefused) {
  command_.data.push_back('x');
  EXPECT_THAT(ToAuthenticateRequest(command_), HasReason(reason::kTokenFrame));
}

TEST_F(BadAuthenticateTest, DataWithoutAKeyHandleAreRefused) {
  command_.data.resize(64);
  EXPECT_THAT(ToAuthenticateRequest(command_), HasReason(reason::kTokenFrame));
}

TEST_F(BadAuthenticateTest, AKeyHandleOfLengthZeroIsRefused) {
  command_.data.resize(65);
  command_.data[64] = 0;
  EXPECT_THAT(ToAuthenticateRequest(command_), HasReason(reason::kTokenFrame));
}

TEST(ResponseTest, RegistrationHasItsPartsInOrder) {
  const std::string key(65, 'k');
  EXPECT_EQ(EncodeRegisterResponse({key, "handle", "cert", "sig"}),
            "\x05" + key + "\x06handlecertsig");
}

TEST(ResponseTest, AuthenticationHasABigEndianCounter) {
  EXPECT_EQ(EncodeAuthenticateResponse({1, 0x01020304, "sig"}),
            "\x01\x01\x02\x03\x04sig");
}

TEST(VersionTest, HasInstruction3AndNoData) {
  EXPECT_EQ(VersionCommand().ins, 3);
  EXPECT_EQ(VersionCommand().data, "");
}

}  // namespace
}  // namespace u2fi::u2fhid
