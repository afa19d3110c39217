#ifndef U2FI_SERVICES_COMMON_U2FHID_FAKE_DESCRIPTOR_H_
#define U2FI_SERVICES_COMMON_U2FHID_FAKE_DESCRIPTOR_H_

#include <string>

#include "absl/strings/escaping.h"

namespace u2fi::u2fhid {

// The report descriptor that the U2F HID Protocol 1.2 prints as an example; the
// one of most keys.
inline std::string FidoDescriptor() {
  return absl::HexStringToBytes(
      "06d0f1"  // Usage page: FIDO alliance.
      "0901"    // Usage: U2F authenticator device.
      "a101"    // Collection: application.
      "0920"    // Usage: input report data.
      "1500"    // Logical minimum.
      "26ff00"  // Logical maximum.
      "7508"    // Report size in bits.
      "9540"    // Report count.
      "8102"    // Input.
      "0921"    // Usage: output report data.
      "1500"    // Logical minimum.
      "26ff00"  // Logical maximum.
      "7508"    // Report size in bits.
      "9540"    // Report count.
      "9102"    // Output.
      "c0");    // End of collection.
}

// That of a boot keyboard (HID 1.11, appendix B.1).
inline std::string KeyboardDescriptor() {
  return absl::HexStringToBytes(
      "05010906a101050719e029e71500250175019508810295017508810195057501050819"
      "012905910295017503910195067508150025650507190029658100c0");
}

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_FAKE_DESCRIPTOR_H_
