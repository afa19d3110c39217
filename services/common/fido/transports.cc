#include "services/common/fido/transports.h"

#include "services/common/crypto/der.h"

namespace u2fi::fido {
namespace {

namespace der = crypto::der;

constexpr char kTransports[] = "1.3.6.1.4.1.45724.2.1.1";
// In the order of the bits, the highest first.
constexpr const char* kNames[] = {"bluetooth", "ble", "usb", "nfc", "internal"};

}  // namespace

absl::optional<std::vector<std::string>> TransportsOf(
    const crypto::Certificate& leaf) {
  const crypto::Extension* extension = leaf.FindExtension(kTransports);
  if (extension == nullptr) return absl::nullopt;
  const auto bits = der::ReadWhole(der::kBitString, extension->value);
  if (!bits.ok() || bits->size() != 2) return absl::nullopt;
  const auto unused = static_cast<uint8_t>((*bits)[0]);
  const auto flags = static_cast<uint8_t>((*bits)[1]);
  // DER wants the unused bits to be zero (X.690, 11.2.1).
  if (unused > 7 || (flags & ((1 << unused) - 1)) != 0) return absl::nullopt;
  std::vector<std::string> transports;
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if ((flags & (0x80 >> i)) != 0) transports.emplace_back(kNames[i]);
  }
  return transports;
}

}  // namespace u2fi::fido
