#ifndef U2FI_TESTS_FUZZ_PROOF_PARTS_H_
#define U2FI_TESTS_FUZZ_PROOF_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace u2fi::fuzz {

// Takes parts off a fuzzer's input: each is two bytes of length, big-endian,
// and so many bytes, or what is left.
class Parts {
 public:
  Parts(const uint8_t* data, size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  std::string Next() {
    if (rest_.size() < 2) return "";
    const size_t size =
        static_cast<uint8_t>(rest_[0]) * 256 + static_cast<uint8_t>(rest_[1]);
    std::string part = rest_.substr(2, size);
    rest_.erase(0, 2 + part.size());
    return part;
  }
  std::string Rest() { return rest_; }

 private:
  std::string rest_;
};

}  // namespace u2fi::fuzz

#endif  // U2FI_TESTS_FUZZ_PROOF_PARTS_H_
