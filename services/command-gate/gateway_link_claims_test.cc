// Streams that are claimed for this replica, those of gateways that send more
// than others, and those whose certificate ends.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "services/command-gate/gateway_link_test_case.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

class OneThreadLinkTest : public GatewayLinkTestCase {
 protected:
  static constexpr int kMany = 500;
  static constexpr int kStop = 50;

  OneThreadLinkTest() : GatewayLinkTestCase(1) {
    events_.during = [this](const GatewayMessage& message) {
      if (message.message_id() == "flood") WaitForMore();
    };
  }
  // Sends many messages, as fast as they go.
  void Flood(Link& link) {
    for (int i = 0; i < kMany; ++i) {
      link.stream->Write(Numbered("flood"));
      MutexLock lock(mutex_);
      ++written_;
      changed_.NotifyAll();
    }
  }
  // Returns while the kStop-th of them is taken, which then waits.
  void WaitUntilItStops() {
    MutexLock lock(mutex_);
    while (taken_ < kStop) changed_.Wait(mutex_);
  }
  void GoOn() {
    MutexLock lock(mutex_);
    stopped_ = false;
    changed_.NotifyAll();
  }

 private:
  // Each message takes so long that the next ones are there.
  void WaitForMore() {
    MutexLock lock(mutex_);
    ++taken_;
    changed_.NotifyAll();
    while (written_ < std::min(taken_ + 40, kMany) ||
           (taken_ == kStop && stopped_)) {
      changed_.Wait(mutex_);
    }
  }

  Mutex mutex_;
  CondVar changed_;
  int written_ ABSL_GUARDED_BY(mutex_) = 0;
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = true;
};

TEST_F(OneThreadLinkTest, AGatewayThatNeverPausesKeepsNobodyWaiting) {
  const auto loud = Connected("gateway/t1/s1/g1");
  const auto other = Connected("gateway/t1/s1/g2");
  std::thread flood([&] { Flood(*loud); });
  WaitUntilItStops();
  const int scheduled = executor_.scheduled();
  other->stream->Write(Numbered("other"));
  executor_.WaitUntilScheduled(scheduled + 1);
  GoOn();
  std::vector<std::string> ids = events_.WaitForMessages(kMany + 1);
  flood.join();
  ids.resize(kStop + 40);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), "other"), 1);
}

FakeClock& TheClock() {
  static auto& clock = *new FakeClock(SystemClock().Now());
  return clock;
}

class CertificateTest : public GatewayLinkTestCase {
 protected:
  CertificateTest() : GatewayLinkTestCase(2, TheClock()) {}
};

TEST_F(CertificateTest, AStreamDoesNotOutliveItsCertificate) {
  const auto link = Connected();
  Beat(*link);
  events_.WaitForMessages(1);
  TheClock().Advance(absl::Hours(24 * 365 * 30));
  Beat(*link);
  EXPECT_THAT(link->End(), HasReason(reason::kCallerUnknown));
}

// Gives each stream the generation 42, and notes what becomes of it.
class FakeClaims : public StreamClaims {
 public:
  absl::StatusOr<GatewaySession> Claim(GatewaySession session) override {
    MutexLock lock(mutex_);
    if (!status_.ok()) return status_;
    if (during_) during_();
    session.generation = 42;
    return session;
  }
  void Heard(const GatewaySession& session) override {
    MutexLock lock(mutex_);
    heard_ = session.generation;
    changed_.NotifyAll();
  }
  void Gone(const GatewaySession& session) override {
    MutexLock lock(mutex_);
    gone_ = session.generation;
    changed_.NotifyAll();
  }
  void Refuse(const absl::Status& status) {
    MutexLock lock(mutex_);
    status_ = status;
  }
  // What happens while a stream is claimed.
  void SetDuring(std::function<void()> during) {
    MutexLock lock(mutex_);
    during_ = std::move(during);
  }
  void WaitUntilHeard() {
    MutexLock lock(mutex_);
    while (heard_ != 42) changed_.Wait(mutex_);
  }
  void WaitUntilGone() {
    MutexLock lock(mutex_);
    while (gone_ != 42) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> during_ ABSL_GUARDED_BY(mutex_);
  uint64_t heard_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t gone_ ABSL_GUARDED_BY(mutex_) = 0;
};

class ClaimedLinkTest : public GatewayLinkTestCase {
 protected:
  ClaimedLinkTest() { parts_.claims = &claims_; }

  FakeClaims claims_;
};

TEST_F(ClaimedLinkTest, TheWelcomeTellsTheGenerationOfTheDirectory) {
  const auto link = Connected();
  EXPECT_EQ(welcome_.generation(), 42u);
  EXPECT_EQ(events_.WaitForConnection().generation, 42u);
}

TEST_F(ClaimedLinkTest, WithoutDirectoryNobodyIsWelcomed) {
  claims_.Refuse(Error(reason::kStoreUnavailable, "away"));
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello());
  EXPECT_THAT(link->End(), HasReason(reason::kStoreUnavailable));
  EXPECT_FALSE(sessions_.FindHere("t1", "g1").has_value());
}

TEST_F(ClaimedLinkTest, WhoIsSuspendedWhileItComesInDoesNotStay) {
  claims_.SetDuring([this] {
    registry_.admit_status = Error(reason::kGatewayNotActive, "suspended");
    sessions_.Expel("t1", "g1", registry_.admit_status);
  });
  const auto link = Open("gateway/t1/s1/g1");
  link->stream->Write(Hello());
  EXPECT_THAT(link->End(), HasReason(reason::kGatewayNotActive));
  EXPECT_EQ(events_.connected(), 0u);
}

TEST_F(ClaimedLinkTest, WhatIsRevokedWhileItComesInIsTold) {
  registry_.revocations = 3;
  claims_.SetDuring([this] {
    registry_.revocations = 4;
    sessions_.SendToTenant("t1", MeshMessage());
  });
  const auto link = Connected();
  EXPECT_EQ(link->Read().revocations().revision(), 3u);
  EXPECT_EQ(link->Read().revocations().revision(), 4u);
}

TEST_F(ClaimedLinkTest, HeartbeatsAreHeard) {
  const auto link = Connected();
  GatewayMessage beat;
  beat.mutable_heartbeat();
  link->stream->Write(beat);
  claims_.WaitUntilHeard();
}

TEST_F(ClaimedLinkTest, TheEndOfAStreamIsTold) {
  {
    const auto link = Connected();
    link->stream->WritesDone();
    EXPECT_OK(link->End());
  }
  claims_.WaitUntilGone();
}

// The fake gives the same generation twice: the second is not newer.
TEST_F(ClaimedLinkTest, AClaimThatCameTooLateIsGivenBack) {
  const auto first = Connected();
  const auto second = Open("gateway/t1/s1/g1");
  second->stream->Write(Hello());
  EXPECT_THAT(second->End(), HasReason(reason::kStreamReplaced));
  claims_.WaitUntilGone();
}

}  // namespace
}  // namespace u2fi::command_gate
