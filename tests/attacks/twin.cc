#include "tests/attacks/twin.h"

#include <algorithm>
#include <string>

#include "services/common/crypto/encoding.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/client_data.h"

namespace u2fi::attacks {
namespace {

// The order of P-256 (SEC 2, 2.4.2).
constexpr char kOrder[] =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
constexpr size_t kSize = 32;

// order - s, both of 32 big-endian bytes.
std::string Minus(const std::string& order, const std::string& s) {
  std::string difference(kSize, '\0');
  int borrow = 0;
  for (size_t i = kSize; i-- > 0;) {
    int digit =
        static_cast<uint8_t>(order[i]) - static_cast<uint8_t>(s[i]) - borrow;
    borrow = digit < 0;
    if (digit < 0) digit += 256;
    difference[i] = static_cast<char>(digit);
  }
  return difference;
}

// A DER integer without its tag and length, of 32 bytes or fewer, and back.
std::string Padded(std::string number) {
  if (number.size() > kSize) number.erase(0, number.size() - kSize);
  return std::string(kSize - number.size(), '\0') + number;
}
std::string Integer(const std::string& number) {
  const size_t first = std::min(number.find_first_not_of('\0'), kSize - 1);
  std::string bytes = number.substr(first);
  if (static_cast<uint8_t>(bytes[0]) >= 0x80) bytes.insert(0, 1, '\0');
  return std::string("\x02") + static_cast<char>(bytes.size()) + bytes;
}

}  // namespace

proof::v1::Answer TwinOf(const proof::v1::Answer& answer,
                         const crypto::P256PrivateKey& gateway_key) {
  const std::string& der = answer.signature();
  const size_t r_size = static_cast<uint8_t>(der[3]);
  const std::string r = der.substr(2, 2 + r_size);
  const std::string s = Padded(der.substr(4 + r_size + 2));
  const std::string body = r + Integer(Minus(*crypto::FromHex(kOrder), s));
  proof::v1::Answer twin = answer;
  twin.set_signature(std::string("\x30") + static_cast<char>(body.size()) +
                     body);
  const proof::ClientData data = *proof::ParseClientData(twin.client_data());
  crypto::Digest challenge{};
  const std::string bytes = *crypto::FromBase64Url(data.challenge);
  std::copy(bytes.begin(), bytes.end(), challenge.begin());
  proof::SignRelay(gateway_key, challenge, answer.touched_at_ms(), twin);
  return twin;
}

}  // namespace u2fi::attacks
