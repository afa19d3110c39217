#ifndef U2FI_SERVICES_COMMON_RANDOM_RANDOM_SOURCE_H_
#define U2FI_SERVICES_COMMON_RANDOM_RANDOM_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace u2fi {

// Where all code takes random bytes from. Implementations are thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;

  // Fills `size` bytes at `out`. Never fails: a machine without randomness
  // ends the process.
  virtual void Fill(uint8_t* out, size_t size) = 0;

  // `size` fresh bytes.
  std::string Bytes(size_t size) {
    std::string bytes(size, '\0');
    Fill(reinterpret_cast<uint8_t*>(bytes.data()), size);
    return bytes;
  }
};

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_RANDOM_RANDOM_SOURCE_H_
