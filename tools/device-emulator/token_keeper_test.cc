#include "tools/device-emulator/token_keeper.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/status_matchers.h"
#include "tools/device-emulator/device_test_fixture.h"

namespace u2fi::device {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using TokenKeeperTest = DeviceTest;

TEST_F(TokenKeeperTest, TakesItsFirstTokenWithTheCommit) {
  device_->Handle(agent_.Stage());
  const std::string jwt = agent_.Jwt(1'700'000'000, 3600);
  device_->Handle(agent_.Commit("tx-1", jwt));
  EXPECT_EQ(storage_.Load().binding.access_token, jwt);
}

TEST_F(TokenKeeperTest, RefusesAnotherDevicesToken) {
  Bind();
  const auto answers =
      device_->Handle(agent_.Token(agent_.Jwt(1'700'000'000, 3600, "lock-2")));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].refused().reason(), "DEVICE_MISMATCH");
}

TEST_F(TokenKeeperTest, ABlankDeviceTakesNoToken) {
  const auto answers =
      device_->Handle(agent_.Token(agent_.Jwt(1'700'000'000, 3600)));
  EXPECT_EQ(answers[0].refused().reason(), "DEVICE_STATE");
}

TEST_F(TokenKeeperTest, RenewsItsTokenAfterTwoThirdsOfItsLife) {
  Bind();
  device_->Handle(agent_.Token(agent_.Jwt(1'700'000'000, 3600)));
  clock_.Advance(absl::Seconds(2399));
  EXPECT_THAT(device_->Tick(), IsEmpty());
  clock_.Advance(absl::Seconds(1));
  const auto answers = device_->Tick();
  ASSERT_THAT(answers, SizeIs(1));
  const v1::TokenRenewal& renewal = answers[0].token_renewal();
  EXPECT_EQ(renewal.jti(), "j-1700000000");
  EXPECT_OK(
      crypto::P256PublicKey::FromPoint(device_->factory_point())
          ->Verify(crypto::Sha256({"u2fi/renewal/v1",
                                   crypto::LengthPrefixed("lock-1"),
                                   crypto::LengthPrefixed("j-1700000000")}),
                   renewal.signature()));
}

TEST_F(TokenKeeperTest, AsksForARenewalAgainOnlyAfterAWhile) {
  Bind();
  device_->Handle(agent_.Token(agent_.Jwt(1'700'000'000, 3600)));
  clock_.Advance(absl::Seconds(2400));
  device_->Tick();
  clock_.Advance(absl::Seconds(59));
  EXPECT_THAT(device_->Tick(), IsEmpty());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(device_->Tick(), SizeIs(1));
}

TEST_F(TokenKeeperTest, RenewsNothingWithoutAToken) {
  Bind();
  EXPECT_THAT(device_->RenewToken(), IsEmpty());
}

}  // namespace
}  // namespace u2fi::device
