#include "tests/contract/store/engines.h"

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/common/random/system_random.h"
#include "services/common/store/memory_store.h"
#include "services/common/store/redis_store.h"
#include "services/common/store/sqlite_store.h"
#include "services/common/time/clock.h"
#include "tests/contract/store/redis_server.h"
#include "tests/contract/store/temp_dir.h"

namespace u2fi::store {
namespace {

class MemoryEngine : public TestEngine {
 public:
  Store& store() override { return store_; }
  bool Restart() override {
    store_.Restart();
    return true;
  }

 private:
  MemoryStore store_{SystemClock(), SystemRandom()};
};

class SqliteEngine final : public TestEngine {
 public:
  SqliteEngine() { Restart(); }
  Store& store() override { return *store_; }
  bool Restart() override {
    store_.reset();
    SqliteOptions options;
    options.path = dir_.Join("store.db");
    store_ =
        OpenSqliteStore(options, SystemClock(), SystemRandom()).value().store;
    return false;
  }

 private:
  const TempDir dir_;
  std::unique_ptr<Store> store_;
};

class RedisEngine : public TestEngine {
 public:
  explicit RedisEngine(ServerKind kind) : server_(kind) {
    server_.Start();
    for (std::unique_ptr<Store>* store : {&store_, &other_}) {
      *store = OpenRedisStore(server_.Options(), SystemClock(), SystemRandom())
                   .value()
                   .store;
    }
  }
  Store& store() override { return *store_; }
  Store& other() override { return *other_; }
  bool Restart() override {
    server_.Kill();
    server_.Start();
    for (Store* store : {store_.get(), other_.get()}) {
      const absl::Time end = absl::Now() + absl::Seconds(10);
      while (!store->Now().ok() && absl::Now() < end) {
        absl::SleepFor(absl::Milliseconds(1));
      }
    }
    return true;
  }

 private:
  RedisServer server_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Store> other_;
};

}  // namespace

std::unique_ptr<TestEngine> MakeMemoryEngine() {
  return std::make_unique<MemoryEngine>();
}
std::unique_ptr<TestEngine> MakeSqliteEngine() {
  return std::make_unique<SqliteEngine>();
}
std::unique_ptr<TestEngine> MakeRedisEngine() {
  return std::make_unique<RedisEngine>(ServerKind::kRedis);
}
std::unique_ptr<TestEngine> MakeValkeyEngine() {
  return std::make_unique<RedisEngine>(ServerKind::kValkey);
}

}  // namespace u2fi::store
