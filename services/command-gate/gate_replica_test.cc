// Two replicas and the directory between them.
#include "services/command-gate/gate_replica.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

class FakeStream : public GatewayStream {
 public:
  absl::Status Enqueue(gateway::v1::MeshMessage message) override {
    MutexLock lock(mutex_);
    sent_.push_back(message.approval_request().approval_id());
    return absl::OkStatus();
  }
  size_t queued() override { return 0; }
  void Close(const absl::Status& status) override {
    MutexLock lock(mutex_);
    closed_ = status;
    changed_.NotifyAll();
  }
  std::vector<std::string> sent() {
    MutexLock lock(mutex_);
    return sent_;
  }
  absl::Status WaitUntilClosed() {
    MutexLock lock(mutex_);
    while (closed_.ok()) changed_.Wait(mutex_);
    return closed_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> sent_ ABSL_GUARDED_BY(mutex_);
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
};

// Reaches the sessions of the replicas that are up, by address.
class LocalLink : public ReplicaLink {
 public:
  absl::Status Forward(absl::string_view address,
                       const v1::ForwardRequest& request) override {
    const auto found = up.find(std::string(address));
    if (found == up.end()) return Error(reason::kPeerUnavailable, "away");
    return found->second
        ->SendAt(request.tenant(), request.gateway(), request.generation(),
                 request.message())
        .status();
  }

  std::map<std::string, GatewaySessions*> up;
};

// One replica.
struct Gate {
  Gate(const Clock& clock, store::Store& store, LocalLink& link,
       const std::string& name)
      : sessions(clock, absl::Seconds(5)),
        replica(
            {clock,
             store,
             executor,
             sessions,
             link,
             metrics,
             absl::Seconds(5),
             {name, name + ":1"}},
            {[this](const GatewaySession&) {
               MutexLock lock(mutex);
               ++moved_away;
               changed.NotifyAll();
             },
             [this](const std::string&, const records::v1::CommandHint& hint) {
               MutexLock lock(mutex);
               changed_commands.push_back(hint.command_id());
               changed.NotifyAll();
             },
             [](const std::string&) {}}) {
    link.up[name + ":1"] = &sessions;
  }
  ~Gate() { replica.Stop(); }

  std::shared_ptr<FakeStream> Connect() {
    auto stream = std::make_shared<FakeStream>();
    session.tenant = "t1";
    session.gateway = "g1";
    session.generation = 0;
    session = *replica.keeper().Claim(session);
    EXPECT_OK(sessions.Add(session, stream));
    return stream;
  }
  void Leave() {
    sessions.Remove(session);
    replica.keeper().Gone(session);
    replica.Keep();
  }
  absl::Status Ask(const std::string& id) {
    gateway::v1::MeshMessage message;
    message.mutable_approval_request()->set_approval_id(id);
    return replica.router().Send("t1", "g1", message);
  }
  bool IsPresent() {
    const auto found = replica.router().Find("t1", "g1");
    EXPECT_OK(found);
    return found.ok() && found->has_value();
  }
  void WaitUntilMovedAway() {
    MutexLock lock(mutex);
    while (moved_away == 0) changed.Wait(mutex);
  }
  std::string WaitForAChangedCommand() {
    MutexLock lock(mutex);
    while (changed_commands.empty()) changed.Wait(mutex);
    return changed_commands.back();
  }

  Mutex mutex;
  CondVar changed;
  int moved_away ABSL_GUARDED_BY(mutex) = 0;
  std::vector<std::string> changed_commands ABSL_GUARDED_BY(mutex);
  GateMetrics metrics{nullptr};
  GatewaySessions sessions;
  GatewaySession session;
  GateReplica replica;
  // Goes first: what is scheduled refers to the others.
  audit::ThreadExecutor executor{2};
};

class GateReplicaTest : public testing::Test {
 protected:
  using Ids = std::vector<std::string>;

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  LocalLink link_;
  std::unique_ptr<Gate> a_ =
      std::make_unique<Gate>(clock_, store_, link_, "aaaa");
  std::unique_ptr<Gate> b_ =
      std::make_unique<Gate>(clock_, store_, link_, "bbbb");
};

TEST_F(GateReplicaTest, AQuestionReachesAStreamAtTheOther) {
  const auto stream = b_->Connect();
  EXPECT_TRUE(a_->IsPresent());
  ASSERT_OK(a_->Ask("q1"));
  EXPECT_EQ(stream->sent(), Ids{"q1"});
}

TEST_F(GateReplicaTest, TheOldStreamIsClosedWhenTheGatewayComesElsewhere) {
  const auto old = b_->Connect();
  const auto stream = a_->Connect();
  EXPECT_THAT(old->WaitUntilClosed(), HasReason(reason::kStreamReplaced));
  ASSERT_OK(b_->Ask("q1"));
  EXPECT_EQ(stream->sent(), Ids{"q1"});
}

TEST_F(GateReplicaTest, WhatMayHaveBeenLostOnItIsSentAgain) {
  b_->Connect();
  ASSERT_OK(b_->Ask("q1"));
  a_->Connect();
  b_->WaitUntilMovedAway();
}

TEST_F(GateReplicaTest, WithoutHintTheRenewalFindsOut) {
  const auto old = b_->Connect();
  b_->replica.hints().Stop();
  a_->Connect();
  clock_.Advance(absl::Seconds(45));
  b_->replica.keeper().Heard(b_->session);
  b_->replica.Keep();
  EXPECT_THAT(old->WaitUntilClosed(), HasReason(reason::kStreamReplaced));
}

TEST_F(GateReplicaTest, AfterALostConnectionAllStreamsAreChecked) {
  const auto old = b_->Connect();
  b_->replica.hints().Stop();
  a_->Connect();
  b_->replica.keeper().CheckAll("t1");
  b_->replica.Keep();
  EXPECT_THAT(old->WaitUntilClosed(), HasReason(reason::kStreamReplaced));
}

TEST_F(GateReplicaTest, AGatewayThatWasAwayIsFoundAsSoonAsItComes) {
  EXPECT_FALSE(a_->IsPresent());
  const auto stream = b_->Connect();
  // The clock stands still: only the hint ends the memory of the other.
  while (!a_->IsPresent()) {
  }
  EXPECT_OK(a_->Ask("q1"));
}

TEST_F(GateReplicaTest, WhoWaitsForACommandHearsOfItsChangeElsewhere) {
  a_->replica.hints().Listen("t1");
  StoredCommand command;
  command.tenant = "t1";
  command.row.set_command_id("c1");
  b_->replica.hints().Tell(command);
  EXPECT_EQ(a_->WaitForAChangedCommand(), "c1");
}

TEST_F(GateReplicaTest, OneThatLeftIsPresentForTheGraceOnly) {
  b_->Connect();
  b_->Leave();
  EXPECT_TRUE(a_->IsPresent());
  clock_.Advance(absl::Seconds(6));
  EXPECT_FALSE(a_->IsPresent());
}

TEST_F(GateReplicaTest, WhenTheOwnerDiesTheNewStreamIsReached) {
  b_->Connect();
  ASSERT_OK(a_->Ask("q1"));
  link_.up.erase("bbbb:1");
  EXPECT_THAT(a_->Ask("q2"), HasReason(reason::kGatewayOffline));
  Gate c(clock_, store_, link_, "cccc");
  const auto stream = c.Connect();
  while (!a_->Ask("q3").ok()) {
  }
  EXPECT_EQ(stream->sent(), Ids{"q3"});
}

TEST_F(GateReplicaTest, TheEndReleasesWhatHasGone) {
  b_->Connect();
  b_->sessions.Remove(b_->session);
  b_->replica.keeper().Gone(b_->session);
  b_->replica.Stop();
  ASSERT_OK_AND_ASSIGN(const auto entry,
                       a_->replica.directory().Find("t1", "g1"));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->replica, "");
}

}  // namespace
}  // namespace u2fi::command_gate
