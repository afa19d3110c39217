#include "services/gateway-agent/hid_token.h"

#include <memory>
#include <string>

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/hid_device.h"
#include "services/common/u2fhid/loop_transport.h"

namespace u2fi::gateway_agent {
namespace {

// A token behind real frames whose APDUs are answered by the test.
class AnsweringToken : public u2fhid::HidHandler {
 public:
  absl::optional<std::string> OnMsg(absl::string_view apdu) override {
    last_ = std::string(apdu);
    return answer_;
  }
  absl::optional<std::string> OnCbor(absl::string_view request) override {
    last_ = std::string(request);
    return cbor_;
  }
  void OnAbort() override {}
  void OnWink() override {}

  std::string answer_;
  std::string cbor_;
  std::string last_;
};

class HidTokenTest : public testing::Test {
 protected:
  std::unique_ptr<HidToken> OpenWith(uint8_t capabilities) {
    capable_.emplace(clock_, handler_,
                     u2fhid::TokenInfo{2, 1, 0, 0, capabilities});
    auto token = HidToken::Open(
        "port-1", std::make_unique<u2fhid::LoopTransport>(clock_, *capable_),
        clock_, random_);
    EXPECT_OK(token);
    return *std::move(token);
  }
  std::unique_ptr<HidToken> Open() {
    auto transport = std::make_unique<u2fhid::LoopTransport>(clock_, device_);
    transport_ = transport.get();
    auto token =
        HidToken::Open("port-1", std::move(transport), clock_, random_);
    EXPECT_OK(token);
    return *std::move(token);
  }
  u2fhid::WaitLimit Limit() {
    return {clock_.Uptime() + absl::Seconds(5), cancel_};
  }
  absl::StatusOr<bool> Owns(HidToken& token, const std::string& handle) {
    return token.Owns(application_, handle, Limit());
  }

  const std::string application_ = std::string(32, 'a');
  const std::string challenge_ = std::string(32, 'c');
  FakeClock clock_;
  FakeRandomSource random_;
  AnsweringToken handler_;
  u2fhid::HidDevice device_{clock_, handler_, {}};
  absl::optional<u2fhid::HidDevice> capable_;
  u2fhid::LoopTransport* transport_ = nullptr;
  u2fhid::CancelFlag cancel_;
};

// Never answers: the wire leads nowhere.
class NobodyThere : public u2fhid::HidEndpoint {
 public:
  void OnReport(const u2fhid::Report&) override {}
  void OnTick() override {}
  absl::optional<absl::Duration> NextTick() const override {
    return absl::nullopt;
  }
  std::vector<u2fhid::Report> TakeReports() override { return {}; }
};

TEST_F(HidTokenTest, ItKnowsItsPort) { EXPECT_EQ(Open()->port(), "port-1"); }

TEST_F(HidTokenTest, ATokenThatIsSilentIsNotOpenedAndCostsABoundedTime) {
  NobodyThere nobody;
  const absl::Duration begun = clock_.Uptime();
  EXPECT_THAT(
      HidToken::Open("port-1",
                     std::make_unique<u2fhid::LoopTransport>(clock_, nobody),
                     clock_, random_)
          .status(),
      HasReason(reason::kTokenTimeout));
  EXPECT_LE(clock_.Uptime() - begun, HidToken::kOpenWithin);
}

TEST_F(HidTokenTest, ItSpeaksWhatItsCapabilitiesSay) {
  const auto u2f = Open();
  EXPECT_TRUE(u2f->speaks_u2f());
  EXPECT_EQ(u2f->ctap2(), nullptr);
  const auto both = OpenWith(u2fhid::kCapabilityCbor);
  EXPECT_TRUE(both->speaks_u2f());
  EXPECT_NE(both->ctap2(), nullptr);
  const auto fido2 =
      OpenWith(u2fhid::kCapabilityCbor | u2fhid::kCapabilityNoMsg);
  EXPECT_FALSE(fido2->speaks_u2f());
  EXPECT_NE(fido2->ctap2(), nullptr);
}

TEST_F(HidTokenTest, OverCtap2ItIsAskedOnItsChannel) {
  const auto token = OpenWith(u2fhid::kCapabilityCbor);
  // CTAP2_ERR_NO_CREDENTIALS, also to authenticatorGetInfo: no such key.
  handler_.cbor_ = "\x2e";
  EXPECT_THAT(token->ctap2()->Has("rp", "id", Limit()),
              HasReason(reason::kTokenFrame));
  EXPECT_EQ(handler_.last_, "\x04");
}

TEST_F(HidTokenTest, TouchNeededMeansTheHandleIsItsOwn) {
  const auto token = Open();
  handler_.answer_ = std::string("\x69\x85", 2);
  ASSERT_OK_AND_ASSIGN(const bool owns, Owns(*token, "handle"));
  EXPECT_TRUE(owns);
}

TEST_F(HidTokenTest, WrongDataMeansItIsAnothersHandle) {
  const auto token = Open();
  handler_.answer_ = std::string("\x6a\x80", 2);
  ASSERT_OK_AND_ASSIGN(const bool owns, Owns(*token, "handle"));
  EXPECT_FALSE(owns);
}

TEST_F(HidTokenTest, AnotherStatusWordIsNoAnswer) {
  const auto token = Open();
  handler_.answer_ = std::string("\x6f\x00", 2);
  EXPECT_THAT(Owns(*token, "handle"), HasReason(reason::kDeviceStatus));
}

TEST_F(HidTokenTest, AHandleLongerThanAnyOfU2fIsNotAsked) {
  const auto token = Open();
  ASSERT_OK_AND_ASSIGN(const bool owns, Owns(*token, std::string(256, 'h')));
  EXPECT_FALSE(owns);
  EXPECT_EQ(handler_.last_, "");
}

TEST_F(HidTokenTest, AQuestionForTheOwnerAsksForNoTouch) {
  const auto token = Open();
  handler_.answer_ = std::string("\x69\x85", 2);
  ASSERT_OK(Owns(*token, "handle"));
  // P1 of U2F_AUTHENTICATE: check only (raw message formats, 5.1).
  EXPECT_EQ(handler_.last_.substr(0, 3), std::string("\x00\x02\x07", 3));
}

TEST_F(HidTokenTest, ASignatureComesBackWithoutItsStatusWord) {
  const auto token = Open();
  handler_.answer_ = std::string("\x01\0\0\0\x05signature\x90\x00", 16);
  ASSERT_OK_AND_ASSIGN(
      const std::string response,
      token->Sign(challenge_, application_, "handle", Limit()));
  EXPECT_EQ(response, std::string("\x01\0\0\0\x05signature", 14));
  // P1: enforce user presence.
  EXPECT_EQ(handler_.last_.substr(0, 3), std::string("\x00\x02\x03", 3));
}

TEST_F(HidTokenTest, ARegistrationComesBackWithoutItsStatusWord) {
  const auto token = Open();
  handler_.answer_ = std::string("\x05registration\x90\x00", 15);
  ASSERT_OK_AND_ASSIGN(const std::string response,
                       token->Register(challenge_, application_, Limit()));
  EXPECT_EQ(response, "\x05registration");
}

TEST_F(HidTokenTest, APulledTokenSaysSo) {
  const auto token = Open();
  transport_->Remove();
  EXPECT_THAT(token->Sign(challenge_, application_, "handle", Limit()),
              HasReason(reason::kTokenRemoved));
}

TEST_F(HidTokenTest, ACancelledRequestEnds) {
  const auto token = Open();
  handler_.answer_ = std::string("\x69\x85", 2);
  cancel_.Cancel();
  EXPECT_THAT(token->Sign(challenge_, application_, "handle", Limit()),
              HasReason(reason::kTokenCancelled));
}

}  // namespace
}  // namespace u2fi::gateway_agent
