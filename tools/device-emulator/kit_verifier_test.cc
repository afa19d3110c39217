#include "tools/device-emulator/kit_verifier.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device {
namespace {

using testing::HasSubstr;

class KitVerifierTest : public testing::Test {
 protected:
  std::string ProofOf(const std::string& command) {
    proof::FakeRequest request;
    request.commands = {command};
    request.touches = {{&site_.alice, &site_.gw1}};
    return proof::Encode(site_.Prove(request));
  }
  // What the kit, and nobody else, refused.
  void ExpectKitRefuses(const std::string& command, const std::string& proof,
                        const std::string& reason) {
    const absl::Status status =
        VerifyWithKit(command, proof, site_.Inputs(&pins_)).status();
    EXPECT_EQ(ReasonOf(status), reason);
    EXPECT_THAT(std::string(status.message()), HasSubstr("kit"));
  }

  proof::FakeSite site_;
  const proof::PinSet pins_ = proof::PinSet::Encode(site_.FirstPins()).value();
  const std::string unlock_ = site_.CommandBytes("door.unlock");
};

TEST_F(KitVerifierTest, LetsPassWhatAPinnedKeyWasTouchedFor) {
  const auto verified =
      VerifyWithKit(unlock_, ProofOf(unlock_), site_.Inputs(&pins_));
  ASSERT_OK(verified);
  EXPECT_EQ(verified->command().operation(), "door.unlock");
  EXPECT_EQ(verified->touched_at_ms(), site_.now_ms);
}

TEST_F(KitVerifierTest, LetsPassAFreeOperationWithoutAProof) {
  EXPECT_OK(
      VerifyWithKit(site_.CommandBytes("lamp.on"), "", site_.Inputs(&pins_)));
}

TEST_F(KitVerifierTest, LetsPassAFirstPinSetOnABlankDevice) {
  const std::string genesis = site_.CommandBytes("u2fi.pins", pins_.bytes());
  proof::FakeRequest request;
  request.purpose = proof::v1::PURPOSE_PROVISION;
  request.commands = {genesis};
  request.touches = {{&site_.alice, &site_.gw1}};
  const auto verified = VerifyWithKit(
      genesis, proof::Encode(site_.Prove(request)), site_.Inputs(nullptr));
  ASSERT_OK(verified);
  EXPECT_TRUE(verified->next_pins().has_value());
}

TEST_F(KitVerifierTest, TheKitRefusesATouchForAnotherCommand) {
  ExpectKitRefuses(unlock_, ProofOf(site_.CommandBytes("camera.on")),
                   "COMMAND_MISMATCH");
}

TEST_F(KitVerifierTest, TheKitRefusesAKeyThatIsNotPinned) {
  site_.alice = proof::FakeToken("mallory", "alice");
  ExpectKitRefuses(unlock_, ProofOf(unlock_), "TOKEN_NOT_PINNED");
}

TEST_F(KitVerifierTest, TheKitRefusesToGoWithoutATouch) {
  ExpectKitRefuses(unlock_, "", "OPERATION_NOT_FREE");
}

TEST_F(KitVerifierTest, TheKitRefusesGarbage) {
  ExpectKitRefuses("garbage", ProofOf(unlock_), "COMMAND_FORMAT");
  ExpectKitRefuses(unlock_, "garbage", "PROOF_FORMAT");
}

}  // namespace
}  // namespace u2fi::device
