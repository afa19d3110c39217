#include "services/command-gate/gateway_link_server.h"

#include <memory>
#include <string>
#include <vector>

#include "services/command-gate/gateway_link_test_case.h"
#include "services/common/crypto/hash.h"

namespace u2fi::command_gate {
namespace {

class GatewayLinkServerTest : public GatewayLinkTestCase {};

TEST_F(GatewayLinkServerTest, AGatewayIsWelcomed) {
  const auto link = Connected();
  EXPECT_GT(welcome_.generation(), 0u);
  EXPECT_EQ(welcome_.format_min(), 1u);
  EXPECT_EQ(welcome_.heartbeat_interval().seconds(), 7);
  EXPECT_EQ(welcome_.limits().open_approvals(), 16u);
}

TEST_F(GatewayLinkServerTest, ItsSessionIsWhatItsCertificateSays) {
  const auto link = Connected();
  const GatewaySession session = events_.WaitForConnection();
  EXPECT_EQ(session.tenant, "t1");
  EXPECT_EQ(session.site, "s1");
  EXPECT_EQ(session.gateway, "g1");
  EXPECT_EQ(
      session.channel_key,
      crypto::ToString(crypto::Sha256(registry_.admitted.at(0).public_key())));
  EXPECT_TRUE(sessions_.FindHere("t1", "g1").has_value());
}

TEST_F(GatewayLinkServerTest, ARegistryThatRefusesEndsTheStream) {
  registry_.admit_status = Error(reason::kGatewayNotActive, "revoked");
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello());
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
  EXPECT_FALSE(sessions_.FindHere("t1", "g1").has_value());
  EXPECT_EQ(events_.connected(), 0u);
}

TEST_F(GatewayLinkServerTest, SomebodyElseThanAGatewayIsRefused) {
  const auto link = Open("client/t1/app");
  EXPECT_THAT(link->End(), StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(GatewayLinkServerTest, AMessageBeforeHelloEndsTheStream) {
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Numbered("m1"));
  EXPECT_THAT(link->End(), HasReason(reason::kMessageUnexpected));
}

TEST_F(GatewayLinkServerTest, ASecondHelloEndsTheStream) {
  const auto link = Connected();
  link->stream->Write(Hello());
  EXPECT_THAT(link->End(), HasReason(reason::kMessageUnexpected));
}

TEST_F(GatewayLinkServerTest, AMessageWithoutBodyEndsTheStream) {
  const auto link = Connected();
  link->stream->Write(GatewayMessage());
  EXPECT_THAT(link->End(), HasReason(reason::kMessageUnexpected));
}

TEST_F(GatewayLinkServerTest, AFormatThatIsTooNewIsRefused) {
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello(2, 3));
  EXPECT_THAT(link->End(), HasReason(reason::kFormatRange));
}

TEST_F(GatewayLinkServerTest, ARangeThatHasOursIsTaken) {
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello(1, 3));
  EXPECT_TRUE(link->Read().has_welcome());
}

TEST_F(GatewayLinkServerTest, MessagesComeUpInOrder) {
  const auto link = Connected();
  for (int i = 0; i < 200; ++i) {
    link->stream->Write(Numbered(std::to_string(i)));
  }
  const std::vector<std::string> ids = events_.WaitForMessages(200);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(ids[i], std::to_string(i));
}

TEST_F(GatewayLinkServerTest, AHeartbeatIsNobodysBusiness) {
  const auto link = Connected();
  GatewayMessage beat;
  beat.mutable_heartbeat();
  link->stream->Write(beat);
  link->stream->Write(Numbered("m1"));
  EXPECT_EQ(events_.WaitForMessages(1).size(), 1u);
}

TEST_F(GatewayLinkServerTest, WhatIsSentGoesDown) {
  const auto link = Connected();
  MeshMessage message;
  message.mutable_cancel_approval()->set_approval_id("a1");
  ASSERT_OK(sessions_.Send("t1", "g1", message));
  EXPECT_EQ(link->Read().cancel_approval().approval_id(), "a1");
}

// It would cost gigabytes: a message may have megabytes.
TEST_F(GatewayLinkServerTest, WhoeverDoesNotReadIsSentNoMore) {
  const auto link = Connected();
  MeshMessage message;
  message.mutable_approval_request()->add_commands(std::string(3 << 20, 'c'));
  absl::Status sent;
  for (int i = 0; i < 60 && sent.ok(); ++i) {
    sent = sessions_.Send("t1", "g1", message);
  }
  EXPECT_THAT(sent, HasReason(reason::kGatewayLimit));
}

// A string that is no UTF-8 makes its message unreadable: that of the
// directory, for all replicas.
TEST_F(GatewayLinkServerTest, AVersionThatIsTooLongIsCutBetweenCharacters) {
  const auto link = Open("gateway/t1/s1/g1");
  GatewayMessage hello = Hello();
  hello.mutable_hello()->set_agent_version(std::string(63, 'v') + "\u00e4");
  link->stream->Write(hello);
  EXPECT_EQ(events_.WaitForConnection().agent_version,
            std::string(63, 'v') + "?");
}

TEST_F(GatewayLinkServerTest, AcknowledgementsGoDownTogether) {
  const auto link = Connected();
  for (int i = 0; i < 32; ++i) ASSERT_OK(Acknowledge(std::to_string(i)));
  const MeshMessage message = link->Read();
  EXPECT_EQ(message.result_ack().message_ids_size(), 32);
  EXPECT_EQ(message.result_ack().message_ids(31), "31");
}

TEST_F(GatewayLinkServerTest, AHeartbeatBringsTheAcknowledgementsThatWait) {
  const auto link = Connected();
  ASSERT_OK(Acknowledge("m1"));
  MeshMessage message;
  message.mutable_cancel_approval();
  ASSERT_OK(sessions_.Send("t1", "g1", message));
  EXPECT_TRUE(link->Read().has_cancel_approval());
  GatewayMessage beat;
  beat.mutable_heartbeat();
  link->stream->Write(beat);
  EXPECT_EQ(link->Read().result_ack().message_ids(0), "m1");
}

TEST_F(GatewayLinkServerTest, TheNewerOfTwoStreamsWins) {
  const auto first = Connected();
  const uint64_t generation = welcome_.generation();
  const auto second = Connected();
  EXPECT_GT(welcome_.generation(), generation);
  EXPECT_THAT(first->End(), HasReason(reason::kStreamReplaced));
}

TEST_F(GatewayLinkServerTest, AGatewayThatIsExpelledHearsWhy) {
  const auto link = Connected();
  sessions_.Expel("t1", "g1", Error(reason::kGatewayNotActive, "revoked"));
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
}

TEST_F(GatewayLinkServerTest, AStreamThatIsSilentForTooLongEnds) {
  const auto link = Connected();
  sessions_.CloseSilent(absl::Hours(1));
  ASSERT_OK(Acknowledge("m1"));
  sessions_.CloseSilent(absl::ZeroDuration());
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayOffline));
}

TEST_F(GatewayLinkServerTest, ADenyListThatIsNewerFollowsTheWelcome) {
  registry_.revocations = 3;
  const auto link = Connected();
  EXPECT_EQ(welcome_.revocations_revision(), 3u);
  EXPECT_EQ(link->Read().revocations().revision(), 3u);
}

TEST_F(GatewayLinkServerTest, OneThatTheGatewayHasDoesNot) {
  registry_.revocations = 3;
  const auto link = Open("gateway/t1/s1/g1");
  GatewayMessage hello = Hello();
  hello.mutable_hello()->set_revocations_revision(3);
  link->stream->Write(hello);
  EXPECT_TRUE(link->Read().has_welcome());
  MeshMessage message;
  message.mutable_cancel_approval();
  events_.WaitForConnection();
  ASSERT_OK(sessions_.Send("t1", "g1", message));
  EXPECT_TRUE(link->Read().has_cancel_approval());
}

// An older one, after a backup was put back, and what a lie made of it.
TEST_F(GatewayLinkServerTest, ADenyListThatIsAnotherFollowsTheWelcome) {
  registry_.revocations = 3;
  const auto link = Open("gateway/t1/s1/g1");
  GatewayMessage hello = Hello();
  hello.mutable_hello()->set_revocations_revision(UINT64_MAX);
  link->stream->Write(hello);
  EXPECT_TRUE(link->Read().has_welcome());
  EXPECT_EQ(link->Read().revocations().revision(), 3u);
}

TEST_F(GatewayLinkServerTest, WhoWasSuspendedUnheardOfGoesWithItsHeartbeat) {
  const auto link = Connected();
  registry_.admit_status = Error(reason::kGatewayNotActive, "suspended");
  sessions_.Doubt();
  Beat(*link);
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
}

TEST_F(GatewayLinkServerTest, WhoeverWasRevokedUnheardOfIsToldWithIt) {
  const auto link = Connected();
  registry_.revocations = 4;
  sessions_.Doubt();
  Beat(*link);
  EXPECT_EQ(link->Read().revocations().revision(), 4u);
}

TEST_F(GatewayLinkServerTest, NorDoesItStayByKeepingBackItsHeartbeats) {
  const auto link = Connected();
  registry_.admit_status = Error(reason::kGatewayNotActive, "suspended");
  sessions_.Doubt();
  link->stream->Write(Numbered("m1"));
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
}

TEST_F(GatewayLinkServerTest, WithoutRegistryNotEveryMessageAsksForIt) {
  const auto link = Connected();
  registry_.admit_status =
      WithRetry(Error(reason::kStoreUnavailable, "away"), absl::Seconds(1));
  sessions_.Doubt();
  for (int i = 0; i < 5; ++i) link->stream->Write(Numbered("m"));
  events_.WaitForMessages(5);
  EXPECT_EQ(registry_.admitted.size(), 2u);
}

TEST_F(GatewayLinkServerTest, ItIsAskedUntilTheRegistryAnswersAndThenNoMore) {
  const auto link = Connected();
  registry_.admit_status =
      WithRetry(Error(reason::kStoreUnavailable, "away"), absl::Seconds(1));
  sessions_.Doubt();
  Beat(*link);
  events_.WaitForMessages(1);
  registry_.admit_status = absl::OkStatus();
  for (int i = 0; i < 2; ++i) Beat(*link);
  events_.WaitForMessages(3);
  EXPECT_EQ(registry_.admitted.size(), 3u);
}

TEST_F(GatewayLinkServerTest, AGatewayThatGoesIsGone) {
  const auto link = Connected();
  link->stream->WritesDone();
  EXPECT_OK(link->End());
}

}  // namespace
}  // namespace u2fi::command_gate
