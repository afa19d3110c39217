// Two threads write one number without a lock. Under tsan this program must
// end with an error: if it does not, a clean tsan run means nothing.
#include <thread>

namespace {

int shared = 0;

void Write() {
  for (int i = 0; i < 100000; ++i) ++shared;
}

}  // namespace

int main() {
  std::thread other(Write);
  Write();
  other.join();
  return shared == 0;
}
