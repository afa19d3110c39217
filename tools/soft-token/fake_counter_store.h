#ifndef U2FI_TOOLS_SOFT_TOKEN_FAKE_COUNTER_STORE_H_
#define U2FI_TOOLS_SOFT_TOKEN_FAKE_COUNTER_STORE_H_

#include "services/common/status/error.h"
#include "tools/soft-token/counter_store.h"

namespace u2fi::soft_token {

// A counter in memory that the test sets at will, backwards too: what a cloned
// or rewound token does. Simplification: it forgets everything with the object.
class FakeCounterStore : public CounterStore {
 public:
  explicit FakeCounterStore(uint32_t last = 0) : last_(last) {}

  absl::StatusOr<uint32_t> Next() override {
    if (broken_) return Error(reason::kInternal, "the counter is broken");
    return ++last_;
  }
  uint32_t last() const override { return last_; }

  // The next value will be `last` + 1.
  void Set(uint32_t last) { last_ = last; }
  // From now on there is no next value.
  void Break() { broken_ = true; }

 private:
  uint32_t last_;
  bool broken_ = false;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_FAKE_COUNTER_STORE_H_
