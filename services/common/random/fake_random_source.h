#ifndef U2FI_SERVICES_COMMON_RANDOM_FAKE_RANDOM_SOURCE_H_
#define U2FI_SERVICES_COMMON_RANDOM_FAKE_RANDOM_SOURCE_H_

#include "services/common/random/random_source.h"
#include "services/common/sync/sync.h"

namespace u2fi {

// The same bytes in every run, different at each call (a 64-bit linear
// congruence): for tests only, and worth nothing as a secret.
class FakeRandomSource : public RandomSource {
 public:
  explicit FakeRandomSource(uint64_t seed = 1) : state_(seed) {}

  void Fill(uint8_t* out, size_t size) override {
    MutexLock lock(mutex_);
    for (size_t i = 0; i < size; ++i) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      out[i] = static_cast<uint8_t>(state_ >> 56);
    }
  }

 private:
  Mutex mutex_;
  uint64_t state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_RANDOM_FAKE_RANDOM_SOURCE_H_
