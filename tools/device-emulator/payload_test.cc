#include "tools/device-emulator/payload.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device {
namespace {

// The field that is refused, or "" if the message is good.
std::string Fault(const v1::ToDevice& message) {
  const absl::Status status =
      ParseToDevice(message.SerializeAsString()).status();
  if (status.ok()) return "";
  EXPECT_THAT(status, HasReason(reason::kMessageFormat));
  return MetadataOf(status)["field"];
}

v1::ToDevice ACommand() {
  v1::ToDevice message;
  message.mutable_command()->set_command("c");
  return message;
}

v1::ToDevice AStage() {
  v1::ToDevice message;
  message.mutable_stage()->set_tx("tx-1");
  message.mutable_stage()->set_command("c");
  message.mutable_stage()->set_fail_safe_ms(1);
  return message;
}

v1::ToDevice ACommit() {
  v1::ToDevice message;
  message.mutable_commit()->set_tx("tx-1");
  message.mutable_commit()->set_proof("p");
  return message;
}

v1::ToDevice AProveRequest() {
  v1::ToDevice message;
  message.mutable_prove()->set_tx("tx-1");
  message.mutable_prove()->set_nonce(std::string(32, 'n'));
  message.mutable_prove()->set_gateway_point(std::string(65, 'g'));
  return message;
}

v1::ToDevice AnUpdate() {
  v1::ToDevice message;
  message.mutable_pins_update()->set_command("c");
  message.mutable_pins_update()->set_proof("p");
  return message;
}

v1::ToDevice ARelease() {
  v1::ToDevice message;
  message.mutable_release()->set_command("c");
  message.mutable_release()->set_proof("p");
  return message;
}

TEST(ParseToDeviceTest, TakesEveryGoodMessage) {
  v1::ToDevice status, rollback, token, hello;
  status.mutable_status()->set_sequence(1);
  rollback.mutable_rollback()->set_tx("tx-1");
  token.mutable_access_token()->set_jwt("a.b.c");
  hello.mutable_hello_request();
  for (const v1::ToDevice& message :
       {ACommand(), AStage(), ACommit(), AProveRequest(), AnUpdate(),
        ARelease(), status, rollback, token, hello}) {
    EXPECT_EQ(Fault(message), "");
  }
}

TEST(ParseToDeviceTest, RefusesWhatIsNoMessage) {
  EXPECT_THAT(ParseToDevice("\xff\xff"), HasReason(reason::kMessageFormat));
}

TEST(ParseToDeviceTest, RefusesAMissingBody) {
  EXPECT_EQ(Fault(v1::ToDevice()), "body");
}

TEST(ParseToDeviceTest, RefusesAnUnknownBody) {
  // Field 100 with an empty message.
  EXPECT_THAT(ParseToDevice(std::string("\xa2\x06\x00", 3)),
              HasReason(reason::kMessageFormat));
}

TEST(ParseToDeviceTest, RefusesATooLongMessage) {
  EXPECT_THAT(ParseToDevice(std::string(kMaxToDevice + 1, '\0')),
              HasReason(reason::kMessageFormat));
}

TEST(ParseToDeviceTest, RefusesAnEmptyCommand) {
  v1::ToDevice message = ACommand();
  message.mutable_command()->clear_command();
  EXPECT_EQ(Fault(message), "command");
}

TEST(ParseToDeviceTest, BoundsACommand) {
  v1::ToDevice message = ACommand();
  message.mutable_command()->set_command(std::string(4096, 'c'));
  EXPECT_EQ(Fault(message), "");
  message.mutable_command()->set_command(std::string(4097, 'c'));
  EXPECT_EQ(Fault(message), "command");
}

TEST(ParseToDeviceTest, BoundsAProof) {
  v1::ToDevice message = ACommand();
  message.mutable_command()->set_proof(std::string(16384, 'p'));
  EXPECT_EQ(Fault(message), "");
  message.mutable_command()->set_proof(std::string(16385, 'p'));
  EXPECT_EQ(Fault(message), "proof");
}

TEST(ParseToDeviceTest, RefusesAStatusRequestForNoSequence) {
  v1::ToDevice message;
  message.mutable_status();
  EXPECT_EQ(Fault(message), "sequence");
}

TEST(ParseToDeviceTest, RefusesANonceOfAnotherLength) {
  v1::ToDevice message = AProveRequest();
  message.mutable_prove()->set_nonce(std::string(31, 'n'));
  EXPECT_EQ(Fault(message), "nonce");
}

TEST(ParseToDeviceTest, RefusesAPointOfAnotherLength) {
  v1::ToDevice message = AProveRequest();
  message.mutable_prove()->set_gateway_point(std::string(33, 'g'));
  EXPECT_EQ(Fault(message), "gateway_point");
}

TEST(ParseToDeviceTest, RefusesATransactionThatIsNoId) {
  v1::ToDevice message = AStage();
  message.mutable_stage()->set_tx("tx 1");
  EXPECT_EQ(Fault(message), "tx");
  message.mutable_stage()->set_tx("");
  EXPECT_EQ(Fault(message), "tx");
  message.mutable_stage()->set_tx(std::string(65, 't'));
  EXPECT_EQ(Fault(message), "tx");
}

TEST(ParseToDeviceTest, BoundsTheEvidence) {
  v1::ToDevice message = AStage();
  message.mutable_stage()->set_evidence(std::string(262144, 'e'));
  EXPECT_EQ(Fault(message), "");
  message.mutable_stage()->set_evidence(std::string(262145, 'e'));
  EXPECT_EQ(Fault(message), "evidence");
}

TEST(ParseToDeviceTest, BoundsTheFailSafe) {
  v1::ToDevice message = AStage();
  message.mutable_stage()->set_fail_safe_ms(0);
  EXPECT_EQ(Fault(message), "fail_safe_ms");
  message.mutable_stage()->set_fail_safe_ms(1'800'000);
  EXPECT_EQ(Fault(message), "");
  message.mutable_stage()->set_fail_safe_ms(1'800'001);
  EXPECT_EQ(Fault(message), "fail_safe_ms");
}

TEST(ParseToDeviceTest, RefusesACommitWithoutAProof) {
  v1::ToDevice message = ACommit();
  message.mutable_commit()->clear_proof();
  EXPECT_EQ(Fault(message), "proof");
}

TEST(ParseToDeviceTest, RefusesACommitWithAnEmptyToken) {
  v1::ToDevice message = ACommit();
  message.mutable_commit()->mutable_access_token();
  EXPECT_EQ(Fault(message), "jwt");
}

TEST(ParseToDeviceTest, RefusesATokenWithBlanks) {
  v1::ToDevice message;
  message.mutable_access_token()->set_jwt("a b");
  EXPECT_EQ(Fault(message), "jwt");
}

TEST(ParseToDeviceTest, RefusesAnUpdateWithoutAProof) {
  v1::ToDevice message = AnUpdate();
  message.mutable_pins_update()->clear_proof();
  EXPECT_EQ(Fault(message), "proof");
}

TEST(ParseToDeviceTest, RefusesAReleaseWithoutAProof) {
  v1::ToDevice message = ARelease();
  message.mutable_release()->clear_proof();
  EXPECT_EQ(Fault(message), "proof");
}

}  // namespace
}  // namespace u2fi::device
