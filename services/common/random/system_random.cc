#include "services/common/random/system_random.h"

#include "services/common/crypto/random.h"

namespace u2fi {
namespace {

class SystemRandomSource : public RandomSource {
 public:
  void Fill(uint8_t* out, size_t size) override {
    crypto::RandomBytes(out, size);
  }
};

}  // namespace

RandomSource& SystemRandom() {
  static SystemRandomSource* const source = new SystemRandomSource;
  return *source;
}

}  // namespace u2fi
