#include "tools/device-emulator/device.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/status_matchers.h"
#include "tools/device-emulator/device_test_fixture.h"

namespace u2fi::device {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST_F(DeviceTest, RefusesAMessageThatItCannotRead) {
  const auto answers = device_->Handle("\xff");
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].refused().reason(), "MESSAGE_FORMAT");
}

TEST_F(DeviceTest, RefusesACommandThatItCannotRead) {
  Bind();
  EXPECT_EQ(Outcome(agent_.Command("junk", "")), "REFUSED COMMAND_FORMAT");
}

TEST_F(DeviceTest, SaysWhoItIs) {
  v1::ToDevice ask;
  ask.mutable_hello_request();
  const auto answers = device_->Handle(ask.SerializeAsString());
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].hello().model(), "lock");
  EXPECT_EQ(answers[0].hello().factory_point(), device_->factory_point());
  EXPECT_EQ(answers[0].hello().pins().state(), v1::BINDING_STATE_BLANK);
}

TEST_F(DeviceTest, ProvesThatItHasItsFactoryKey) {
  v1::ToDevice ask;
  ask.mutable_prove()->set_tx("tx-1");
  ask.mutable_prove()->set_nonce(std::string(32, 'n'));
  ask.mutable_prove()->set_gateway_point(
      agent_.site.gw1.key.public_key().point());
  const v1::DeviceProof proof =
      device_->Handle(ask.SerializeAsString())[0].proof();
  const auto digest = crypto::Sha256(
      {"u2fi/device/v1", crypto::LengthPrefixed(std::string(32, 'n')),
       crypto::LengthPrefixed("tx-1"),
       crypto::LengthPrefixed(agent_.site.gw1.key.public_key().point())});
  EXPECT_OK(crypto::P256PublicKey::FromPoint(proof.factory_point())
                ->Verify(digest, proof.signature()));
}

TEST_F(DeviceTest, SignsItsResults) {
  Bind();
  const auto answers = device_->Handle(agent_.Touched("lock.unlock", 2));
  ASSERT_THAT(answers, SizeIs(1));
  const v1::DeviceResult& result = answers[0].result();
  const auto digest = crypto::Sha256(
      {"u2fi/result/v1", crypto::LengthPrefixed(result.command_id()),
       crypto::LengthPrefixed(result.outcome())});
  EXPECT_OK(crypto::P256PublicKey::FromPoint(device_->factory_point())
                ->Verify(digest, result.device_signature()));
}

TEST_F(DeviceTest, SaysInPlainWordsWhatItDoes) {
  Bind();
  device_->Handle(agent_.Touched("lock.unlock", 2));
  device_->Handle(agent_.Touched("camera.on", 3));
  EXPECT_THAT(
      console_.lines(),
      ElementsAre("lock-1: stage tx-1: done", "lock-1: commit tx-1: done",
                  R"(lock-1: lock.unlock: done {"bolt":"unlocked"})",
                  "lock-1: camera.on: refused: OPERATION_UNKNOWN (a lock "
                  "cannot camera.on)"));
}

}  // namespace
}  // namespace u2fi::device
