#include "services/common/u2fhid/hid_host.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/fake_transport.h"

namespace u2fi::u2fhid {
namespace {

constexpr uint32_t kChannel = 7;
constexpr char kChannelBytes[] = "\x00\x00\x00\x07";

std::string About() { return std::string("\x02\x01\x02\x03\x01", 5); }

std::vector<Report> Packets(uint32_t channel, Command command,
                            const std::string& payload) {
  absl::StatusOr<std::vector<Report>> reports =
      Fragment({channel, command, payload});
  EXPECT_OK(reports);
  return *reports;
}

// A host whose token answers each packet with what the test says.
class HidHostTest : public testing::Test {
 protected:
  WaitLimit Limit(absl::Duration wait = absl::Seconds(10)) {
    return {clock_.Uptime() + wait, cancel_};
  }
  // Answers INIT as a token does.
  void AnswerInit(const Report& report) {
    const Frame frame = ParseFrame(report);
    transport_.Push(Packets(frame.channel, Command::kInit,
                            std::string(frame.data.substr(0, 8)) +
                                std::string(kChannelBytes, 4) + About()));
  }
  // Answers INIT, and to everything else `then`.
  void AnswerWith(const std::vector<Report>& then) {
    transport_.OnSend([this, then](const Report& report) {
      if (ParseFrame(report).command == Command::kInit) {
        AnswerInit(report);
      } else {
        transport_.Push(then);
      }
    });
  }
  void Open() {
    AnswerWith({});
    ASSERT_OK(host_.Open(Limit()));
  }
  // How many INITs the host has sent.
  int Inits() const {
    int count = 0;
    for (const Report& report : transport_.sent()) {
      count += ParseFrame(report).command == Command::kInit;
    }
    return count;
  }

  FakeClock clock_;
  FakeRandomSource random_;
  CancelFlag cancel_;
  FakeTransport transport_{clock_};
  HidHost host_{transport_, clock_, random_, {}};
};

TEST_F(HidHostTest, OpenSendsANonceOnTheBroadcastChannel) {
  Open();
  const Frame frame = ParseFrame(transport_.sent().at(0));
  EXPECT_EQ(frame.channel, kBroadcastChannel);
  EXPECT_EQ(frame.command, Command::kInit);
  EXPECT_EQ(frame.length, 8);
  EXPECT_EQ(frame.data.substr(0, 8), FakeRandomSource().Bytes(8));
}

TEST_F(HidHostTest, OpenReadsWhatTheTokenSaysAboutItself) {
  Open();
  EXPECT_EQ(host_.info().protocol_version, 2);
  EXPECT_EQ(host_.info().major, 1);
  EXPECT_EQ(host_.info().build, 3);
  EXPECT_EQ(host_.info().capabilities, kCapabilityWink);
}

TEST_F(HidHostTest, OpenIgnoresTheAnswerToAnotherHost) {
  transport_.Push(Packets(kBroadcastChannel, Command::kInit,
                          "nonceXYZ" + std::string("\0\0\0\x09", 4) + About()));
  Open();
  AnswerWith({});
  host_.Wink(Limit()).IgnoreError();
  EXPECT_EQ(ParseFrame(transport_.sent().back()).channel, kChannel);
}

TEST_F(HidHostTest, OpenRefusesAnInitAnswerOfAnotherSize) {
  transport_.OnSend([this](const Report& report) {
    transport_.Push(
        Packets(kBroadcastChannel, Command::kInit,
                std::string(ParseFrame(report).data.substr(0, 8)) + "short"));
  });
  EXPECT_THAT(host_.Open(Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, OpenRefusesTheBroadcastChannelAsItsOwn) {
  transport_.OnSend([this](const Report& report) {
    transport_.Push(Packets(kBroadcastChannel, Command::kInit,
                            std::string(ParseFrame(report).data.substr(0, 8)) +
                                "\xff\xff\xff\xff" + About()));
  });
  EXPECT_THAT(host_.Open(Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, OpenSaysThatTheTokenIsBusy) {
  transport_.OnSend([this](const Report&) {
    transport_.Push(ErrorReport(kBroadcastChannel, HidError::kChannelBusy));
  });
  EXPECT_THAT(host_.Open(Limit()), HasReason(reason::kTokenBusy));
}

TEST_F(HidHostTest, OpenTimesOutOnASilentToken) {
  const absl::Duration start = clock_.Uptime();
  EXPECT_THAT(host_.Open(Limit()), HasReason(reason::kTokenTimeout));
  EXPECT_EQ(clock_.Uptime() - start, absl::Seconds(3));
}

TEST_F(HidHostTest, MsgReturnsThePayloadOfTheAnswer) {
  Open();
  const std::string answer(200, 'a');
  AnswerWith(Packets(kChannel, Command::kMsg, answer));
  EXPECT_THAT(host_.Msg("question", Limit()), IsOkAndHolds(answer));
}

TEST_F(HidHostTest, MsgRefusesAQuestionThatIsTooLong) {
  Open();
  EXPECT_THAT(host_.Msg(std::string(7610, 'q'), Limit()),
              HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, PingComparesTheEcho) {
  Open();
  AnswerWith(Packets(kChannel, Command::kPing, "pong"));
  EXPECT_THAT(host_.Ping("ping", Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, FramesOfOtherChannelsAreIgnored) {
  Open();
  std::vector<Report> reports = Packets(8, Command::kMsg, "not for us");
  reports.push_back(Packets(kChannel, Command::kMsg, "for us")[0]);
  AnswerWith(reports);
  EXPECT_THAT(host_.Msg("q", Limit()), IsOkAndHolds(std::string("for us")));
}

TEST_F(HidHostTest, AShortReportIsRefused) {
  Open();
  transport_.Push(std::string(63, '\0'));
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, ALongReportIsRefused) {
  Open();
  transport_.Push(std::string(65, '\0'));
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, AnAnswerToAnotherCommandIsRefused) {
  Open();
  AnswerWith(Packets(kChannel, Command::kPing, "q"));
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, AnAnswerOutOfSequenceIsRefused) {
  Open();
  std::vector<Report> reports =
      Packets(kChannel, Command::kMsg, std::string(200, 'a'));
  std::swap(reports[1], reports[2]);
  AnswerWith(reports);
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, AnAnswerThatAnnouncesTooMuchIsRefused) {
  Open();
  std::vector<Report> reports = Packets(kChannel, Command::kMsg, "a");
  reports[0][5] = 0xff;
  AnswerWith(reports);
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, AnAnswerThatStopsHalfWayTimesOut) {
  Open();
  std::vector<Report> reports =
      Packets(kChannel, Command::kMsg, std::string(200, 'a'));
  reports.pop_back();
  AnswerWith(reports);
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenTimeout));
}

TEST_F(HidHostTest, BusyIsItsOwnError) {
  Open();
  AnswerWith({ErrorReport(kChannel, HidError::kChannelBusy)});
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenBusy));
}

TEST_F(HidHostTest, OtherErrorsNameTheirCode) {
  Open();
  AnswerWith({ErrorReport(kChannel, HidError::kInvalidCommand)});
  const absl::Status status = host_.Wink(Limit());
  EXPECT_THAT(status, HasReason(reason::kTokenError));
  EXPECT_EQ(MetadataOf(status)["code"], "1");
}

TEST_F(HidHostTest, AnErrorWithoutItsByteIsRefused) {
  Open();
  AnswerWith(Packets(kChannel, Command::kError, ""));
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, KeepaliveIsWaitedOut) {
  Open();
  std::vector<Report> reports = Packets(kChannel, Command::kKeepalive, "\x01");
  reports.push_back(reports[0]);
  reports.push_back(Packets(kChannel, Command::kMsg, "done")[0]);
  AnswerWith(reports);
  EXPECT_THAT(host_.Msg("q", Limit()), IsOkAndHolds(std::string("done")));
}

TEST_F(HidHostTest, KeepaliveDoesNotMoveTheDeadline) {
  Open();
  const Report keepalive = Packets(kChannel, Command::kKeepalive, "\x01")[0];
  AnswerWith({keepalive});
  transport_.OnWait([&] { transport_.Push(keepalive); });
  EXPECT_THAT(host_.Msg("q", Limit(absl::Seconds(5))),
              HasReason(reason::kTokenTimeout));
}

TEST_F(HidHostTest, AMissingTouchAtTheDeadlineIsATouchTimeout) {
  Open();
  const Report keepalive = Packets(kChannel, Command::kKeepalive, "\x02")[0];
  AnswerWith({keepalive});
  transport_.OnWait([&] { transport_.Push(keepalive); });
  EXPECT_THAT(host_.Msg("q", Limit(absl::Seconds(5))),
              HasReason(reason::kTouchTimeout));
}

TEST_F(HidHostTest, RemovalWhileWaitingIsItsOwnError) {
  Open();
  transport_.OnWait([this] { transport_.Remove(); });
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenRemoved));
}

TEST_F(HidHostTest, CancelEndsTheWait) {
  Open();
  transport_.OnWait([this] { cancel_.Cancel(); });
  const absl::Duration start = clock_.Uptime();
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenCancelled));
  EXPECT_LE(clock_.Uptime() - start, absl::Milliseconds(50));
}

TEST_F(HidHostTest, CancelTellsTheTokenToGiveUp) {
  Open();
  transport_.OnWait([this] { cancel_.Cancel(); });
  host_.Msg("q", Limit()).IgnoreError();
  const Frame last = ParseFrame(transport_.sent().back());
  EXPECT_EQ(last.command, Command::kInit);
  EXPECT_EQ(last.channel, kChannel);
}

TEST_F(HidHostTest, CborReturnsStatusAndAnswer) {
  Open();
  const std::string answer = "\x2e" + std::string(200, 'a');
  AnswerWith(Packets(kChannel, Command::kCbor, answer));
  EXPECT_THAT(host_.Cbor("\x04", Limit()), IsOkAndHolds(answer));
  EXPECT_EQ(ParseFrame(transport_.sent().back()).command, Command::kCbor);
}

TEST_F(HidHostTest, AnApdusAnswerIsNoAnswerToCbor) {
  Open();
  AnswerWith(Packets(kChannel, Command::kMsg, "a"));
  EXPECT_THAT(host_.Cbor("q", Limit()), HasReason(reason::kTokenFrame));
}

TEST_F(HidHostTest, ACancelledCborIsCancelledByItsOwnCommandFirst) {
  Open();
  transport_.OnWait([this] { cancel_.Cancel(); });
  EXPECT_THAT(host_.Cbor("q", Limit()), HasReason(reason::kTokenCancelled));
  const std::vector<Report>& sent = transport_.sent();
  const Frame frame = ParseFrame(sent.at(sent.size() - 2));
  EXPECT_EQ(frame.command, Command::kCancel);
  EXPECT_EQ(frame.channel, kChannel);
  EXPECT_EQ(frame.length, 0);
  EXPECT_EQ(ParseFrame(sent.back()).command, Command::kInit);
}

TEST_F(HidHostTest, NothingIsSentAfterCancel) {
  Open();
  cancel_.Cancel();
  const size_t before = transport_.sent().size();
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenCancelled));
  for (size_t i = before; i < transport_.sent().size(); ++i) {
    EXPECT_EQ(ParseFrame(transport_.sent()[i]).command, Command::kInit);
  }
}

TEST_F(HidHostTest, ALateAnswerIsNotTakenForTheNextOne) {
  Open();
  ASSERT_THAT(host_.Msg("q1", Limit()), HasReason(reason::kTokenTimeout));
  transport_.Push(Packets(kChannel, Command::kMsg, "answer to q1"));
  AnswerWith(Packets(kChannel, Command::kMsg, "answer to q2"));
  EXPECT_THAT(host_.Msg("q2", Limit()),
              IsOkAndHolds(std::string("answer to q2")));
  EXPECT_EQ(Inits(), 2);
}

TEST_F(HidHostTest, HalfALateAnswerIsSkippedToo) {
  Open();
  ASSERT_THAT(host_.Msg("q1", Limit()), HasReason(reason::kTokenTimeout));
  transport_.Push(
      Packets(kChannel, Command::kMsg, std::string(200, 'l')).at(1));
  AnswerWith(Packets(kChannel, Command::kMsg, "answer to q2"));
  EXPECT_THAT(host_.Msg("q2", Limit()),
              IsOkAndHolds(std::string("answer to q2")));
}

TEST_F(HidHostTest, AfterBusyTheChannelIsStillInStep) {
  Open();
  AnswerWith({ErrorReport(kChannel, HidError::kChannelBusy)});
  ASSERT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenBusy));
  AnswerWith(Packets(kChannel, Command::kMsg, "a"));
  EXPECT_OK(host_.Msg("q", Limit()));
  EXPECT_EQ(Inits(), 1);
}

TEST_F(HidHostTest, AChannelTheTokenForgotIsAnError) {
  Open();
  ASSERT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenTimeout));
  transport_.OnSend([this](const Report&) {
    transport_.Push(ErrorReport(kChannel, HidError::kInvalidChannel));
  });
  EXPECT_THAT(host_.Msg("q", Limit()), HasReason(reason::kTokenError));
}

}  // namespace
}  // namespace u2fi::u2fhid
