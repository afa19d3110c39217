#include "services/command-gate/replica_hints.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

// Runs work when it is told to, on the thread of the test.
class ManualExecutor : public audit::Executor {
 public:
  void Schedule(std::function<void()> work) override {
    MutexLock lock(mutex_);
    work_.push_back(std::move(work));
  }
  // Until there is none.
  void RunAll() {
    while (true) {
      std::vector<std::function<void()>> work;
      {
        MutexLock lock(mutex_);
        work.swap(work_);
      }
      if (work.empty()) return;
      for (const auto& one : work) one();
    }
  }

 private:
  Mutex mutex_;
  std::vector<std::function<void()>> work_ ABSL_GUARDED_BY(mutex_);
};

// Notes what it hears, as "t1 c1 ann,bob", "t1 g1 5", "t1 missed".
class Ear {
 public:
  ReplicaHints::Listener listener() {
    return {[this](const std::string& tenant,
                   const records::v1::CommandHint& hint) {
              std::string all;
              for (const std::string& one : hint.accounts()) all += "," + one;
              heard.push_back(tenant + " " + hint.command_id() + " " +
                              all.substr(all.empty() ? 0 : 1) +
                              (hint.batch().empty() ? "" : " of ") +
                              hint.batch());
            },
            [this](const std::string& tenant, const std::string& gateway,
                   uint64_t generation) {
              heard.push_back(tenant + " " + gateway + " " +
                              std::to_string(generation));
            },
            [this](const std::string& tenant) {
              heard.push_back(tenant + " missed");
            }};
  }

  std::vector<std::string> heard;
};

class ReplicaHintsTest : public testing::Test {
 protected:
  using Heard = std::vector<std::string>;

  void TearDown() override {
    here_.Stop();
    there_.Stop();
    Run();
  }
  static StoredCommand Command(const std::string& id,
                               const std::vector<std::string>& accounts = {}) {
    StoredCommand command;
    command.tenant = "t1";
    command.row.set_command_id(id);
    command.version = 1;
    for (const std::string& account : accounts) {
      command.row.add_slots()->set_account(account);
    }
    return command;
  }
  static GatewaySession Session(uint64_t generation) {
    GatewaySession session;
    session.tenant = "t1";
    session.gateway = "g1";
    session.generation = generation;
    return session;
  }
  // Lets everything that was said be heard.
  void Run() {
    for (int i = 0; i < 3; ++i) {
      executor_.RunAll();
      memory_.FlushHints();
    }
    executor_.RunAll();
  }
  Heard TakeHeard() {
    Run();
    Heard heard;
    heard.swap(ear_.heard);
    return heard;
  }
  void Listen() {
    here_.Listen("t1");
    EXPECT_EQ(TakeHeard(), Heard{"t1 missed"});
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  ManualExecutor executor_;
  Ear ear_;
  Ear other_ear_;
  ReplicaHints here_{clock_, store_, executor_, "aaaa", ear_.listener()};
  ReplicaHints there_{clock_, store_, executor_, "bbbb", other_ear_.listener()};
};

TEST_F(ReplicaHintsTest, TheBatchOfACommandIsSaid) {
  Listen();
  TakeHeard();
  StoredCommand command = Command("c2", {"ann"});
  command.row.set_batch("c1");
  there_.Tell(command);
  EXPECT_EQ(TakeHeard(), Heard{"t1 c2 ann of c1"});
}

TEST_F(ReplicaHintsTest, ACommandThatChangedThereIsHeard) {
  Listen();
  there_.Tell(Command("c1", {"bob", "ann"}));
  EXPECT_EQ(TakeHeard(), Heard{"t1 c1 ann,bob"});
}

TEST_F(ReplicaHintsTest, AGatewayThatMovedIsHeard) {
  Listen();
  there_.TellMoved(Session(5));
  EXPECT_EQ(TakeHeard(), Heard{"t1 g1 5"});
}

TEST_F(ReplicaHintsTest, OnesOwnWordsAreNot) {
  Listen();
  here_.Tell(Command("c1"));
  EXPECT_EQ(TakeHeard(), Heard{});
}

TEST_F(ReplicaHintsTest, NorThoseOfATenantWithoutListener) {
  there_.Tell(Command("c1"));
  EXPECT_EQ(TakeHeard(), Heard{});
}

TEST_F(ReplicaHintsTest, ListeningTwiceIsListeningOnce) {
  Listen();
  here_.Listen("t1");
  there_.Tell(Command("c1"));
  EXPECT_EQ(TakeHeard(), Heard{"t1 c1 "});
}

TEST_F(ReplicaHintsTest, ManyAreSaidInFewHintsAndNoneIsLost) {
  Listen();
  for (int i = 0; i < 1000; ++i) {
    there_.Tell(Command("c" + std::to_string(i)));
  }
  Heard heard = TakeHeard();
  EXPECT_EQ(heard.size(), 1000u);
  std::sort(heard.begin(), heard.end());
  EXPECT_EQ(std::unique(heard.begin(), heard.end()), heard.end());
}

TEST_F(ReplicaHintsTest, LargeOnesAreSplit) {
  Listen();
  std::vector<std::string> accounts;
  accounts.reserve(40);
  for (int i = 0; i < 40; ++i) {
    accounts.push_back(std::string(62, 'a') + std::to_string(10 + i));
  }
  for (int i = 0; i < 5; ++i) {
    there_.Tell(Command("c" + std::to_string(i), accounts));
  }
  EXPECT_EQ(TakeHeard().size(), 5u);
}

TEST_F(ReplicaHintsTest, AfterALostConnectionThingsMayHaveBeenMissed) {
  Listen();
  memory_.Restart();
  EXPECT_EQ(TakeHeard(), Heard{"t1 missed"});
}

TEST_F(ReplicaHintsTest, AHintThatIsNoneIsLeft) {
  Listen();
  const auto partition = store::Partition::Make("command-gate", "t1");
  ASSERT_OK(store_.Publish(*partition, "replicas", "\xff\xff"));
  EXPECT_EQ(TakeHeard(), Heard{});
}

TEST_F(ReplicaHintsTest, ASubscriptionThatFailedIsTriedAgainAfterAPause) {
  store_.SetAway(true);
  here_.Listen("t1");
  store_.SetAway(false);
  here_.Listen("t1");
  EXPECT_EQ(TakeHeard(), Heard{});
  clock_.Advance(ReplicaHints::kPause);
  Listen();
}

TEST_F(ReplicaHintsTest, AHintThatCannotBePublishedIsDropped) {
  Listen();
  store_.SetAway(true);
  there_.Tell(Command("c1"));
  Run();
  store_.SetAway(false);
  there_.Tell(Command("c2"));
  EXPECT_EQ(TakeHeard(), Heard{"t1 c2 "});
}

TEST_F(ReplicaHintsTest, AfterStopNothingIsHeard) {
  Listen();
  here_.Stop();
  here_.Listen("t1");
  there_.Tell(Command("c1"));
  EXPECT_EQ(TakeHeard(), Heard{});
}

TEST_F(ReplicaHintsTest, KnowsWhoseHintsItDealsWith) {
  here_.Listen("t2");
  here_.Tell(Command("c1"));
  EXPECT_EQ(here_.Tenants(), (Heard{"t1", "t2"}));
}

}  // namespace
}  // namespace u2fi::command_gate
