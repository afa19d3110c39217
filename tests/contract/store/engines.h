#ifndef U2FI_TESTS_CONTRACT_STORE_ENGINES_H_
#define U2FI_TESTS_CONTRACT_STORE_ENGINES_H_

#include <memory>
#include <string>

#include "services/common/store/store.h"

namespace u2fi::store {

// What the contract suite does with an engine.
class TestEngine {
 public:
  virtual ~TestEngine() = default;

  // Two clients of the same data: of two processes where the engine allows it.
  virtual Store& store() = 0;
  virtual Store& other() { return store(); }

  // The engine dies without warning and comes back with what was durable.
  // Returns when it can be used. True if clients and their subscriptions
  // outlive that; else store() is another object afterwards.
  virtual bool Restart() = 0;
};

std::unique_ptr<TestEngine> MakeMemoryEngine();
std::unique_ptr<TestEngine> MakeSqliteEngine();
std::unique_ptr<TestEngine> MakeRedisEngine();
std::unique_ptr<TestEngine> MakeValkeyEngine();

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_ENGINES_H_
